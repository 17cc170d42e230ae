"""The embedded PostgreSQL: born once, adopted, recovered, and never a danger to others."""

import os
import pwd
import signal
import subprocess
import sys

import psycopg
import pytest

from config import database_privileges, postgres, postgres_place
from config.problem import CannotStart
from tests.support.config.outside import outside
from tests.support.config.servers import ROOT, killed_owner, note, notes
from tests.support.waiting import gone, until


def test_first_start_makes_a_cluster_that_answers_and_the_last_to_leave_stops_it(data):
    holder = postgres.start(data, postgres.FAST)
    with psycopg.connect(postgres.url(data)) as connection:
        facts = connection.execute(
            "SELECT current_user, current_database(), current_setting('max_connections'), lower('ÀÉ'),"
            " current_setting('listen_addresses'), current_setting('server_encoding')"
        ).fetchone()
    assert facts == ("tandem_app", "tandem", "100", "àé", "", "UTF8")
    holder.release()
    assert postgres.server_pid(data) is None
    assert not postgres.in_use(data)


def test_second_start_keeps_what_was_written(data):
    with postgres.running(data, postgres.FAST):
        note(data, "kept")
    with postgres.running(data, postgres.FAST):
        assert notes(data) == ["kept"]


def test_two_holders_share_one_server_and_it_stays_until_both_have_left(data):
    first = postgres.start(data, postgres.FAST)
    server = postgres.server_pid(data)
    second = postgres.start(data, postgres.FAST)
    assert postgres.server_pid(data) == server
    first.release()
    assert postgres.server_pid(data) == server
    second.release()
    assert postgres.server_pid(data) is None


def test_a_server_outlives_its_killed_owner_and_is_adopted(data):
    server = killed_owner(data, "FAST")
    note(data, "written by nobody's server")
    holder = postgres.start(data, postgres.FAST)
    assert postgres.server_pid(data) == server
    assert notes(data) == ["written by nobody's server"]
    holder.release()
    assert postgres.server_pid(data) is None


OLD_ACCESS = "local all tandem peer map=people\n"
OLD_PEOPLE = 'people "{}" tandem\n'
GONE = "DROP OWNED BY tandem_app; DROP ROLE tandem_app"


def as_before_the_second_role(data) -> None:
    """Leave a running server as the release left it that knew the owner alone."""
    here = postgres_place.place(data)
    (here.home / "access.conf").write_text(OLD_ACCESS)
    names = {pwd.getpwuid(os.geteuid()).pw_name} | ({"tandem"} if os.geteuid() == 0 else set())
    (here.home / "people.conf").write_text("".join(OLD_PEOPLE.format(name) for name in sorted(names)))
    with psycopg.connect(postgres.owner_url(data), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(GONE)


@pytest.mark.parametrize("still_runs", [True, False])
def test_a_cluster_of_the_release_before_gets_the_applications_role(data, still_runs):
    holder = postgres.start(data, postgres.FAST)
    note(data, "kept")
    as_before_the_second_role(data)
    server = postgres.server_pid(data)
    if not still_runs:
        holder.release()
    again = postgres.start(data, postgres.FAST)
    assert (postgres.server_pid(data) == server) is still_runs
    with psycopg.connect(postgres.url(data)) as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("tandem_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT text FROM notes")
    assert notes(data) == ["kept"]
    again.release()
    holder.release()


@pytest.mark.slow
def test_an_installation_of_the_release_before_is_migrated_to_two_roles(data):
    """All tables are the owner's, and no role but the owner is there: as the release before left it."""
    environment = {**outside(), "TANDEM_DATA": str(data)}
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0", "--skip-checks"]
    with postgres.running(data, postgres.FAST):
        subprocess.run(migrate, env=environment, check=True)
        as_before_the_second_role(data)
    with postgres.running(data, postgres.FAST) as url:
        with psycopg.connect(url) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("SELECT FROM public.taskers_organization")
        done = subprocess.run(migrate, env=environment, check=True, capture_output=True, text=True)
        assert "Warning" not in done.stderr
        with psycopg.connect(url, autocommit=True) as application:
            application.execute("INSERT INTO taskers_cursor (reader, transaction, event_id) VALUES ('new', 0, 0)")
            assert database_privileges.excess(application) is None
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("ALTER TABLE taskers_transfer DISABLE TRIGGER USER")


def test_a_killed_server_recovers_what_was_committed(data):
    holder = postgres.start(data)
    note(data, "committed")
    with psycopg.connect(postgres.owner_url(data)) as open_transaction:
        open_transaction.execute("INSERT INTO notes VALUES ('not committed')")
        server = postgres.server_pid(data)
        assert server is not None
        os.kill(server, signal.SIGKILL)
        again = postgres.start(data)
        assert postgres.server_pid(data) not in (None, server)
        assert notes(data) == ["committed"]
        open_transaction.close()
    again.release()
    holder.release()
    assert postgres.server_pid(data) is None


def test_a_stale_pid_file_with_a_strangers_number_harms_nobody(data, innocent):
    with postgres.running(data, postgres.FAST):
        note(data, "kept")
        here = postgres_place.place(data)
        locks = {path: path.read_text() for path in (here.pid_file, here.sockets / ".s.PGSQL.5432.lock")}
    for path, text in locks.items():
        path.write_text("\n".join([str(innocent.pid), *text.splitlines()[1:]]) + "\n")
    assert postgres.server_pid(data) is None
    with postgres.running(data, postgres.FAST):
        assert notes(data) == ["kept"]


def test_stopping_signals_no_stranger_named_in_a_stale_pid_file(data, innocent):
    holder = postgres.start(data, postgres.FAST)
    server = postgres.server_pid(data)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    wait_until_gone(server)
    pid_file = postgres_place.place(data).pid_file
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
    holder.release()
    assert innocent.poll() is None


def test_a_server_that_does_not_answer_is_left_alone_and_named(data, monkeypatch):
    holder = postgres.start(data, postgres.FAST)
    server = postgres.server_pid(data)
    assert server is not None
    os.kill(server, signal.SIGSTOP)
    monkeypatch.setattr(postgres, "PATIENCE", 0.5)
    try:
        with pytest.raises(CannotStart, match=f"process {server}.*does not answer"):
            postgres.start(data, postgres.FAST)
    finally:
        os.kill(server, signal.SIGCONT)
        holder.release()


def test_the_data_folder_of_an_older_postgresql_is_refused_with_one_sentence(data):
    with postgres.running(data, postgres.FAST):
        pass
    version = postgres_place.place(data).cluster / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 16, and this Tandem runs 18.*Upgrade"):
        postgres.start(data, postgres.FAST)
    version.write_text("18\n")


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(data):
    cluster = postgres_place.place(data).cluster
    cluster.mkdir(parents=True)
    (cluster / "thesis.txt").write_text("the only copy")
    with pytest.raises(CannotStart, match="is not a PostgreSQL data folder"):
        postgres.start(data, postgres.FAST)
    assert (cluster / "thesis.txt").read_text() == "the only copy"


def test_a_first_start_killed_half_way_is_begun_anew(data):
    half = postgres_place.place(data).home / "cluster.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with postgres.running(data, postgres.FAST):
        note(data, "whole")
    assert not half.exists()


def test_an_unwritable_folder_is_one_sentence(data, monkeypatch):
    obstacle = data / "file"
    obstacle.write_text("")
    monkeypatch.setattr(postgres_place, "ROOT_HOME", obstacle / "home")
    with pytest.raises(CannotStart, match=r"can't be written \(Not a directory\).*TANDEM_DATA"):
        postgres.start(obstacle / "data", postgres.FAST)


def test_a_broken_configuration_is_told_with_postgresqls_own_words(data):
    with postgres.running(data, postgres.FAST):
        pass
    with pytest.raises(CannotStart, match="ended at once.*no_such_setting"):
        postgres.start(data, {"no_such_setting": "1"})


@pytest.mark.parametrize("odd", ["x" * 120, "with space", "ünï,cödé"])
def test_the_socket_path_fits_whatever_the_folder_is_called(data, odd):
    deep = data / odd
    sockets = postgres_place.place(deep).sockets
    assert len(os.fsencode(sockets)) < 80
    with postgres.running(deep, postgres.FAST) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    postgres.destroy(deep)
    assert not sockets.exists()


def test_the_system_user_gets_binaries_it_can_reach_and_others_run_the_wheels(data):
    tree = postgres_place.packaged()
    assert postgres_place.binaries(tree, None) == tree / "bin"
    hidden = data / "hidden" / "package" / "pginstall18"
    (hidden / "bin").mkdir(parents=True)
    (hidden / "bin" / "postgres").write_text("#!/bin/sh\necho postgres 18\n")
    (hidden / "bin" / "postgres").chmod(0o755)
    (data / "hidden").chmod(0o700)
    someone = postgres_place.system_user() if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    found = postgres_place.binaries(hidden, someone if os.geteuid() == 0 else None)
    done = subprocess.run([found / "postgres"], capture_output=True, user=someone.pw_uid, cwd="/")
    assert done.stdout == b"postgres 18\n"
    if found != hidden / "bin":
        postgres_place.shutil.rmtree(found.parents[2])


def wait_until_gone(pid: int) -> None:
    until(lambda: gone(pid))
