"""manage.py import_tasks PROJECT FILE: load a file into a batch of a project, and wait for it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from projects.data import importing
from projects.data.reading import recognise
from projects.models import Batch, Import, Project, limits
from projects.workflow import batches
from taskers.errors import Problem

CHOOSE = "Something must be chosen before it is loaded: see “Load data” on the project's pages."


class Command(BaseCommand):
    """Loads a file and tells its bad rows. Running it again changes nothing, so a killed one is run again."""

    help = "Load a file of tasks, in any format that is known here, into a project. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", type=UUID, help="the project's id")
        parser.add_argument("file", type=Path)
        parser.add_argument("--batch", default="", help="the batch's name, new or not; default: the file's name")
        parser.add_argument(
            "--format",
            default="",
            choices=["", *importing.FORMATS, *recognise.FORMERLY],
            help="default: by what is in it",
        )
        parser.add_argument("--draft", action="store_true", help="leave a new batch as a draft instead of live")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(public_id=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']}.")
        path: Path = options["file"]
        try:
            with path.open("rb") as file, transaction.atomic():
                batch = _batch(project, options["batch"] or path.name)
                kept = importing.keep(batch, File(file), name=path.name, by=None, format=options["format"])
                if batch.state == Batch.State.DRAFT and not options["draft"]:
                    batches.move(batch, "live", by=None)  # before it is read: a worker goes on where this is killed
            done = importing.run(kept.pk, told=self._tell)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from None
        except Problem as problem:
            raise CommandError(problem.text) from None
        self._report(done)

    def _tell(self, progress: Import) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{progress.position} rows read", ending="")

    def _report(self, done: Import) -> None:
        if done.position and self.stdout.isatty():
            self.stdout.write("")
        for error in done.errors:
            self.stderr.write(f"{error['place']}: {error['text']} [{error['code']}]")
        if done.refused > len(done.errors):
            self.stderr.write(f"... and {done.refused - len(done.errors)} more.")
        self.stdout.write(f"{done.loaded} loaded, {done.known} known already, {done.refused} refused.")
        if done.state == Import.State.PLANNED:
            raise CommandError(f"{(done.plan or {}).get('problem') or ''} {CHOOSE}".strip())
        if done.state != Import.State.DONE:
            raise CommandError(done.why or "Another process is loading this file.")


def _batch(project: Project, name: str) -> Batch:
    """The batch of this name, made if there is none."""
    name = name.strip()[: limits.NAME]
    return Batch.objects.filter(project=project, name=name).first() or batches.create(project, name, by=None)
