"""Django's `migrate`, by the database's owner. It first looks whether a database is one that this release can carry on
from, and grants the application's role what it needs at the end."""

import os
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from config import database_owner, database_privileges
from config.migration_state import Executor

OURS = ("taskers", "projects", "assist")
START_ANEW = (
    "Its tables have other names. The Tandem that made it still opens it, and exports its verdicts. Start this one on"
    " an empty data folder or database: set TANDEM_DATA or DATABASE_URL, or move the old folder away."
)
migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # Django's command takes none from outside


class CannotCarryOn(CommandError):
    """This database can't be brought up to date by this release; the text says why, and what to do."""


class CannotGrant(CommandError):
    """The tables are up to date, but the application's role could not be given its rights; the text says why."""


class Command(migrate.Command):
    """As Django's; refuses a database made before the first release, and one that a newer release has been at."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Migrate, and grant. Raises CannotCarryOn before anything is changed, and CannotGrant."""
        connection = connections[options["database"]]
        with database_owner.signed_in(connection, settings.DATA_DIR):
            self._migrate(connection, *arguments, **options)
            if options.get("plan") or options.get("check_unapplied"):
                return
            _grant(connection)
        connection.ensure_connection()
        if warning := database_privileges.excess(connection.connection):
            self.stderr.write(warning)

    def _migrate(self, connection: BaseDatabaseWrapper, *arguments: Any, **options: Any) -> None:
        loader = MigrationLoader(connection, ignore_no_migrations=True)
        known = {key for key in loader.disk_migrations if key[0] in OURS}
        applied = {key for key in loader.applied_migrations or () if key[0] in OURS}
        name = connection.settings_dict["NAME"]
        if any(step.startswith("0001_") for _app, step in applied - known):
            raise CannotCarryOn(
                f"The database {name!r} was made by a Tandem from before its first release. {START_ANEW}"
            )
        if newer := sorted(applied - known):
            last = ".".join(newer[-1])
            raise CannotCarryOn(
                f"The database {name!r} has been at a newer Tandem: it has {last}, which this one doesn't know."
                " Start that one again, or restore the backup that was made before it (make restore)."
            )
        super().handle(*arguments, **options)


def _grant(connection: BaseDatabaseWrapper) -> None:
    """Give the application's role its rights."""
    owner, role = connection.settings_dict["USER"], database_owner.application(os.environ, settings.DATA_DIR)
    connection.ensure_connection()
    try:
        database_privileges.grant(connection.connection, role)
    except psycopg.Error as problem:
        raise CannotGrant(
            f"{owner} could not give {role} its rights in the database {connection.settings_dict['NAME']!r}: {problem}"
            f" {database_owner.VARIABLE} must name the role that owns the tables (docs/operate.md, Two roles)."
        ) from None
