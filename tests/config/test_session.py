"""The test session's own database: shared by its processes, gone afterwards, swept up after a kill."""

import os
import subprocess
import sys
from pathlib import Path

from config import postgres, postgres_place
from tests.support.config.outside import outside

ROOT = Path(__file__).resolve().parents[2]
SESSION = """
import os, sys, pytest
from tests.plugins import database, place
place.point_environment()
class Config: stash = pytest.Stash()
database.pytest_configure(Config)
print(os.environ["TANDEM_DATA"], flush=True)
sys.stdin.read()
database.pytest_unconfigure(Config)
"""


def session() -> tuple[subprocess.Popen, Path]:
    """Another test session, up."""
    pipes: dict = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", SESSION], cwd=ROOT, env=outside(), **pipes)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_sessions_have_servers_of_their_own():
    ours = Path(os.environ["TANDEM_DATA"])
    process, theirs = session()
    assert theirs != ours
    assert postgres.server_pid(theirs) not in (None, postgres.server_pid(ours))
    process.communicate("")
    assert process.returncode == 0
    assert postgres.server_pid(theirs) is None
    assert not theirs.exists()
    assert not postgres_place.place(theirs).home.exists()


def test_what_a_killed_session_left_is_removed_by_the_next():
    killed, left = session()
    killed.kill()
    killed.communicate()
    assert postgres.server_pid(left)
    following, _ = session()
    following.communicate("")
    assert postgres.server_pid(left) is None
    assert not left.exists()
    assert not postgres_place.place(left).home.exists()
    assert postgres.server_pid(Path(os.environ["TANDEM_DATA"])), "our own session's server was stopped"
