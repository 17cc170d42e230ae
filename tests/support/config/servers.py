"""Servers of PostgreSQL with a row in them, and one whose owner was killed."""

import subprocess
import sys
from pathlib import Path

import psycopg

from config import postgres

ROOT = Path(__file__).resolve().parents[3]


def note(data: Path, text: str) -> None:
    with psycopg.connect(postgres.owner_url(data)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(data: Path) -> list[str]:
    with psycopg.connect(postgres.owner_url(data)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY text")]


def killed_owner(data: Path, settings: str) -> int:
    """The id of a server whose owner, another process, was killed with SIGKILL."""
    code = (
        "import sys, time; from pathlib import Path; from config import postgres;"
        f"holder = postgres.start(Path({str(data)!r}), postgres.{settings}); print('up', flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    owner.kill()
    owner.wait()
    owner.stdout.close()
    server = postgres.server_pid(data)
    assert server is not None
    return server
