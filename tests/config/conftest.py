"""Folders and processes that are gone when a test ends."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.database import forget, scratch


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder; its server, if any, is stopped and removed afterwards."""
    folder = scratch()
    yield folder
    forget(folder)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """Another one, for the database server of the house."""
    folder = scratch()
    yield folder
    forget(folder)


@pytest.fixture
def innocent() -> Iterator[subprocess.Popen]:
    """A living process of the same user that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    assert process.poll() is None, "the innocent process was killed"
    process.kill()
    process.wait()
