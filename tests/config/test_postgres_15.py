"""Migrations, the queue and backups hold on PostgreSQL 15, the oldest that Tandem takes. All else runs on 18."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("TANDEM_POSTGRES_15", "/usr/lib/postgresql/15/bin"))
MISSING = (
    f"PostgreSQL 15 is not in {BINARIES}, and this shows that Tandem runs on it: on Debian 12, apt install"
    " postgresql-15; elsewhere set TANDEM_POSTGRES_15 to its folder of programs."
)
KEPT = {"PATH", "HOME", "LANG", "TMPDIR"}
SHOWN = (
    *("tests/config/test_backup.py", "tests/projects/test_claim.py", "tests/projects/test_leases.py"),
    *("tests/projects/test_consensus.py", "tests/taskers/test_outbox.py", "tests/races/test_claims.py"),
)

pytestmark = pytest.mark.torture


@pytest.fixture
def fifteen() -> Iterator[str]:
    """The address of a server of that version, which is gone afterwards."""
    assert (BINARIES / "postgres").exists(), MISSING
    folder = Path(tempfile.mkdtemp(prefix="tandem-15-"))
    user = None
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server, terms = (
        folder / "server",
        f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60",
    )
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}

    def run(program: str, *words: str) -> None:
        command = [BINARIES / program, "-D", server, *words]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True, **who)  # type: ignore[call-overload]

    run("initdb", "--username=tandem", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    run("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", terms)
    address = f"postgresql://tandem@127.0.0.1:{port}/{{}}?connect_timeout=10"  # as somebody's own server is
    try:
        with psycopg.connect(address.format("postgres"), autocommit=True) as connection:
            assert connection.info.server_version // 10_000 == 15
            connection.execute("CREATE DATABASE tandem")
        yield address.format("tandem")
    finally:
        run("pg_ctl", "stop", "--wait", "--mode", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


def test_migrations_queue_and_backup_hold_on_the_oldest_that_is_supported(fifteen: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    # A backup is written and read by the tools of the server's own version, as docs/operate.md asks.
    environment |= {"TANDEM_TEST_DATABASE_URL": fifteen, "PATH": f"{BINARIES}:{environment['PATH']}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SHOWN]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
