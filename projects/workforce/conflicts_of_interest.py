"""Keeping two people apart: they judge no task both. Each change is told in the outbox."""

from contextlib import suppress

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from projects import queue
from projects.errors import Refused
from projects.models import Assignment, ConflictOfInterest, limits
from taskers import access
from taskers.errors import StateConflict
from taskers.models import Organization, Person
from taskers.models.people import Role
from taskers.outbox.events import emit


def keep_apart(
    organization: Organization, one: Person, other: Person, *, relation: str, by: Person, note: str = ""
) -> ConflictOfInterest:
    """From now on these two judge no task both; of what both hold at this moment, one piece of each task is taken back.

    Raises Refused for one person twice or somebody from outside, and StateConflict for a pair that is kept apart.
    """
    made = _pair(organization, one, other, relation=relation, by=by, note=note)
    _take_back(made, by=by)
    return made


@transaction.atomic
def _pair(
    organization: Organization, one: Person, other: Person, *, relation: str, by: Person, note: str
) -> ConflictOfInterest:
    first, second = sorted((one, other), key=lambda person: person.pk)
    _check(organization, first, second, relation)
    # What they took before this is seen by `take_from_second`; a claim that missed the pair can't take any more.
    queue.choose_anew([first, second])
    made, new = ConflictOfInterest.objects.get_or_create(
        organization=organization,
        first=first,
        second=second,
        lifted_at=None,
        defaults={"relation": relation, "note": note.strip()[: limits.PAIR_NOTE], "made_by": by},
    )
    if not new:
        raise StateConflict(
            "%(first)s and %(second)s have a conflict of interest already.",
            code="conflict-exists",
            first=first,
            second=second,
        )
    _tell("kept_apart", made, by, relation=relation)
    return made


@transaction.atomic
def bring_together(pair: ConflictOfInterest, *, by: Person | None) -> None:
    """Let two people judge the same tasks again. Raises StateConflict when they may already."""
    if not ConflictOfInterest.objects.filter(pk=pair.pk, lifted_at=None).update(lifted_at=Now()):
        raise StateConflict("These two have no conflict of interest any more.")
    _tell("brought_together", pair, by)


def pairs_of(organization: Organization) -> QuerySet[ConflictOfInterest]:
    """Who is kept apart, newest first."""
    rows = ConflictOfInterest.objects.filter(organization=organization, lifted_at=None)
    return rows.select_related("first", "second", "made_by").order_by("-pk")


def _take_back(pair: ConflictOfInterest, *, by: Person) -> None:
    """Take back what one of a new pair holds of tasks that the other holds or has judged.

    Each is a transaction of its own; what is handed in at this very moment stays, since work handed in is never lost.
    """
    for held in _both(pair).filter(state="held").select_related("task__project").order_by("pk"):
        if not _both(pair).filter(pk=held.pk).exists():
            continue  # the other one's piece was taken a moment ago
        with suppress(StateConflict):
            queue.force_release(held, by=by)


def _both(pair: ConflictOfInterest) -> QuerySet[Assignment]:
    """The judgements of either on tasks of the organization that both hold, may hand in late or have judged."""
    live = Q(kind="judge", state__in=["held", "submitted", "expired"])
    of = Assignment.objects.filter(live, batch__project__organization=pair.organization_id)
    firsts, seconds = of.filter(tasker=pair.first_id), of.filter(tasker=pair.second_id)
    return of.filter(
        Q(tasker=pair.first_id, task__in=seconds.values("task"))
        | Q(tasker=pair.second_id, task__in=firsts.values("task"))
    )


def _check(organization: Organization, first: Person, second: Person, relation: str) -> None:
    if first.pk == second.pk:
        raise Refused("Choose two people.", code="same-person", place="other")
    if relation not in ConflictOfInterest.Relation.values:
        raise Refused(
            "Choose one of %(choices)s.",
            code="bad-relation",
            place="relation",
            choices=", ".join(ConflictOfInterest.Relation.values),
        )
    for person in (first, second):
        if not access.may(person, organization, *Role.values):
            raise Refused(
                "%(person)s isn't in %(organization)s.",
                code="not-a-member",
                place="other",
                person=person,
                organization=organization,
            )


def _tell(kind: str, pair: ConflictOfInterest, by: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=pair.organization_id,
        actor_id=by.pk if by else None,
        project_key=None,
        subject=f"person:{pair.first.public_id}",
        other=str(pair.second.public_id),
        **data,
    )
