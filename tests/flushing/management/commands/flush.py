"""Django's `flush`, which follows each test whose transactions are real, in a twentieth of the time.

Django truncates all two hundred tables, which makes their files and those of their indexes anew, and has the content
types and permissions written again. Most of the tables are empty; what migrating wrote is left where it is.
"""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

KEPT = {model._meta.db_table for model in (ContentType, Permission)}


class Command(flush.Command):
    """As Django's where the tests' role may not pass over triggers, which keep most of the history as it is."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Empty the tables."""
        connection = connections[options["database"]]
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('is_superuser')::boolean")
            ((may_pass_over_triggers,),) = cursor.fetchall()
            if may_pass_over_triggers:
                cursor.execute(_deletes(connection))
        if not may_pass_over_triggers:
            super().handle(*args, **options)


def _deletes(connection: BaseDatabaseWrapper) -> str:
    """A statement for each table; in whatever order, since keys are not looked at."""
    tables = sorted(set(connection.introspection.django_table_names(include_views=False)) - KEPT)
    deletes = (f"DELETE FROM {connection.ops.quote_name(table)};" for table in tables)
    return "SET LOCAL session_replication_role = replica;" + "".join(deletes)
