"""The life of the embedded PostgreSQL: start, adopt, recover, stop.

Three promises. A process is signalled only if it is a `postgres` whose working folder is our cluster.
A server is up only if it answers. Whoever uses the server holds a shared lock, which the kernel drops
however they die, and the last to leave stops it; so a server outlives a killed owner, and the next start
adopts it.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from config import postgres_place
from config.postgres_place import MAJOR, Place, place
from config.problem import CannotStart

OWNER = "tandem"  # a superuser: migrates, backs up and restores
APPLICATION = "tandem_app"  # what web, worker and runtime sign in as; owns nothing (config/database_privileges.py)
DATABASE = "tandem"
RIGHTS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
SIGN_IN_SECONDS = 10.0
PATIENCE = 60.0  # seconds; recovery after a crash replays at most some hundred megabytes
LOG_LIMIT = 10 * 1024 * 1024
SAFE: Mapping[str, str] = {"max_connections": "100"}
# For databases that may be lost at any moment: tests and benchmarks.
FAST: Mapping[str, str] = {
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}


@dataclass
class Holder:
    """One user of the running server. `release` it; the last one to do so stops the server."""

    place: Place
    lock: IO
    process: subprocess.Popen | None = field(default=None)

    def release(self) -> None:
        """Leave, and stop the server if nobody else uses it. Calling twice is harmless."""
        if self.lock.closed:
            return
        with _guard(self.place):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _halt(self.place)
            self.lock.close()
        if self.process:
            self.process.poll()  # collects it if it ended


def url(data: Path, database: str = DATABASE) -> str:
    """The application's address of the embedded server for a data folder, whether it runs or not."""
    return _address(data, database, APPLICATION)


def owner_url(data: Path, database: str = DATABASE) -> str:
    """The owner's address of the same database, for migrate, backup and restore alone."""
    return _address(data, database, OWNER)


def _address(data: Path, database: str, role: str) -> str:
    return f"postgresql://{role}@/{quote(database)}?host={quote(str(place(data).sockets), safe='')}"


def start(data: Path, settings: Mapping[str, str] = SAFE) -> Holder:
    """Make sure that the server for this data folder runs, and hold it.

    Adopts a running one; makes the cluster and the database if they are missing. Raises CannotStart.
    """
    here = place(data)
    user = postgres_place.prepare(here)
    bin_folder = postgres_place.binaries(postgres_place.packaged(), user)
    with _guard(here):
        lock = open(here.home / "users.lock", "a")  # noqa: SIM115 (closed by Holder.release)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            process = _ensure(here, bin_folder, user, settings)
        except BaseException:
            lock.close()
            raise
    return Holder(here, lock, process)


@contextlib.contextmanager
def running(data: Path, settings: Mapping[str, str] = SAFE) -> Iterator[str]:
    """Hold the server for the length of a block; gives the application's address."""
    holder = start(data, settings)
    try:
        yield url(data)
    finally:
        holder.release()


def server_pid(data: Path) -> int | None:
    """The process id of the server, or None; a stale pid file with somebody else's process id is None too."""
    here = place(data)
    claimed = _claimed_pid(here)
    with contextlib.suppress(psutil.Error):
        if claimed and _works_in(here, psutil.Process(claimed)):
            return claimed
    return None


def in_use(data: Path) -> bool:
    """True while any process holds the server."""
    try:
        with open(place(data).home / "users.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def destroy(data: Path) -> None:
    """Stop the server whoever uses it, and remove its cluster for good. For tests and benchmarks."""
    here = place(data)
    if here.home.exists():
        with _guard(here):
            _halt(here)
    shutil.rmtree(here.sockets, ignore_errors=True)
    shutil.rmtree(here.home, ignore_errors=True)


@contextlib.contextmanager
def _guard(here: Place) -> Iterator[None]:
    """One start or stop at a time."""
    with open(here.home / "guard.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _claimed_pid(here: Place) -> int | None:
    try:
        return int(here.pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _processes(here: Place) -> set[int]:
    """Every `postgres` that works in our cluster: the server and its children, orphans included."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _works_in(here, process):
                found.add(process.pid)
    return found


def _works_in(here: Place, process: psutil.Process) -> bool:
    return process.name() == "postgres" and process.cwd() == os.path.realpath(here.cluster)


def _ensure(
    here: Place, bin_folder: Path, user: pwd.struct_passwd | None, settings: Mapping[str, str]
) -> subprocess.Popen | None:
    """Bring the server to the point where it answers; gives the process if it was started here."""
    _check_version(here)
    if not here.cluster.exists():
        _initdb(here, bin_folder, user, settings)
    process = None
    if _wait_for_running(here, bin_folder):
        _let_in(here, user)
    else:
        process = _launch(here, bin_folder, user, settings)
    _make_database(here)
    return process


def _check_version(here: Place) -> None:
    try:
        found = (here.cluster / "PG_VERSION").read_text().strip()
    except OSError:
        if here.cluster.exists():
            raise CannotStart(
                f"The folder {here.cluster} is not a PostgreSQL data folder: move it away and start again."
            ) from None
        return
    if found != str(MAJOR):
        raise CannotStart(
            f"The data folder {here.cluster} was made by PostgreSQL {found}, and this Tandem runs {MAJOR}: "
            "back it up with the Tandem that made it, move it away, and restore (docs/operate.md, Upgrade)."
        )


def _initdb(here: Place, bin_folder: Path, user: pwd.struct_passwd | None, settings: Mapping[str, str]) -> None:
    """Make the cluster under another name first, so that a kill half-way leaves nothing that looks whole."""
    making = here.home / "cluster.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    if user:
        os.chown(making, user.pw_uid, user.pw_gid)
    command: list[str | Path] = [bin_folder / "initdb", "-D", making, "-U", OWNER, "--auth=peer", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command.append("--text-search-config=english")
    if settings.get("fsync") == "off":
        command.append("--no-sync")
    done = subprocess.run(command, capture_output=True, text=True, **_as(here, user))
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not make its data folder {making}: {_last(done.stderr)}")
    making.rename(here.cluster)


def _as(here: Place, user: pwd.struct_passwd | None) -> dict:
    """Process options: the system user if there is one, a plain environment, a folder it may stand in."""
    options: dict = {"cwd": here.home, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}}
    if user:
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def _answer(here: Place, bin_folder: Path) -> str:
    command: list[str | Path] = [bin_folder / "pg_isready", "--quiet", "--host", here.sockets, "--timeout", "3"]
    code = subprocess.run(command, capture_output=True).returncode
    return {0: "accepting", 1: "rejecting"}.get(code, "silent")


def _wait_for_running(here: Place, bin_folder: Path) -> bool:
    """True once a server answers; False once neither one nor its orphans are left, so one may be started."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = _answer(here, bin_folder)
        if answer == "accepting":
            return True
        left = _processes(here)
        if answer == "silent" and not left:
            return False
        if time.monotonic() > deadline:
            raise CannotStart(
                f"PostgreSQL (process {_claimed_pid(here) or min(left)}) holds {here.cluster} but does not "
                f"answer: read {here.log}, stop that process, and start again."
            )
        time.sleep(0.1)


def _launch(
    here: Place, bin_folder: Path, user: pwd.struct_passwd | None, settings: Mapping[str, str]
) -> subprocess.Popen:
    claimed = _claimed_pid(here)
    if claimed and psutil.pid_exists(claimed):
        # Nobody works in the cluster, so the number is an innocent's now; PostgreSQL would refuse to start.
        here.pid_file.unlink()
    for left in here.sockets.glob(".s.PGSQL.*"):  # the lock beside the socket carries that number too
        left.unlink()
    _write_access(here, user)
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": str(here.sockets),
        "unix_socket_permissions": "0700",
        "hba_file": str(here.home / "access.conf"),
        "ident_file": str(here.home / "people.conf"),
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    command = [str(bin_folder / "postgres"), "-D", str(here.cluster)]
    for name, value in {**settings, **fixed}.items():
        command += ["-c", f"{name}={value}"]
    if here.log.exists() and here.log.stat().st_size > LOG_LIMIT:
        here.log.replace(here.log.with_suffix(".log.1"))
    with open(here.log, "ab") as log:
        streams: dict = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, start_new_session=True, **streams, **_as(here, user))
    _wait_for_answer(here, bin_folder, process)
    return process


def _wait_for_answer(here: Place, bin_folder: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while _answer(here, bin_folder) != "accepting":
        if process.poll() is not None:
            said = _last(here.log.read_text(errors="replace"))
            raise CannotStart(f"PostgreSQL ended at once: {said} ({here.log})")
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL did not answer within {PATIENCE:.0f} seconds: read {here.log}.")
        time.sleep(0.05)


def _write_access(here: Place, user: pwd.struct_passwd | None) -> bool:
    """Peer sign-in: the kernel says who is at the other end of the socket, so no password is kept. Gives whether
    anything changed."""
    person = pwd.getpwuid(os.geteuid()).pw_name
    names = [person, user.pw_name] if user else [person]
    roles = (OWNER, APPLICATION)
    files = {
        here.home / "access.conf": "".join(f"local all {role} peer map=people\n" for role in roles),
        here.home / "people.conf": "".join(f'people "{name}" {role}\n' for name in names for role in roles),
    }
    changed = {path: text for path, text in files.items() if not path.exists() or path.read_text() != text}
    for path, text in changed.items():
        path.write_text(text)
    return bool(changed)


def _let_in(here: Place, user: pwd.struct_passwd | None) -> None:
    """Have a server that runs already admit the roles of this release: an older one may have started it."""
    if _write_access(here, user):
        with _as_owner(here) as connection:
            connection.execute("SELECT pg_reload_conf()")


def _make_database(here: Place) -> None:
    """Make the database and the application's role where they are missing, and see that it is let in."""
    with _as_owner(here) as connection:
        database = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not database:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone()
        verb = "ALTER" if role else "CREATE"
        application = sql.Identifier(APPLICATION)
        connection.execute(sql.SQL(f"{verb} ROLE {{}} {RIGHTS}").format(application))  # type: ignore[arg-type]
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), application))
    _wait_for_sign_in(here)


@contextlib.contextmanager
def _as_owner(here: Place) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(owner_url(here.data, "postgres"), autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as problem:
        raise _refused(here, problem) from None


def _wait_for_sign_in(here: Place) -> None:
    """Until the application is let in: a server that was running reads its access rules a moment after it is told."""
    deadline = time.monotonic() + SIGN_IN_SECONDS
    while True:
        try:
            psycopg.connect(url(here.data), connect_timeout=10).close()
            return
        except psycopg.Error as problem:
            if time.monotonic() > deadline:
                raise _refused(here, problem) from None
        time.sleep(0.05)


def _refused(here: Place, problem: psycopg.Error) -> CannotStart:
    return CannotStart(f"PostgreSQL answers but refuses our sign-in: {_last(str(problem))} ({here.log})")


def _halt(here: Place) -> None:
    """Stop the server and wait until every process of it is gone; ask politely first."""
    for number, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 15.0)):
        pid = server_pid(here.data)
        if pid is None and not _processes(here):
            return
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while _processes(here) and time.monotonic() < deadline:
            time.sleep(0.05)
    if _processes(here):
        raise CannotStart(f"PostgreSQL in {here.cluster} does not stop: read {here.log}.")


def _last(text: str) -> str:
    """The line of a log that tells most: the last one that says FATAL or error, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["it said nothing"])[-1]
