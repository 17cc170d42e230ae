"""manage.py export_project PROJECT FORMAT: write the decided tasks of a project to a file or to stdout."""

import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.data import exporting
from projects.models import Batch, Project
from taskers.audit import origin, trail
from taskers.errors import Problem


class Command(BaseCommand):
    """Writes next to the file it is for and renames at the end: a file under its own name is whole."""

    help = "Write the decided tasks of a project to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", type=UUID, help="the project's id")
        parser.add_argument("format", choices=list(exporting.FORMATS))
        parser.add_argument("--output", type=Path, help="default: a file named after the project; - is stdout")
        parser.add_argument("--batch", default="", help="only the batch of this name")
        parser.add_argument("--undecided", action="store_true", help="also answers that nothing was decided from yet")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(public_id=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']}.")
        batch = None
        if options["batch"]:
            batch = Batch.objects.filter(project=project, name=options["batch"]).first()
            if batch is None:
                raise CommandError(f"The project has no batch named {options['batch']!r}.")
        with origin.coming_from(origin.Origin(agent="manage.py export_project")):
            subject = f"project:{project.public_id}"
            trail.record(trail.Kind.EXPORTED, organization=project.organization_id, subject=subject)
        try:
            pieces = exporting.export(project, options["format"], batch=batch, undecided=options["undecided"])
            path = options["output"] or Path(exporting.file_name(project, options["format"], batch=batch))
            if str(path) == "-":
                sys.stdout.buffer.writelines(pieces)
                return
            part = path.with_name(path.name + ".part")
            try:
                with part.open("wb") as file:
                    file.writelines(pieces)
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"{error.filename} can't be written: {error.strerror}.") from None
        except Problem as problem:
            raise CommandError(problem.text) from None
        self.stdout.write(f"Wrote {path} ({path.stat().st_size} bytes).")
