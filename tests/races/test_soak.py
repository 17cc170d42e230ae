"""Two thousand cycles while clients, the worker and PostgreSQL itself are killed: nothing lost, nothing doubled.

`make soak` does fifty thousand. It has a server of its own, so that killing it disturbs no other test.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = {"PATH", "HOME", "LANG", "TMPDIR"}


def test_every_task_is_judged_as_wanted_whatever_is_killed() -> None:
    command = [sys.executable, "-m", "benchmarks.queue.soak", "--cycles", "2000", "--clients", "6", "--every", "0.5"]
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "acknowledged answers lost: 0" in done.stdout
