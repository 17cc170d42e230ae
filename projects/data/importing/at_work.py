"""Who is at an import: a worker by its job, or whoever runs it by hand. Either holds a lock that ends with its
connection, so that nobody who died is taken for one who works."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, InterfaceError, connection

SPACE = 0x496D70  # our number space of PostgreSQL's advisory locks; the import's key says whose
# Shared: of two at one file the row counts say which goes on, and the other is told so.
HOLD = "SELECT pg_advisory_lock_shared(%s, %s)"
RELEASE = "SELECT pg_advisory_unlock_shared(%s, %s)"
HELD = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


@contextmanager
def hold(import_key: int) -> Iterator[None]:
    """Say that somebody is at this import, as long as this lasts."""
    terms = [SPACE, import_key & 0x7FFFFFFF]
    with connection.cursor() as cursor:
        cursor.execute(HOLD, terms)
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # it may be away, and the lock too
            cursor.execute(RELEASE, terms)


def is_held(import_key: int) -> bool:
    """Whether somebody is at it."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [SPACE, import_key & 0x7FFFFFFF])
        return bool(cursor.fetchone()[0])
