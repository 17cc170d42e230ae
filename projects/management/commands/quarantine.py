"""manage.py quarantine: uploaded files that killed their workers, and what becomes of them."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.data import importing
from projects.data.importing import quarantine
from projects.models import Import
from taskers.errors import Problem
from taskers.web.requests import NO_KEY


class Command(BaseCommand):
    """Lists the files in quarantine, releases one, or throws it away."""

    help = "Uploaded files that killed three workers: list them, release one, or delete it."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="the imports whose files are in quarantine")
        for verb, what in {"release": "let it be loaded again", "delete": "drop the import with its file"}.items():
            verbs.add_parser(verb, help=what).add_argument("import_id", type=UUID, help="as `list` shows it")

    def handle(self, *args: Any, verb: str, import_id: UUID = NO_KEY, **options: Any) -> None:
        if verb == "list":
            for file_import in quarantine.files():
                place = file_import.file.path
                self.stdout.write(f"{file_import.public_id}  {place}  {file_import.name}: {file_import.reason}")
            return
        chosen = quarantine.files().filter(public_id=import_id).first()
        if chosen is None:
            raise CommandError(f"No file of an import {import_id} is in quarantine.")
        try:
            self._act(verb, chosen)
        except Problem as problem:
            raise CommandError(problem.text) from None

    def _act(self, verb: str, file_import: Import) -> None:
        if verb == "release":
            quarantine.release(file_import.pk)
            self.stdout.write(f"{file_import.name} is released: “Go on loading” on the import's page loads it.")
        else:
            importing.drop(file_import, by=None)
            self.stdout.write(f"{file_import.name} is deleted, and its import dropped.")
