"""manage.py erasures list|begin PROJECT: what no model learns from any more."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist.learning import erased_selection, erasure
from assist.learning.erased_selection import Selected
from assist.management.named import person_of, project_of
from projects import access
from projects.models import Project
from taskers.errors import Problem


class Command(BaseCommand):
    """One wire for two verbs."""

    help = "List what was erased from training, or erase tasks: named, or all that have something in common."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listed = verbs.add_parser("list", help="the newest, and what they emptied")
        begin = verbs.add_parser("begin", help="a worker sees to it")
        for one in (listed, begin):
            one.add_argument("project", type=UUID, help="the project's id")
        begin.add_argument("--by", required=True, metavar="EMAIL", help="a manager there")
        begin.add_argument("--reason", required=True)
        which = begin.add_mutually_exclusive_group(required=True)
        which.add_argument("--task", type=UUID, nargs="+", metavar="ID")
        which.add_argument("--tasks-in", type=Path, metavar="FILE", help="their ids, one a line")
        which.add_argument("--person", metavar="EMAIL", help="all that somebody answered")
        which.add_argument("--metadata", nargs=2, metavar=("KEY", "VALUE"), help="all that came with it")
        which.add_argument("--image", metavar="SHA256", help="all that shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        try:
            if options["verb"] == "begin":
                by = person_of(project, options["by"], access.MANAGE)
                erasure.begin_with(project, _selected(project, options), reason=options["reason"], by=by)
        except Problem as problem:
            raise CommandError(problem.text) from None
        for one in erasure.of(project):
            told = f"{one.tasks.count()} tasks ({one.of}), {len(one.tombstones.all())} snapshots emptied: {one.reason}"
            self.stdout.write(f"{one.asked_at:%Y-%m-%d %H:%M} {one.state}: {told}")


def _selected(project: Project, options: dict[str, Any]) -> Selected:
    if options["person"]:
        return erased_selection.of_person(project, options["person"])
    if options["metadata"]:
        return erased_selection.with_metadata(project, *options["metadata"])
    if options["image"]:
        return erased_selection.showing(project, options["image"])
    try:
        named = options["task"] or [UUID(one) for one in options["tasks_in"].read_text().split()]
    except (OSError, ValueError) as problem:
        raise CommandError(str(problem)) from None
    return erased_selection.named(named)
