"""Arranging that a model chooses what is labelled next. With rounds.py the only writer of Selection."""

from django.db import transaction
from django.db.models import Prefetch
from django.db.models.functions import Now

from assist.learning.selection import rounds, uncertainty
from assist.models import Selection, SelectionRound
from projects.configuration.project_events import tell
from projects.models import Project, limits
from taskers.errors import StateConflict
from taskers.models import Person

ARRANGED, OFF = "selection_arranged", "selection_off"
USUAL = {"share": 0.1, "random_share": 0.4}
NEWEST = 20  # rounds that are shown


@transaction.atomic
def arrange(project: Project, *, by: Person, **terms: float) -> Selection:
    """Let a model choose, in this person's name; what is left out of `terms`, by the names of USUAL, is as usual.

    Raises Refused for a term beyond its limits.
    """
    said = USUAL | terms
    for name, limit in limits.SELECTION.items():
        limits.check(name, said[name], limit, "bad-selection")
    fresh = {"state": Selection.State.ON, "arranged_at": Now(), "arranged_by": by}
    made, _new = Selection.objects.update_or_create(project=project, defaults=said | fresh)
    tell(ARRANGED, project, by, **said)
    made.refresh_from_db()
    return made


@transaction.atomic
def turn_off(project: Project, *, by: Person) -> None:
    """Nothing more is chosen; what was put first stays so. Raises StateConflict where it is off already."""
    on = Selection.objects.filter(project=project, state=Selection.State.ON)
    if not on.update(state=Selection.State.OFF):
        raise StateConflict("This is off already.")
    rounds.stop(Selection.objects.get(project=project))
    tell(OFF, project, by)


def without_model(project: Project, found: Selection) -> bool:
    """Whether it is on, and nothing will be chosen: no model here says how sure it is of the tasks that are open."""
    sample = rounds.sample(project) if found.state == Selection.State.ON else None
    return sample is not None and uncertainty.nobody(project, sample)


def of(project: Project) -> Selection | None:
    """What was arranged, with its newest rounds in `newest`, the newest first; None where nothing ever was."""
    newest = SelectionRound.objects.select_related("version").order_by("-pk")[:NEWEST]
    rows = Selection.objects.filter(project=project).select_related("arranged_by")
    return rows.prefetch_related(Prefetch("rounds", newest, "newest")).first()  # type: ignore[no-redef]
