"""The commands an operator types around the embedded database."""

import subprocess
import sys
from pathlib import Path

from config import postgres
from tests.support.config.outside import outside
from tests.support.config.servers import killed_owner, note, notes

ROOT = Path(__file__).resolve().parents[2]


def config(data: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "config", *words]
    environment = {**outside(), "TANDEM_DATA": str(data)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_a_command_runs_while_the_database_is_up_and_its_exit_code_comes_through(data):
    asks = f"import psycopg, sys; psycopg.connect({postgres.url(data)!r}).execute('SELECT 1'); sys.exit(7)"
    done = config(data, "with-database", sys.executable, "-c", asks)
    assert done.returncode == 7, done.stderr
    assert postgres.server_pid(data) is None


def test_a_command_that_is_not_there_is_one_sentence(data):
    done = config(data, "with-database", "no-such-program")
    assert (done.returncode, done.stderr) == (1, "tandem: Can't run no-such-program: No such file or directory.\n")


def test_a_server_that_a_killed_start_left_up_is_stopped_on_demand(data):
    killed_owner(data, "FAST")
    assert config(data, "stop-database").stdout == "The embedded PostgreSQL is stopped.\n"
    assert postgres.server_pid(data) is None
    assert config(data, "stop-database").stdout == "The embedded PostgreSQL is not running.\n"


def test_a_server_in_use_is_not_stopped(data):
    with postgres.running(data, postgres.FAST):
        refused = config(data, "stop-database")
        assert (refused.returncode, "is in use: stop Tandem first" in refused.stderr) == (1, True)
        assert postgres.server_pid(data)


def test_a_backup_taken_while_it_runs_comes_back_in_another_folder(data, elsewhere, tmp_path):
    with postgres.running(data, postgres.FAST):
        note(data, "kept")
        saved = config(data, "backup", str(tmp_path / "saved"))
        assert saved.returncode == 0, saved.stderr
        assert postgres.server_pid(data), "the backup stopped a server that others use"
    back = config(elsewhere, "restore", str(tmp_path / "saved"))
    assert back.returncode == 0, back.stderr
    with postgres.running(elsewhere, postgres.FAST):
        assert notes(elsewhere) == ["kept"]


def test_a_backup_where_it_can_not_be_written_is_one_sentence(data, tmp_path):
    (tmp_path / "file").write_text("")
    done = config(data, "backup", str(tmp_path / "file" / "saved"))
    assert done.returncode == 1
    assert done.stderr.startswith("tandem: The backup could not be written")
    assert len(done.stderr.splitlines()) == 1
