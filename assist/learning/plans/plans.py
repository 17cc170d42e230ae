"""Arranging when a recipe learns anew by itself. With rounds.py the only writer of TrainingPlan."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.db.models.functions import Now

from assist.learning import training
from assist.learning.plans import rounds
from assist.learning.reasons import REASONS
from assist.models import PlanRound, RoundStep, TrainingPlan
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project, limits
from taskers.errors import StateConflict
from taskers.models import Person

ARRANGED, OFF = "training_plan_arranged", "training_plan_off"
USUAL: dict[str, Any] = {
    "every_days": None,
    "new_verdicts": None,
    "on_lost_slice": False,
    "minutes": 60,
    "trials": None,
    "search_minutes": 60,
    "when_passed": TrainingPlan.Passed.ASK,
    "most_failures": 3,
}
FRESH = {"failures": 0, "reason": "", "verdicts_upto": 0, "scores_seen": ""}
STARTS = ("every_days", "new_verdicts", "on_lost_slice")
MAY_BE_EMPTY = ("every_days", "new_verdicts", "trials")
NEWEST = 20  # rounds of a plan that are shown


@transaction.atomic
def arrange(project: Project, recipe: str, *, by: Person, **terms: Any) -> TrainingPlan:
    """Let a recipe learn anew by itself, in this person's name; a round that is under way ends. What is left out of
    `terms`, by the names of USUAL, is as usual; with `trials` it searches for better settings first.

    Raises Refused for a recipe that these tasks have no use for, a term beyond its limits, and nothing to begin by.
    """
    said = USUAL | terms
    if recipe not in training.recipes_for(project):
        raise Refused("There is no such recipe for these tasks.", code="unknown-recipe", place="recipe")
    for name, limit in limits.PLAN.items():
        if said[name] is not None or name not in MAY_BE_EMPTY:
            limits.check(name, said[name], limit, "bad-plan")
    if not any(said[name] for name in STARTS):
        raise Refused("Say what it begins by: days, new verdicts, or a kind of task that got worse.", code="bad-plan")
    if said["when_passed"] not in TrainingPlan.Passed.values:
        raise Refused("It waits for a person, or its rollout begins.", code="bad-plan", place="when_passed")
    fresh = FRESH | {"state": TrainingPlan.State.ON, "turned_on_at": Now(), "arranged_by": by}
    made, _new = TrainingPlan.objects.update_or_create(project=project, recipe=recipe, defaults=said | fresh)
    rounds.end_open(made, REASONS["plan-changed"])  # the plan is locked by now, as rounds.move does it
    tell(ARRANGED, project, by, recipe=recipe, **{name: said[name] for name in USUAL})
    made.refresh_from_db()
    return made


@transaction.atomic
def turn_off(plan: TrainingPlan, *, by: Person) -> None:
    """It begins nothing more, and what it has under way ends. Raises StateConflict where it is off already."""
    on = TrainingPlan.objects.filter(pk=plan.pk).exclude(state=TrainingPlan.State.OFF)
    if not on.update(state=TrainingPlan.State.OFF, failures=0, reason=""):
        raise StateConflict("This is off already.")
    rounds.end_open(plan, REASONS["plan-off"])
    tell(OFF, plan.project, by, recipe=plan.recipe)


def of(project: Project) -> Sequence[TrainingPlan]:
    """A project's plans by their recipes, each with its newest rounds, the newest first, and their steps."""
    steps = Prefetch("steps", RoundStep.objects.order_by("number"))
    newest = PlanRound.objects.select_related("search", "run", "evaluation", "rollout", "snapshot").prefetch_related(
        steps
    )
    rows = TrainingPlan.objects.filter(project=project).select_related("arranged_by", "project")
    return list(rows.prefetch_related(Prefetch("rounds", newest.order_by("-pk")[:NEWEST], "newest")).order_by("recipe"))  # type: ignore[no-redef]


def one(project: Project, recipe: str) -> TrainingPlan | None:
    """The plan of one recipe."""
    return next((plan for plan in of(project) if plan.recipe == recipe), None)
