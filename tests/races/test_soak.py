"""Thousands of cycles while clients, web servers, the worker, an import and PostgreSQL itself are killed.

Nothing is lost and nothing doubled.

`make torture` does thousands, `make soak` fifty thousand; each change has test_conservation.py, without kills.
It has a server of its own, so that killing it disturbs no other test.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config import parent_death_signal, postgres

pytestmark = pytest.mark.torture

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = {"PATH", "HOME", "LANG", "TMPDIR"}
SOAK = [sys.executable, parent_death_signal.__file__, str(os.getpid()), sys.executable, "-m", "benchmarks.queue.soak"]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in KEPT} | more


def test_every_task_is_judged_as_wanted_whatever_is_killed() -> None:
    command = [*SOAK, "--cycles", "5000", "--clients", "6", "--every", "1", "--servers", "2"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "acknowledged answers lost: 0" in done.stdout
    assert re.search(r"came true: [1-9]", done.stdout), done.stdout
    for what in ("client", "web server", "worker", "import", "PostgreSQL"):
        assert re.search(rf"[1-9]\d* × {what}", done.stdout), f"no {what} was killed: {done.stdout}"


def test_a_soak_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    soak = subprocess.Popen([*SOAK, "--clients", "2"], cwd=ROOT, env=environment(TMPDIR=str(tmp_path)))
    try:
        assert within(300, lambda: any(file.stat().st_size for file in tmp_path.glob("*/acknowledged")))
        (data,) = tmp_path.glob("tandem-bench-*")
        started = psutil.Process(soak.pid).children(recursive=True)
        assert {"python", "postgres"} <= {one.name() for one in started}
    finally:
        soak.kill()
        soak.wait()
    assert within(90, lambda: not any(one.is_running() for one in started)), started
    assert not data.exists() and postgres.server_pid(data) is None


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether it becomes true in so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
