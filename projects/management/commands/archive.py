"""manage.py archive BATCH | --closed-before DAYS: move batches that are over into files; --restore brings one back."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.data import archive
from projects.data.archive import cleanup
from projects.models import Archive, Batch
from taskers.errors import Problem


class Command(BaseCommand):
    """Says what it did; may be killed and run again."""

    help = "Move closed and cancelled batches out of the live tables into Parquet files, from where they still export."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("batch", nargs="?", type=UUID, help="the batch's id")
        which.add_argument("--closed-before", type=int, metavar="DAYS", help="all that were over so many days ago")
        parser.add_argument("--restore", action="store_true", help="bring the batch back instead")
        parser.add_argument("--check", action="store_true", help="read the batch's files again instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["closed_before"] is not None:
            told = cleanup.archive_old(days=options["closed_before"])
            waiting = f"; {told['waiting']} can't be archived yet (see the log)" if told["waiting"] else ""
            self.stdout.write(f"Archived {told['archived']} batches{waiting}.")
            return
        batch = Batch.objects.select_related("project__organization").filter(public_id=options["batch"]).first()
        if batch is None:
            raise CommandError(f"There is no batch {options['batch']}.")
        try:
            self._one(batch, options)
        except Problem as problem:
            raise CommandError(problem.text) from None

    def _one(self, batch: Batch, options: dict[str, Any]) -> None:
        if options["restore"]:
            archive.bring_back(batch, by=None, told=self._progress)
            self.stdout.write(f"“{batch.name}” is back in the live tables.")
        elif options["check"]:
            found = Archive.objects.filter(batch=batch).first()
            wrong = archive.check(found) if found else ["This batch isn't archived."]
            if wrong:
                raise CommandError("\n".join(wrong))
            self.stdout.write(f"Every file of “{batch.name}” is whole.")
        else:
            found = archive.archive(batch, by=None, told=self._progress)
            kept = f"; {found.kept} gold tasks stay" if found.kept else ""
            self.stdout.write(f"“{batch.name}” is archived in {found.parts.count()} files{kept}: {found.manifest}")

    def _progress(self, tasks: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"{tasks} tasks")
