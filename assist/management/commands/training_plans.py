"""manage.py training_plans list|arrange|off PROJECT: what trains by itself in a project."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist.learning.plans import plans
from assist.management.named import person_of, project_of
from assist.models import TrainingPlan
from projects.models import Project
from taskers.errors import Problem


class Command(BaseCommand):
    """One wire for three verbs."""

    help = "List what trains by itself in a project, arrange it in somebody's name, or turn it off."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("list", help="the plans, and how each went the last time")
        arrange = verbs.add_parser("arrange", help="let a recipe train by itself")
        off = verbs.add_parser("off", help="let it begin nothing more")
        for one in (shown, arrange, off):
            one.add_argument("project", type=UUID, help="the project's id")
        for one in (arrange, off):
            one.add_argument("recipe")
            one.add_argument("--by", required=True, metavar="EMAIL", help="who looks after models there")
        arrange.add_argument("--every-days", type=int)
        arrange.add_argument("--new-verdicts", type=int, help="found without a model's help")
        arrange.add_argument("--on-lost-slice", action="store_true")
        arrange.add_argument("--minutes", type=int, default=plans.USUAL["minutes"], help="of training")
        arrange.add_argument("--trials", type=int, help="of a search for better settings before it")
        arrange.add_argument(
            "--search-minutes", type=int, default=plans.USUAL["search_minutes"], help="of these trials"
        )
        arrange.add_argument("--when-passed", choices=TrainingPlan.Passed.values, default=TrainingPlan.Passed.ASK)
        arrange.add_argument("--most-failures", type=int, default=plans.USUAL["most_failures"])

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        try:
            if options["verb"] == "arrange":
                terms = {name: options[name] for name in plans.USUAL}
                plans.arrange(project, options["recipe"], by=person_of(project, options["by"]), **terms)
            elif options["verb"] == "off":
                plans.turn_off(_plan(project, options["recipe"]), by=person_of(project, options["by"]))
        except Problem as problem:
            raise CommandError(problem.text) from None
        for one in plans.of(project):
            last = next(iter(one.newest), None)
            told = f"; {last.begun_at:%Y-%m-%d %H:%M}: {last.state} {last.reason}".rstrip() if last else ""
            self.stdout.write(f"{one.recipe}: {one.state} {one.reason}".rstrip() + told)


def _plan(project: Project, recipe: str) -> TrainingPlan:
    found = plans.one(project, recipe)
    if found is None:
        raise CommandError(f"There is no plan for {recipe}.")
    return found
