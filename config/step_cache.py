"""What a start has done already, so that the next one need not: a key per step, of all it depends on."""

import hashlib
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# What collecting static files does to them.
COLLECTING = ("config/storage.py", "config/sheets.py", "projects/web/annotator/packs.py")


class Stamps:
    """Keys kept as files in a folder. A lost stamp only means that a step runs again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def done(self, step: str, key: str) -> bool:
        """True if the step was done under this very key."""
        try:
            return (self.folder / step).read_text() == key
        except OSError:
            return False

    def mark(self, step: str, key: str) -> None:
        """Note that the step is done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / step).write_text(key)

    def clear(self) -> None:
        """Forget everything, as after a restore."""
        for stamp in self.folder.glob("*"):
            stamp.unlink()


def database_key(url: str) -> str | None:
    """Which database this is, and whose rights are asked for in it: changes when it is made anew, or when another role
    signs in. None where the server does not tell."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            row = connection.execute(
                "SELECT system_identifier::text, current_user::text, (SELECT oid::text FROM pg_database"
                " WHERE datname = current_database()) FROM pg_control_system()"
            ).fetchone()
    except psycopg.Error:
        return None
    return _hash(row or ())


def migrations_key() -> str:
    """Our migrations' text, what is granted after them, and the versions of everything installed, whose migrations run
    too."""
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "config" / "database_privileges.py"]
    return _hash([*_installed(), *(f"{path.relative_to(ROOT)} {path.read_text()}" for path in files)])


def static_key() -> str:
    """Our static files by name, size and time, what is done to them, and the versions of everything installed."""
    files = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    facts = (f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files)
    return _hash([*_installed(), *((ROOT / name).read_text() for name in COLLECTING), *facts])


def _installed() -> list[str]:
    return sorted(path.name for path in Path(sysconfig.get_paths()["purelib"]).glob("*.dist-info"))


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()
