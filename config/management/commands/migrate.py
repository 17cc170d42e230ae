"""Django's `migrate`, which first looks whether a database is one that this release can carry on from."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from config.migration_state import Executor

OURS = ("taskers", "projects", "assist")
START_ANEW = (
    "Its tables have other names. The Tandem that made it still opens it, and exports its verdicts. Start this one on"
    " an empty data folder or database: set TANDEM_DATA or DATABASE_URL, or move the old folder away."
)
migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # Django's command takes none from outside


class CannotCarryOn(CommandError):
    """This database can't be brought up to date by this release; the text says why, and what to do."""


class Command(migrate.Command):
    """As Django's; refuses a database made before the first release, and one that a newer release has been at."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Migrate. Raises CannotCarryOn before anything is changed."""
        connection = connections[options["database"]]
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
