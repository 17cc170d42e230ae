"""Commands of manage.py in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """What leads a process of its own to the test's database."""
    at = connection.settings_dict
    address = f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={quote(str(at['HOST']), safe='')}"
    if at["PORT"]:
        address += f"&port={at['PORT']}"
    return os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}


def start(*arguments: object) -> subprocess.Popen:
    """A command of manage.py in a process of its own, on the test's database."""
    command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
