"""What a processor couldn't pay, or what came back: one person says so, a second one confirms, and it is owed again.

The only writer of PayoutReturn. While one is asked about, its money stays where it is, and settling leaves it out. The
next run asks for it by a new key: the processor is done with the old one.
"""

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from taskers.errors import Problem, StateConflict
from taskers.models import Payout, PayoutItem, PayoutReturn, Person, limits
from taskers.money import items
from taskers.money.independence import check_second
from taskers.outbox.events import emit

OPEN = (PayoutReturn.State.ASKED, PayoutReturn.State.CONFIRMED)


class BadReturn(Problem):
    """This can't be taken as it is."""

    code = "bad-return"
    status = 422


@transaction.atomic
def ask(item: PayoutItem, person: Person, *, reason: str) -> PayoutReturn:
    """Say that the processor didn't pay it, or that it came back. Nothing moves yet.

    Raises BadReturn without a reason, StateConflict for a run that wasn't with the processor, or where it was asked.
    """
    reason = reason.strip()
    if not reason:
        raise BadReturn("Say what the processor says.", place="reason")
    payout = _locked(item)
    if payout.exported_at is None or payout.state not in {Payout.State.APPROVED, Payout.State.SETTLED}:
        raise StateConflict("This run wasn't with the processor.")
    try:
        with transaction.atomic():
            made = PayoutReturn.objects.create(item=item, asked_by=person, reason=reason[: limits.RETURN_REASON])
    except IntegrityError:
        raise StateConflict("This was returned already.") from None
    _tell("payout_return_asked", payout, person)
    return made


@transaction.atomic
def confirm(asked: PayoutReturn, person: Person) -> PayoutReturn:
    """A second person has seen that it wasn't paid: it is owed again. Raises StateConflict, or what `check_second`
    does."""
    payout = _locked(asked.item)
    check_second(payout, asked.asked_by, person)
    _change(asked, state="confirmed", ended_by=person, ended_at=Now())
    items.give_back(payout, asked.item)
    _tell("payout_returned", payout, person)
    return asked


@transaction.atomic
def refuse(asked: PayoutReturn, person: Person) -> PayoutReturn:
    """It was paid after all. Raises StateConflict."""
    payout = _locked(asked.item)
    _change(asked, state="refused", ended_by=person, ended_at=Now())
    if payout.state == Payout.State.SETTLED:
        items.move(payout, asked.item, "settle")
    _tell("payout_return_refused", payout, person)
    return asked


def drop_asked(payout: Payout, person: Person) -> None:
    """A run is called off: nobody needs to confirm any more. The caller holds the run's lock."""
    asked = PayoutReturn.objects.filter(item__payout=payout, state="asked")
    asked.update(state="refused", ended_by=person, ended_at=Now())


def standing(payout: Payout) -> QuerySet[PayoutItem]:
    """The items of a run that are neither returned nor asked about, in order."""
    rows = payout.items.exclude(returns__state__in=OPEN)
    return rows.select_related("tasker").order_by("pk")


def with_failed(runs: QuerySet[Payout]) -> QuerySet[Payout]:
    """Runs, each with `failed`: how many of its payments the processor didn't make, or that came back."""
    failed = PayoutReturn.objects.filter(item__payout=OuterRef("pk"), state__in=OPEN).order_by()
    counted = failed.values("item__payout").annotate(number=Count("pk")).values("number")
    return runs.annotate(failed=Coalesce(Subquery(counted), 0))


def _locked(item: PayoutItem) -> Payout:
    return (
        Payout.objects.select_related("organization")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=item.payout_id)
    )


def _change(asked: PayoutReturn, **after: object) -> None:
    changed = PayoutReturn.objects.filter(pk=asked.pk, state="asked").update(**after)
    asked.refresh_from_db()
    if not changed:
        raise StateConflict("This was answered already.")


def _tell(kind: str, payout: Payout, actor: Person) -> None:
    emit(kind, organization_id=payout.organization_id, actor_id=actor.pk, subject=f"payout:{payout.public_id}")
