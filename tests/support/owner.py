"""The owner of the test database. Tests run as the application's role, which may not do what some of them arrange."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from config import database_owner, environment, postgres
from config.database_privileges import CHANGE, RESTRICTED

URL = os.environ[database_owner.VARIABLE]


def terms() -> dict[str, Any]:
    """What of Django's settings leads there as the owner."""
    place = environment.database(URL, pool_size=0)
    return {name: place[name] for name in database_owner.PLACE}


def connect(database: str | None = None) -> psycopg.Connection:
    """A connection of the owner's own to the test database, or another one; each statement is its own transaction."""
    return psycopg.connect(URL, dbname=database or connection.settings_dict["NAME"], autocommit=True)


def execute(statement: str) -> None:
    """One statement by the owner within the test's own transaction (tests/plugins/postgresql/base.py makes this door,
    in test databases alone)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT testing.as_owner(%s)", [statement])


@contextmanager
def unguarded(table: str) -> Iterator[None]:
    """For rows that the product can't make: this table may be changed, and no trigger and no foreign key is asked in
    this session meanwhile."""
    execute(f"GRANT UPDATE, DELETE ON {table} TO {postgres.APPLICATION}")
    execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        execute("SET session_replication_role = origin")
        execute(f"REVOKE ALL ON {table} FROM {postgres.APPLICATION}")
        execute(f"GRANT {', '.join(RESTRICTED.get(table, CHANGE))} ON {table} TO {postgres.APPLICATION}")
