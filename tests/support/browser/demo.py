"""The demo, loaded once for a test session: sites begin from copies of its database and its data folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import filelock
import psycopg
from psycopg import sql

from config import database_owner, step_cache
from config.step_cache import Stamps
from tests.plugins.postgresql.base import MIGRATED
from tests.support.assist import weights

ROOT = Path(__file__).resolve().parents[3]
# What a start does before its processes run (config/start.py), in one process: each would load all of Django.
STEPS = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("load_demo", verbosity=0)
call_command("collectstatic", interactive=False, clear=True, verbosity=0)
"""
LOADED = "demo_loaded"  # the database that is copied


def kept() -> Path:
    """And the folder."""
    return Path(os.environ["TANDEM_DATA"]) / LOADED


def copy(data: Path) -> str:
    """A database with the demo, whose state is below `data`, as a start would have left them; its address."""
    folder = kept()
    with filelock.FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            _load(folder)
        database = _new_database(f"site_{os.getpid()}", LOADED)
    shutil.copytree(folder, data, symlinks=True, dirs_exist_ok=True)
    key, stamps = step_cache.database_key(database), Stamps(data / "run" / "stamps")
    assert key, "the test session's server tells of its databases"
    stamps.mark("migrate", f"{key} {step_cache.migrations_key()}")
    stamps.mark("demo", key)
    stamps.mark("static", step_cache.static_key())
    return database


def environment(database: str, data: Path) -> dict[str, str]:
    """What a site's processes know; the owner's address is for those that migrate."""
    owner = urlsplit(os.environ[database_owner.VARIABLE])._replace(path=urlsplit(database).path)
    return os.environ | {
        "DATABASE_URL": database,
        database_owner.VARIABLE: urlunsplit(owner),
        "TANDEM_DATA": str(data),
        "TANDEM_MEDIA": str(data / "media"),
        "TANDEM_MODELS": str(data / "models"),
        "TANDEM_POOL": "8",
        "TANDEM_SHOWN_EVERY": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def _load(folder: Path) -> None:
    """Do what is copied, and name it once it is whole."""
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    weights.linked(making / "models")
    known = environment(_new_database(LOADED, _begun_with()), making)
    done = subprocess.run([sys.executable, "-c", STEPS], cwd=ROOT, env=known, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    making.rename(folder)


def _begun_with() -> str:
    """What another process of tests has migrated, if there is such a one; nothing at all otherwise."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname = %s", [MIGRATED]).fetchone()
    return MIGRATED if found else "template1"


def _new_database(name: str, template: str) -> str:
    """A new database on the session's server, as another one is; its address."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ[database_owner.VARIABLE], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path=f"/{name}"))
