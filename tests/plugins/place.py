"""Where a test session lives. Read before the settings are, so it imports no Django and no pytest."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config import database_owner, postgres

ROOT = Path(__file__).resolve().parent.parent.parent
SESSIONS = ROOT / "var" / "tests"
MARK = "TANDEM_TEST_SESSION"
# As many processes run tests as there are processors; a library of products that takes them all once more has its
# threads turn in circles between two products, which costs as much again.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
# What is taken and given back a thousand times a test stays with the process: a page that the system clears anew costs
# more than the sum on it.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
# What somebody's shell may carry, and what must not change how tests run.
FOREIGN = (
    "TANDEM_OWNER_DATABASE_URL",
    "SECRET_KEY",
    "REDIS_URL",
    "TANDEM_DEBUG",
    "TANDEM_HOSTS",
    "TANDEM_ORIGINS",
    "TANDEM_TLS",
    "TANDEM_RUNTIME",
)


def as_application(owner: str) -> str:
    """The application's address on a server of one's own, by the address of its owner: the same password, if any."""
    parts = urlsplit(owner)
    password = f":{parts.password}" if parts.password else ""
    return urlunsplit(parts._replace(netloc=f"{postgres.APPLICATION}{password}@{parts.netloc.rpartition('@')[2]}"))


def point_environment() -> None:
    """Lead this process, and those it starts, to the session's own data folder and database.

    All keep what they compile, whatever the shell says: else each compiles all of the source.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if os.environ.get(MARK):
        return
    data = SESSIONS / str(os.getpid())
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ[MARK] = str(data)
    os.environ.update(ONE_THREAD | KEEP_MEMORY)
    (data / "static").mkdir(parents=True, exist_ok=True)
    (data / "secret").write_text("draws by this key fall alike in every run, for whoever reads this folder")
    os.environ.setdefault("TANDEM_MODELS", str(ROOT / "var" / "models"))
    os.environ["TANDEM_DATA"] = str(data)
    os.environ["TANDEM_MEDIA"] = str(data / "media")
    # Tests run as the application's role; who makes and empties their database is its owner (tests/support/owner.py).
    owner = os.environ.get("TANDEM_TEST_DATABASE_URL")
    os.environ["DATABASE_URL"] = as_application(owner) if owner else postgres.url(data)
    os.environ[database_owner.VARIABLE] = owner or postgres.owner_url(data)
    os.environ.setdefault("TANDEM_POOL", "0")  # race tests count on a connection of their own per thread
