"""Django's PostgreSQL, which between two tests empties the tables that something was written to, and not all of them.

To truncate every table takes a tenth of a second and more, hundreds of times in a run, and a test writes to a few.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations

# What Django writes of the models themselves, once they are there: the same before and after each test.
KEPT = {"django_content_type", "auth_permission"}


class Operations(DatabaseOperations):
    """Empties tables by rows. Nothing of the product's own triggers and keys speaks of it: all goes at once."""

    def sql_flush(self, style: Any, tables: Iterable[str], **how: Any) -> list[str]:
        """Statements, in one transaction, after which no table has a row."""
        some = self._written(sorted(set(tables) - KEPT))
        rows = [f"DELETE FROM {self.quote_name(table)}" for table in some]
        return ["SET LOCAL session_replication_role = replica", *rows] if rows else []

    def _written(self, tables: Sequence[str]) -> list[str]:
        """Those that have a row."""
        looks = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {self.quote_name(table)})" for table in tables)
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(looks))
            return [table for (table,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django connects by."""

    ops_class = Operations
