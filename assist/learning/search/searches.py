"""A search: trials of one recipe on one snapshot, within a budget of minutes and trials. With trials.py the only writer
of Search and Trial."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from assist.learning import snapshots, training
from assist.learning.recipes import RECIPES
from assist.learning.recipes.recipe import Value
from assist.learning.search import trials
from assist.models import Search, Snapshot, TrainingRun, Trial
from assist.registry import resolution
from projects.errors import Refused
from projects.models import Project, limits
from taskers.errors import StateConflict
from taskers.models import Person

TRIALS, MINUTES = 20, 60  # unless it is said


@transaction.atomic
def begin(
    snapshot: Snapshot,
    key: str,
    *,
    by: Person,
    most: int = TRIALS,
    minutes: int = MINUTES,
    seed: int = 0,
    at_once: int = 1,
) -> Search:
    """Search for settings with which a recipe does better on the validation split; workers do it.

    The first trial has today's settings. Raises StateConflict where the snapshot can't be learnt from or one is under
    way, Refused for what lies beyond the limits.
    """
    project = snapshot.project
    if snapshot.state != Snapshot.State.READY:
        raise StateConflict("This snapshot is not ready.")
    snapshots.check_whole(snapshot)
    if key not in training.recipes_for(project):
        raise Refused("There is no such recipe for these tasks.", code="unknown-recipe", place="recipe")
    limits.check("trials", most, limits.TRIALS, "out-of-range")
    limits.check("minutes", minutes, limits.SEARCH_MINUTES, "out-of-range")
    limits.check("at_once", at_once, limits.AT_ONCE, "out-of-range")
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if Search.objects.filter(project=project, state=Search.State.RUNNING).exists():
        raise StateConflict("Settings are being searched for this project already.")
    made = Search.objects.create(
        project=project,
        snapshot=snapshot,
        recipe=key,
        seed=seed,
        trials_wanted=most,
        minutes=minutes,
        at_once=at_once,
        asked_by=by,
    )
    trials.first(made, todays(project, key))
    return made


def todays(project: Project, key: str) -> dict[str, Value]:
    """The settings of what answers in the project now, where this recipe made it; else the recipe's usual ones."""
    answering = [one.version for one in resolution.everything(project)]
    made = TrainingRun.objects.filter(recipe=key, version__in=answering).order_by("-pk").first()
    known = RECIPES[key].parameters
    own = {name: value for name, value in made.parameters.items() if name in known} if made else {}
    return training.checked(RECIPES[key], own)


@transaction.atomic
def stop(search: Search) -> None:
    """End a search; what is being tried ends in a moment. Raises StateConflict where it is over."""
    trials.locked(search.pk)
    running = Search.objects.filter(pk=search.pk, state=Search.State.RUNNING)
    if not running.update(state=Search.State.STOPPED, ended_at=Now()):
        raise StateConflict("This search is over.")
    trials.drop_waiting(search)


def winner(search: Search) -> Trial | None:
    """The trial that did best on the validation split, the earliest of those that did equally well."""
    done = search.trials.filter(state=Trial.State.DONE)
    return done.order_by("-value", "number").first()


def train_winner(search: Search, *, by: Person) -> TrainingRun:
    """Train a model with the settings that did best, as the trial was. Raises StateConflict where there are none."""
    best = winner(search)
    if best is None:
        raise StateConflict("No trial of this search came to its end.")
    return training.begin(search.snapshot, search.recipe, by=by, parameters=best.parameters, seed=search.seed)


def of(project: Project) -> QuerySet[Search]:
    """A project's searches, the newest first."""
    return Search.objects.filter(project=project).select_related("snapshot__project", "asked_by").order_by("-pk")


def trials_of(search: Search) -> Sequence[Trial]:
    """They in their order."""
    return list(search.trials.order_by("number"))
