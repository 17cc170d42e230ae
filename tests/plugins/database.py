"""One embedded PostgreSQL for a whole test session, shared by all its processes and gone afterwards.

tests/settings.py calls `point_environment` before the real settings are read. The process that runs the session
(the controller, under xdist) starts the server and stops it; whatever a killed session left is removed by the next.
Several sessions at a time don't see each other.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import psycopg
import pytest
from psycopg import sql

from config import database_owner, postgres
from tests.plugins.place import MARK, SESSIONS


def pytest_configure(config: pytest.Config) -> None:
    """In the controller: clear what killed sessions left, then start the server."""
    if hasattr(config, "workerinput"):
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a stop from outside cleans up too
    for left in SESSIONS.glob("*"):
        owner = left.name.partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            forget(left)
    if os.environ.get("TANDEM_TEST_DATABASE_URL"):
        make_application()
    else:
        data = Path(os.environ[MARK])
        config.stash[HOLDER] = postgres.start(data, postgres.FAST)


def pytest_unconfigure(config: pytest.Config) -> None:
    """In the controller: stop the server and remove the session's folder."""
    if not hasattr(config, "workerinput"):
        if holder := config.stash.get(HOLDER, None):
            holder.release()
        forget(Path(os.environ[MARK]))


def make_application() -> None:
    """The application's role on a server of one's own, where it is missing; the embedded one has it."""
    password = urlsplit(os.environ["DATABASE_URL"]).password
    with psycopg.connect(os.environ[database_owner.VARIABLE], autocommit=True) as connection:
        role = sql.Identifier(postgres.APPLICATION)
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [postgres.APPLICATION]).rowcount:
            connection.execute(sql.SQL(f"CREATE ROLE {{}} {postgres.RIGHTS}").format(role))
        if password:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(unquote(password))))


def scratch() -> Path:
    """A data folder for one test, to be forgotten by it, or by the next session if this one is killed."""
    SESSIONS.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SESSIONS))


def forget(data: Path) -> None:
    """Remove a session: its server and its folder."""
    postgres.destroy(data)
    shutil.rmtree(data, ignore_errors=True)


HOLDER = pytest.StashKey[postgres.Holder]()
