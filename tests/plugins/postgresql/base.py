"""Django's PostgreSQL, which between two tests empties the tables that something was written to, and not all of them.

To truncate every table takes a tenth of a second and more, hundreds of times in a run, and a test writes to a few.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations

# What Django writes of the models themselves, once they are there: the same before and after each test.
KEPT = {"django_content_type", "auth_permission"}
MANY = 1 << 20  # bytes: a larger table begins anew, so that nothing has to be read through in the tests that follow
PATIENCE = 60.0  # seconds for what a killed process or a thread is still writing


class Operations(DatabaseOperations):
    """Empties tables by rows. Nothing of the product's own triggers and keys speaks of it: all goes at once.

    Whoever isn't a superuser may not pass over those; for them Django's own way is the only one.
    """

    def sql_flush(self, style: Any, tables: Iterable[str], **how: Any) -> list[str]:
        """Statements, in one transaction, after which no table has a row."""
        from tests.support.waiting import until  # settings are read before pytest knows what of ours asserts

        every = sorted({*tables, *self._ask(JOBS)})
        if not self._ask("SELECT 1 WHERE current_setting('is_superuser')::bool"):
            return super().sql_flush(style, every, **how)
        until(lambda: not self._ask(WRITING), PATIENCE, lambda: f"somebody writes: {self._ask(WRITING)}")
        written = self._written([table for table in every if table not in KEPT])
        large = set(self._large(written))
        new = [f"TRUNCATE {', '.join(map(self.quote_name, sorted(large)))} CASCADE"] if large else []
        rows = [f"DELETE FROM {self.quote_name(table)}" for table in written if table not in large]
        return ["SET LOCAL session_replication_role = replica", *new, *rows] if written else []

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
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [row[0] for row in cursor.fetchall()]


# The job library's, which Django doesn't manage: a killed worker's last sign of life would speak in the next test.
JOBS = "SELECT tablename FROM pg_tables WHERE starts_with(tablename, 'procrastinate_')"

# Others who have written something that isn't committed: it would come to light in the next test.
WRITING = """
SELECT pid || ' ' || left(query, 200) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
  AND backend_type = 'client backend'
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django connects by."""

    ops_class = Operations
