"""A past for the demo: the database's clock put back for one transaction, so that what verbs write then was then.

Verbs take the time from the database. Within the block, functions of the same names come first on the search path, and
the columns' defaults are bound to them. Both are undone before the transaction ends, so nobody else ever sees them;
whoever writes into these tables meanwhile waits for its end. No row is changed afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

NAMES = ("now", "transaction_timestamp", "statement_timestamp", "clock_timestamp")
MAKE = "CREATE SCHEMA demo_clock;" + "".join(
    f"CREATE FUNCTION demo_clock.{name}() RETURNS timestamptz STABLE LANGUAGE sql"
    " AS $$ SELECT current_setting('demo_clock.now')::timestamptz $$;"
    for name in NAMES
)
# Refused while anything still refers to what is in it.
UNMAKE = f"DROP FUNCTION {', '.join(f'demo_clock.{name}()' for name in NAMES)}; DROP SCHEMA demo_clock"
# Every default of our tables that reads the clock, as it is written.
DEFAULTS = rf"""
SELECT c.oid::regclass::text, quote_ident(a.attname), pg_get_expr(d.adbin, d.adrelid)
FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname ~ '^(assist|projects|taskers)_'
  AND pg_get_expr(d.adbin, d.adrelid) ~ '\m({"|".join(NAMES)})\('
ORDER BY 1, 2
"""


@contextmanager
def put_back() -> Iterator[None]:
    """A transaction in which the database's clock stands where `at` puts it, and not before that is said."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DEFAULTS)
        defaults = cursor.fetchall()
        cursor.execute("SELECT current_setting('search_path')")
        ((path,),) = cursor.fetchall()
        cursor.execute(MAKE)
        _bind(cursor, defaults, f"demo_clock, pg_catalog, {path}")
        yield
        _bind(cursor, defaults, path)
        cursor.execute(UNMAKE)


def at(moment: datetime) -> None:
    """From here on it is this moment, until the next."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('demo_clock.now', %s, true)", [moment.isoformat()])


def _bind(cursor: CursorWrapper, defaults: list[tuple[str, str, str]], path: str) -> None:
    """Read the names of functions by this path from here on, in these defaults too."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table whose rows are still to be checked can't be altered
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    cursor.execute(f"SET LOCAL search_path = {path}")
    for table, column, expression in defaults:
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {expression}")
