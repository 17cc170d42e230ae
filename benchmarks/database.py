"""A migrated database for one benchmark, with the durability of the real one, gone afterwards.

Gone even if the benchmark is killed: an heir waits for its end and clears up (`python -m benchmarks.database FOLDER`).
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config import database_owner, postgres

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def fresh() -> Iterator[str]:
    """Lead this process, and those it starts, to a new server with every migration applied; gives the application's
    address.

    Call it before Django reads its settings; set Django up inside the block.
    """
    data = Path(tempfile.mkdtemp(prefix="tandem-bench-"))
    os.environ["TANDEM_DATA"] = str(data)
    os.environ["DATABASE_URL"] = postgres.url(data)
    os.environ[database_owner.VARIABLE] = postgres.owner_url(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("TANDEM_LOG_LEVEL", "WARNING")
    os.environ.setdefault("TANDEM_MODELS", str(ROOT / "var" / "models"))
    clear = [sys.executable, "-m", "benchmarks.database", str(data)]
    quiet: dict = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "start_new_session": True}  # it hears no Ctrl-C
    heir = subprocess.Popen(clear, stdin=subprocess.PIPE, **quiet)
    try:
        with postgres.running(data) as url:
            migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity", "0"]
            subprocess.run(migrate, check=True)
            yield url
    finally:
        heir.communicate()


def as_owner(*statements: str) -> None:
    """Run these as the owner of the database that Django has: the application may neither vacuum nor make an index."""
    from django.conf import settings  # Django is set up by now
    from django.db import connection

    with database_owner.signed_in(connection, settings.DATA_DIR), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def main() -> None:
    """Wait until whoever holds the other end of stdin is done or dead, then clear up."""
    data = Path(sys.argv[1])
    sys.stdin.read()
    postgres.destroy(data)
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
