"""Slices that somebody declared, since an evaluation proposed them. The only writer of DeclaredSlice.

From then on the gate asks for them like for any other, on what is decided from then on: the tasks that discovered a
slice can't say whether it is one.
"""

from collections.abc import Callable, Sequence

from django.db import IntegrityError, transaction

from assist.learning import likeness_traits, traits
from assist.learning.blind_verdicts import Decided
from assist.models import DeclaredSlice, Evaluation
from projects.configuration.project_events import tell
from projects.models import Project
from taskers.errors import NotFound, StateConflict
from taskers.models import Person


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


def of(project: Project) -> Sequence[DeclaredSlice]:
    """A project's declared slices, the oldest first."""
    return list(DeclaredSlice.objects.filter(project=project).order_by("pk"))
