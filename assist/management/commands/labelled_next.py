"""manage.py labelled_next show|arrange|off PROJECT: whether a model chooses in part what is handed out first."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist.learning.selection import selections
from assist.management.named import person_of, project_of
from taskers.errors import Problem


class Command(BaseCommand):
    """One wire for three verbs."""

    help = "Show what a model chose to be labelled next, let it choose in somebody's name, or let none."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("show", help="the terms, and the newest rounds")
        arrange = verbs.add_parser("arrange", help="let a model choose")
        off = verbs.add_parser("off", help="let none choose; what was put first stays so")
        for one in (shown, arrange, off):
            one.add_argument("project", type=UUID, help="the project's id")
        for one in (arrange, off):
            one.add_argument("--by", required=True, metavar="EMAIL", help="who looks after models there")
        arrange.add_argument("--share", type=float, help="of the tasks that are looked at, put first")
        arrange.add_argument("--random-share", type=float, help="of these tasks, put first by lot")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        try:
            if options["verb"] == "arrange":
                terms = {name: options[name] for name in selections.USUAL if options[name] is not None}
                selections.arrange(project, by=person_of(project, options["by"]), **terms)
            elif options["verb"] == "off":
                selections.turn_off(project, by=person_of(project, options["by"]))
        except Problem as problem:
            raise CommandError(problem.text) from None
        found = selections.of(project)
        if found is None:
            self.stdout.write("No model ever chose here.")
            return
        self.stdout.write(f"{found.state}: {found.share:.0%} put first, {found.random_share:.0%} of them by lot")
        for one in found.newest:
            told = f"{one.version}: {one.state} {one.reason}".rstrip()
            self.stdout.write(f"{one.begun_at:%Y-%m-%d %H:%M} {told}; {one.looked_at} looked at, {one.first} put first")
