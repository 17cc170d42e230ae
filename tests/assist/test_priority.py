"""The runtime steps back for the web, however the system shares its processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assist.adapters import priority
from tests.support.assist.running import ROOT

LOWER = "import os; from assist.adapters import priority; priority.lower(7); print(os.nice(0))"
LOOK = "; print(open(priority.OWN_SESSION).read())"


def test_process_with_a_session_of_its_own_steps_back_as_a_session_too() -> None:
    """As `make run` starts it: niceness alone would count among its own threads only."""
    here = priority.OWN_SESSION.exists()
    command = [sys.executable, "-c", LOWER + LOOK if here else LOWER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, start_new_session=True)
    assert done.returncode == 0, done.stderr
    nice, *session = done.stdout.split("\n")
    assert int(nice) == os.nice(0) + 7
    assert not here or session[0].endswith(f"nice {nice}")


def test_session_of_others_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal's other programs don't step back because the runtime was started from it."""
    file = tmp_path / "autogroup"
    monkeypatch.setattr(priority, "OWN_SESSION", file)
    monkeypatch.setattr(priority.os, "nice", lambda steps: 10)
    monkeypatch.setattr(priority.os, "getsid", lambda pid: os.getpid() + 1)
    priority.lower(10)
    assert not file.exists()
    monkeypatch.setattr(priority.os, "getsid", lambda pid: os.getpid())
    priority.lower(10)
    assert file.read_text() == "10"


def test_system_without_sessions_that_step_back_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "OWN_SESSION", Path("/nowhere/autogroup"))
    monkeypatch.setattr(priority.os, "nice", lambda steps: 10)
    monkeypatch.setattr(priority.os, "getsid", lambda pid: os.getpid())
    priority.lower(10)
