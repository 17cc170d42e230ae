"""Slices that somebody declared, since an evaluation proposed them. The only writer of DeclaredSlice.

From then on the gate asks for them like for any other, on what is decided from then on: the tasks that discovered a
slice can't say whether it is one. One that is withdrawn gates nothing from then on, and stays known with who and why.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from assist.learning import likeness_traits, traits
from assist.learning.blind_verdicts import Decided
from assist.models import DeclaredSlice, Evaluation
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project, limits
from taskers.errors import NotFound, StateConflict
from taskers.models import Person

SHOWN = 100


@transaction.atomic
def declare(evaluation: Evaluation, number: int, *, by: Person) -> DeclaredSlice:
    """Have the gate ask for the slice that an evaluation proposed at this place, from 0. Raises NotFound, and
    StateConflict where it does already."""
    if not 0 <= number < len(evaluation.proposed):
        raise NotFound("This evaluation proposes no such kind of task.")
    found = evaluation.proposed[number]["traits"]
    name = traits.name_of(found)
    terms = {"traits": found, "evaluation": evaluation, "since": evaluation.ended_at, "declared_by": by}
    try:
        with transaction.atomic():
            made = DeclaredSlice.objects.create(project=evaluation.project, name=name, **terms)
    except IntegrityError:
        raise StateConflict("Evaluations ask for this kind of task already.") from None
    tell("slice_declared", evaluation.project, by, slice=name, evaluation=str(evaluation.public_id))
    return made


def lookup(project: Project) -> Callable[[Decided], Sequence[str]]:
    """Of a decided task in which of the project's declared slices it is, of those that it may judge."""
    rows = [(one.name, {(feature, value) for feature, value in one.traits}, one.since) for one in of(project)]
    like = likeness_traits.of(project, {value for _, own, _ in rows for name, value in own if name == traits.LIKE})

    def names(one: Decided) -> Sequence[str]:
        own = traits.of(one, project.task_type) | like(one.task) if rows else frozenset()
        return [name for name, wanted, since in rows if wanted <= own and one.entry.verdict.at > since]

    return names


def unread(project: Project) -> Sequence[str]:
    """The names of the project's declared slices of which nobody can tell any more which tasks are in them."""
    liked = {one.name: {value for name, value in one.traits if name == traits.LIKE} for one in of(project)}
    lost = likeness_traits.unread(project, set[str]().union(*liked.values()))
    return [name for name, values in liked.items() if values & lost]


@transaction.atomic
def withdraw(project: Project, public_id: UUID, *, because: str, by: Person) -> DeclaredSlice:
    """Have the gate ask for a slice no longer, from the next evaluation on. Raises Refused without a reason, NotFound,
    and StateConflict where it was withdrawn before."""
    if not because.strip():
        raise Refused("Say why it is withdrawn.", code="blank", place="reason")
    rows = DeclaredSlice.objects.filter(project=project, public_id=public_id)
    if not (found := rows.first()):
        raise NotFound("There is no such kind of task here.")
    told = {"withdrawn_by": by, "withdrawn_because": because.strip()[: limits.REASON], "withdrawn_at": Now()}
    if not rows.filter(withdrawn_at=None).update(**told):
        raise StateConflict("It was withdrawn already.")
    tell("slice_withdrawn", project, by, slice=found.name, reason=told["withdrawn_because"])
    found.refresh_from_db()
    found.lost = False
    return found


def of(project: Project) -> Sequence[DeclaredSlice]:
    """A project's declared slices that stand, the oldest first."""
    return list(DeclaredSlice.objects.filter(project=project, withdrawn_at=None).order_by("pk"))


def all_of(project: Project) -> Sequence[DeclaredSlice]:
    """All that were ever declared, those that stand first, of the others the newest; each with whether it is lost."""
    rows = DeclaredSlice.objects.filter(project=project).select_related("declared_by", "withdrawn_by")
    found = list(rows.order_by(F("withdrawn_at").desc(nulls_first=True), "pk")[:SHOWN])
    unread_ones = set(unread(project)) if found else set()
    for one in found:
        one.lost = one.withdrawn_at is None and one.name in unread_ones
    return found
