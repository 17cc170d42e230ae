"""Django's PostgreSQL, which between two tests empties the tables that something was written to, and not all of them.

To truncate every table takes a tenth of a second and more, hundreds of times in a run, and a test writes to a few.
Of several processes of tests one migrates, and the others begin with copies: to migrate takes seconds.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import filelock
import psycopg
from django.conf import settings
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations

from config import database_owner, environment
from taskers.database.postgresql import base
from tests.plugins.place import MARK

# What Django writes of the models themselves, once they are there: the same before and after each test.
KEPT = {"django_content_type", "auth_permission"}
MANY = 1 << 20  # bytes: a larger table begins anew, so that nothing has to be read through in the tests that follow
PATIENCE = 60.0  # seconds for what a killed process or a thread is still writing


class Operations(DatabaseOperations):
    """Empties tables by rows, as their owner. Nothing of the product's own triggers and keys speaks of it: all goes at
    once. A superuser alone may pass over those."""

    def sql_flush(self, style: Any, tables: Iterable[str], **how: Any) -> list[str]:
        """Statements for the owner, in one transaction, after which no table has a row."""
        from tests.support.waiting import until  # settings are read before pytest knows what of ours asserts

        every = sorted({*tables, *self._ask(JOBS)})
        until(lambda: not self._ask(WRITING), PATIENCE, lambda: f"somebody writes: {self._ask(WRITING)}")
        written = self._written([table for table in every if table not in KEPT])
        large = set(self._large(written))
        new = [f"TRUNCATE {', '.join(map(self.quote_name, sorted(large)))} CASCADE"] if large else []
        rows = [f"DELETE FROM {self.quote_name(table)}" for table in written if table not in large]
        return ["SET LOCAL session_replication_role = replica", *new, *rows] if written else []

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Run them."""
        owner = as_owner(self.connection)
        with owner.transaction():
            for statement in sql_list:
                owner.execute(statement)  # type: ignore[call-overload]

    def _written(self, tables: Sequence[str]) -> list[str]:
        """Those that have a row."""
        return self._ask(
            " UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT FROM {self.quote_name(one)})" for one in tables)
        )

    def _large(self, tables: Sequence[str]) -> list[str]:
        return self._ask(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE pg_relation_size(name::regclass) > %s",
            [list(tables), MANY],
        )

    def _ask(self, statement: str, values: Sequence[Any] | None = None) -> list[Any]:
        return [row[0] for row in as_owner(self.connection).execute(statement, values)]  # type: ignore[call-overload]


OWNERS: dict[str, psycopg.Connection] = {}  # by the name of the database: one of each process of tests


def as_owner(connection: base.DatabaseWrapper) -> psycopg.Connection:
    """A connection of the owner's to the database that this one leads to, kept for the next time."""
    name = connection.settings_dict["NAME"]
    if name not in OWNERS or OWNERS[name].closed:
        OWNERS[name] = psycopg.connect(os.environ[database_owner.VARIABLE], dbname=name, autocommit=True)
    return OWNERS[name]


# The job library's, which Django doesn't manage: a killed worker's last sign of life would speak in the next test.
JOBS = "SELECT tablename FROM pg_tables WHERE starts_with(tablename, 'procrastinate_')"

# Others who have written something that isn't committed: it would come to light in the next test.
WRITING = """
SELECT pid || ' ' || left(query, 200) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
  AND backend_type = 'client backend'
"""


MIGRATED = "test_migrated"  # what the other processes of a session's own server copy


# What some tests arrange the application's role may not do: this door leads to the owner, in test databases alone.
DOOR = """
CREATE SCHEMA IF NOT EXISTS testing;
CREATE OR REPLACE FUNCTION testing.as_owner(statement text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE statement; END $$;
GRANT USAGE ON SCHEMA testing TO PUBLIC;
"""


class Creation(DatabaseCreation):
    """Makes the database of a process of tests: by migrations, or from what another one has migrated."""

    def create_test_db(self, *args: Any, **how: Any) -> str:
        """The name of the new database, to which this process is connected from now on."""
        if "PYTEST_XDIST_WORKER" not in os.environ or os.environ.get("TANDEM_TEST_DATABASE_URL"):
            return self._create(*args, **how)
        with filelock.FileLock(Path(os.environ[MARK]) / f"{MIGRATED}.lock"):
            if self._is_migrated():
                return self._begin_with_copy()
            name = self._create(*args, **how)
            self._copy(name, MIGRATED)
            return name

    def _create(self, *args: Any, **how: Any) -> str:
        name = super().create_test_db(*args, **how)
        as_owner(self.connection).execute(DOOR)
        return name

    def _destroy_test_db(self, *args: Any, **how: Any) -> None:
        self._leave()
        super()._destroy_test_db(*args, **how)

    def _nodb_cursor(self) -> Any:
        """By the owner: the application makes no databases."""
        terms = environment.database(os.environ[database_owner.VARIABLE], pool_size=0)
        wrapper = self.connection.__class__({**self.connection.settings_dict, **terms}, alias=self.connection.alias)
        return wrapper._nodb_cursor()

    def _leave(self) -> None:
        self.connection.close()
        for owner in OWNERS.values():
            owner.close()

    def _is_migrated(self) -> bool:
        with self._nodb_cursor() as cursor:
            return self._database_exists(cursor, MIGRATED)

    def _begin_with_copy(self) -> str:
        name = self._get_test_db_name()
        self._copy(MIGRATED, name)
        settings.DATABASES[self.connection.alias]["NAME"] = self.connection.settings_dict["NAME"] = name
        return name

    def _copy(self, source: str, name: str) -> None:
        """Nobody is connected to the source meanwhile. Rights in the database itself aren't copied."""
        self._leave()
        quote = self.connection.ops.quote_name
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(name)}")
            cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(source)}")
            cursor.execute(f"REVOKE TEMPORARY ON DATABASE {quote(name)} FROM PUBLIC")


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django connects by."""

    ops_class = Operations
    creation_class = Creation
