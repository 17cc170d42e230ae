"""manage.py deciding_alone show|floors|evaluate|ask|confirm|decline PROJECT: which models may decide alone, and why."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist.annotators import work
from assist.learning import deciding, evaluation, gate, rollout
from assist.management.named import person_of, project_of
from assist.models import Evaluation, ModelVersion, Override
from assist.registry import registry
from projects import access
from projects.models import Project, limits
from taskers.errors import Problem

WAITING = {"purpose": Override.Purpose.DECIDE, "state": Override.State.WAITING}
VERBS = {
    "show": "what is asked, the annotators of this installation, and the newest evaluation of each",
    "floors": "set what is asked from the next evaluation on",
    "evaluate": "measure a version against what answers",
    "ask": "ask a second person to let an annotator decide",
    "confirm": "be that second person",
    "decline": "let it come to nothing",
}


class Command(BaseCommand):
    """One wire for six verbs; each shows what holds then."""

    help = "Show what is asked of a model that decides alone and which do, set it, evaluate one, or ask two people."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        made = {name: verbs.add_parser(name, help=text) for name, text in VERBS.items()}
        for name, one in made.items():
            one.add_argument("project", type=UUID, help="the project's id")
            if name not in ("show", "floors"):
                one.add_argument("version", metavar="NAME@VERSION")
            if name != "show":
                one.add_argument("--by", required=True, metavar="EMAIL", help="who does it")
        for name in limits.DECIDING:
            kind = int if name == "most_memory" else float
            made["floors"].add_argument(f"--{name.replace('_', '-')}", type=kind)
        made["evaluate"].add_argument("--margin", type=float, default=gate.MARGIN)
        made["evaluate"].add_argument("--refresh", default="", metavar="REASON", help="why being as good is enough")
        made["ask"].add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        try:
            if options["verb"] != "show":
                _do(project, options)
        except Problem as problem:
            raise CommandError(problem.text) from None
        floors = ", ".join(f"{name} {value:g}" for name, value in asdict(deciding.floors_of(project)).items())
        self.stdout.write(f"asked: {floors}")
        for one in work.of_project(project):
            rows = Evaluation.objects.filter(project=project, candidate=one.version, state=Evaluation.State.DONE)
            newest = rows.order_by("-pk").first()
            said = f"; evaluated {newest.ended_at:%Y-%m-%d %H:%M}: {newest.alone or newest.outcome}" if newest else ""
            self.stdout.write(f"{one.version}: {one.annotator.mode}{said}")
        for asked in Override.objects.filter(project=project, **WAITING).select_related("version", "asked_by"):
            self.stdout.write(f"{asked.version}: {asked.asked_by} asks that it decides: {asked.reason}")


def _do(project: Project, options: dict[str, Any]) -> None:
    if options["verb"] == "evaluate":
        told = {"margin": options["margin"], "refresh": options["refresh"]}
        evaluation.begin(project, _version(options), by=person_of(project, options["by"]), **told)
        return
    by = person_of(project, options["by"], access.MANAGE)
    match options["verb"]:
        case "floors":
            given = {name: options[name] for name in limits.DECIDING if options[name] is not None}
            deciding.set_floors(project, by=by, **given)
        case "ask":
            rollout.ask_to_decide(project, _version(options), reason=options["reason"], by=by)
        case "confirm":
            rollout.confirm_override(_asked(project, options), by=by)
        case "decline":
            rollout.decline_override(_asked(project, options), by=by)


def _version(options: dict[str, Any]) -> ModelVersion:
    return registry.model_version(options["version"])


def _asked(project: Project, options: dict[str, Any]) -> Override:
    rows = Override.objects.filter(project=project, version=_version(options), **WAITING)
    if not (found := rows.select_related("project__organization", "version", "asked_by").first()):
        raise CommandError(f"Nobody asks that {options['version']} decides.")
    return found
