"""Paying what is owed, once: proposed by one person, approved by another, settled when the processor has paid.

The only writer of Payout.state. Money moves in the same transaction as the state.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models.functions import Now

from taskers import ledger
from taskers.errors import Problem, StateConflict
from taskers.models import Account, Organization, Payout, PayoutItem, Person
from taskers.outbox import emit

MILLIONTHS_PER_CENT = ledger.MILLIONTHS // 100


class NothingOwed(Problem):
    """Nobody is owed a whole cent that isn't in a payout already."""

    code = "nothing-owed"
    status = 409


class SamePerson(Problem):
    """The person who made a payout can't approve it; ask somebody else of finance."""

    code = "same-person"
    status = 403


@transaction.atomic
def propose(organization: Organization, made_by: Person) -> Payout:
    """Make a run of everything owed, in whole cents; fractions stay owed. Raises NothingOwed.

    Two runs made at once follow each other: the accounts are locked in the order of their keys, so the second finds
    only what the first left.
    """
    accounts = list(
        Account.objects.select_for_update(of=("self",), no_key=True)
        .filter(organization=organization, kind=Account.Kind.OWED, currency=organization.currency)
        .select_related("tasker")
        .order_by("pk")
    )
    by_key = ledger.balances(accounts)
    due = [(one, by_key[one.pk] // MILLIONTHS_PER_CENT) for one in accounts]
    due = [(one, cents) for one, cents in due if cents > 0]
    if not due:
        raise NothingOwed()
    payout = Payout.objects.create(organization=organization, currency=organization.currency, made_by=made_by)
    for owed, cents in due:
        assert owed.tasker is not None  # a constraint of the table
        PayoutItem.objects.create(payout=payout, tasker=owed.tasker, cents=cents)
        _move(payout, owed.tasker, cents, Account.Kind.OWED, Account.Kind.IN_PAYOUT, "reserve")
    _tell("payout_proposed", payout, made_by)
    return payout


@transaction.atomic
def approve(payout: Payout, person: Person) -> Payout:
    """A second person says yes. Raises SamePerson, or StateConflict if it isn't waiting for approval."""
    if payout.made_by_id == person.pk:
        raise SamePerson()
    _change(payout, ["proposed"], state="approved", approved_by=person, approved_at=Now())
    _tell("payout_approved", payout, person)
    return payout


@transaction.atomic
def settle(payout: Payout, person: Person, *, reference: str = "") -> Payout:
    """The processor has paid. Raises StateConflict unless it is approved."""
    _change(payout, ["approved"], state="settled", ended_by=person, ended_at=Now(), reference=reference[:120])
    for item in payout.items.select_related("tasker"):
        _move(payout, item.tasker, item.cents, Account.Kind.IN_PAYOUT, Account.Kind.PAID, "settle")
    _tell("payout_settled", payout, person)
    return payout


@transaction.atomic
def cancel(payout: Payout, person: Person) -> Payout:
    """Call a run off before it is settled: the money is owed again. Raises StateConflict."""
    _change(payout, ["proposed", "approved"], state="cancelled", ended_by=person, ended_at=Now())
    for item in payout.items.select_related("tasker"):
        _move(payout, item.tasker, item.cents, Account.Kind.IN_PAYOUT, Account.Kind.OWED, "cancel")
    _tell("payout_cancelled", payout, person)
    return payout


def processor_rows(payout: Payout) -> Iterator[list[str]]:
    """The table for the payment processor: a heading, then a row per tasker, with a key that makes repeats harmless.

    Raises StateConflict for a run that nobody approved: only what two people have seen is paid.
    """
    if payout.state not in {Payout.State.APPROVED, Payout.State.SETTLED}:
        raise StateConflict("Only an approved payout can be handed to the processor.")
    yield ["payment_key", "tasker", "name", "email", "amount", "currency"]
    for item in payout.items.select_related("tasker").order_by("pk"):
        tasker = item.tasker
        amount = f"{item.cents // 100}.{item.cents % 100:02d}"
        key = f"{payout.public_id}:{tasker.public_id}"
        yield [key, str(tasker.public_id), _plain(tasker.name), _plain(tasker.email), amount, payout.currency]


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in "=+-@\t\r" else text


def _change(payout: Payout, before: list[str], **after: object) -> None:
    if not Payout.objects.filter(pk=payout.pk, state__in=before).update(**after):
        payout.refresh_from_db()
        raise StateConflict("This payout is %(state)s; nothing was changed.", state=payout.get_state_display().lower())
    payout.refresh_from_db()


def _move(payout: Payout, tasker: Person, cents: int, source: str, target: str, step: str) -> None:
    ledger.post(
        key=f"payout:{payout.pk}:tasker:{tasker.pk}:{step}",
        source=ledger.account(payout.organization, source, tasker=tasker),
        target=ledger.account(payout.organization, target, tasker=tasker),
        amount=cents * MILLIONTHS_PER_CENT,
        reason=f"Payout {payout.public_id}",
        detail={"payout": str(payout.public_id)},
    )


def _tell(kind: str, payout: Payout, actor: Person) -> None:
    emit(kind, organization_id=payout.organization_id, actor_id=actor.pk, subject=f"payout:{payout.public_id}")
