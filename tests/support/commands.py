"""Commands of manage.py in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from config import database_owner

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """What leads a process of its own to the test's database."""
    at = connection.settings_dict
    address = f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={quote(str(at['HOST']), safe='')}"
    if at["PORT"]:
        address += f"&port={at['PORT']}"
    return without_owner() | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}


def without_owner() -> dict[str, str]:
    """This process's environment, as those of the product have theirs: none knows the database owner's address."""
    return {name: value for name, value in os.environ.items() if name != database_owner.VARIABLE}


def start(*arguments: object) -> subprocess.Popen:
    """A command of manage.py in a process of its own, on the test's database."""
    command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
