"""Folders and processes that are gone when a test ends."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import postgres


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path; its server, if any, is stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="td-"))
    yield folder
    postgres.destroy(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def innocent() -> Iterator[subprocess.Popen]:
    """A living process of the same user that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    assert process.poll() is None, "the innocent process was killed"
    process.kill()
    process.wait()
