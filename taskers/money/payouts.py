"""Paying what is owed, once: proposed by one person, approved by another, settled when the processor has paid.

The only writer of Payout.state. Money moves in the same transaction as the state.
"""

from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from taskers.errors import Problem, StateConflict, Word
from taskers.files.csv_cells import plain
from taskers.models import Organization, Payout, PayoutItem, PayoutReturn, PayTerms, Person, limits
from taskers.money import items, ledger, pay_terms, returns
from taskers.money.independence import check_second
from taskers.outbox.events import emit

MILLIONTHS_PER_CENT = items.MILLIONTHS_PER_CENT


class NothingOwed(Problem):
    """Nobody is owed a whole cent that isn't in a payout already."""

    code = "nothing-owed"
    status = 409


class NoReference(Problem):
    """Write down the processor's reference, so that the payment can be found again."""

    code = "no-reference"
    status = 422


def payable_cents(owed: ledger.Owed, terms: PayTerms) -> int:
    """What a run would pay somebody now: whole cents of what isn't held, nothing where that is below the minimum."""
    cents = owed.payable // MILLIONTHS_PER_CENT
    return cents if cents >= max(1, terms.minimum_cents) else 0


@transaction.atomic
def propose(organization: Organization, made_by: Person, *, people: Collection[int] | None = None) -> Payout:
    """Make a run of what is payable, in whole cents: of everybody's, or of these people's alone. Raises NothingOwed.

    What was earned within the hold period stays owed, and so do fractions of a cent and what is less than the minimum.

    Whoever was in a run that was called off after its table was taken away is asked for that debt again, by the same
    key; the rest of what they are owed waits for the run after it.

    Two runs made at once follow each other: the accounts are locked in the order of their keys, so the second finds
    only what the first left.
    """
    terms = pay_terms.of(organization)
    accounts = ledger.owed_accounts(organization).select_for_update(of=("self",), no_key=True)
    if people is not None:
        accounts = accounts.filter(tasker__in=people)
    owing = ledger.owing(accounts, terms.hold_days)
    due = [(one.tasker, cents) for one in owing if (cents := payable_cents(one, terms))]
    if not due:
        raise _nothing_payable(owing, terms, people)
    payout = Payout.objects.create(organization=organization, currency=organization.currency, made_by=made_by)
    asked = _asked_for_before(organization)
    for tasker, cents in due:
        before = asked.get(tasker.pk)
        key = before.key if before else f"{payout.public_id}:{tasker.public_id}"
        cents = min(cents, before.cents) if before else cents
        item = PayoutItem.objects.create(payout=payout, tasker=tasker, cents=cents, key=key)
        items.move(payout, item, "reserve")
    _tell("payout_proposed", payout, made_by)
    return payout


@transaction.atomic
def approve(payout: Payout, person: Person) -> Payout:
    """A second person says yes. Raises StateConflict if it isn't waiting for approval, or what `check_second` does."""
    check_second(payout, payout.made_by, person)
    _change(payout, ["proposed"], state="approved", approved_by=person, approved_at=Now())
    _tell("payout_approved", payout, person)
    return payout


@transaction.atomic
def export(payout: Payout, person: Person) -> list[list[str]]:
    """The table for the processor, as `processor_rows` has it; that it was taken away is written down.

    From the first time on, two people are needed to call the run off. Raises StateConflict for a run that nobody
    approved: only what two people have seen is paid.
    """
    _lock(payout)
    rows = list(processor_rows(payout))
    if payout.exported_at is None:
        _change(payout, [payout.state], exported_at=Now())
    _tell("payout_exported", payout, person)
    return rows


@transaction.atomic
def settle(payout: Payout, person: Person, *, reference: str) -> Payout:
    """The processor has paid all of it but what is returned. Raises NoReference, or StateConflict unless it is
    approved."""
    reference = reference.strip()
    if not reference:
        raise NoReference(place="reference")
    _lock(payout)
    _change(
        payout, ["approved"], state="settled", ended_by=person, ended_at=Now(), reference=reference[: limits.REFERENCE]
    )
    for item in returns.standing(payout):
        items.move(payout, item, "settle")
    _tell("payout_settled", payout, person)
    return payout


@transaction.atomic
def cancel(payout: Payout, person: Person) -> Payout:
    """Call a run off before it is settled: the money is owed again.

    Once its table was taken away, that takes two: the first asks for it and nothing moves, a second one does it. Raises
    StateConflict, or what `check_second` does.
    """
    _lock(payout)
    if payout.exported_at and payout.state == Payout.State.APPROVED:
        if payout.cancel_asked_by is None:
            _change(payout, ["approved"], cancel_asked_by=person)
            _tell("payout_cancel_asked", payout, person)
            return payout
        check_second(payout, payout.cancel_asked_by, person)
    _change(payout, ["proposed", "approved"], state="cancelled", ended_by=person, ended_at=Now())
    returns.drop_asked(payout, person)
    for item in returns.standing(payout):
        items.move(payout, item, "cancel")
    _tell("payout_cancelled", payout, person)
    return payout


@transaction.atomic
def keep(payout: Payout, person: Person) -> Payout:
    """Don't call it off after all. Raises StateConflict where nobody asked for that."""
    if payout.cancel_asked_by is None:
        raise StateConflict("Nobody asked to cancel this payout.")
    _change(payout, ["approved"], cancel_asked_by=None)
    _tell("payout_kept", payout, person)
    return payout


def processor_rows(payout: Payout) -> Iterator[list[str]]:
    """The table for the payment processor: a heading, then a row per tasker, with a key that makes repeats harmless.

    Whoever's money came back for certain isn't in it: it is owed again, and asked for by another key.

    Raises StateConflict for a run that nobody approved.
    """
    if payout.state not in {Payout.State.APPROVED, Payout.State.SETTLED}:
        raise StateConflict("Only an approved payout can be handed to the processor.")
    yield ["payment_key", "tasker", "name", "email", "amount", "currency"]
    asked_for = payout.items.exclude(returns__state=PayoutReturn.State.CONFIRMED)
    for item in asked_for.select_related("tasker").order_by("pk"):
        tasker = item.tasker
        amount = f"{item.cents // 100}.{item.cents % 100:02d}"
        yield [item.key, str(tasker.public_id), plain(tasker.name), plain(tasker.email), amount, payout.currency]


def _nothing_payable(owing: Collection[ledger.Owed], terms: PayTerms, people: Collection[int] | None) -> NothingOwed:
    """Why a run of these would pay nobody."""
    if people is not None and not people:
        return NothingOwed("Choose first whom the run pays.")
    held = any(one.held >= MILLIONTHS_PER_CENT for one in owing)
    small = any(one.payable >= MILLIONTHS_PER_CENT for one in owing)
    least = ledger.money(terms.minimum_cents * MILLIONTHS_PER_CENT, terms.organization.currency)
    if held and small:
        return NothingOwed(
            "What is owed is still within the hold period, or below the smallest payout of %(least)s.", least=least
        )
    if held:
        return NothingOwed("What is owed is still within the hold period. A run pays it afterwards.")
    return (
        NothingOwed("What is owed is below the smallest payout of %(least)s.", least=least) if small else NothingOwed()
    )


def _asked_for_before(organization: Organization) -> dict[int, PayoutItem]:
    """Tasker -> the oldest debt that a processor was told of, that was called off and that no run asks for again."""
    told = PayoutItem.objects.filter(payout__organization=organization, payout__currency=organization.currency)
    again = told.exclude(payout__state=Payout.State.CANCELLED).filter(key=OuterRef("key"))
    called_off = told.filter(payout__state=Payout.State.CANCELLED, payout__exported_at__isnull=False)
    # The processor has said of these that it doesn't pay them by that key.
    done_with = PayoutReturn.objects.filter(state=PayoutReturn.State.CONFIRMED, item__key=OuterRef("key"))
    found: dict[int, PayoutItem] = {}
    for item in called_off.filter(~Exists(again), ~Exists(done_with)).order_by("pk"):
        found.setdefault(item.tasker_id, item)
    return found


def _lock(payout: Payout) -> None:
    """Nobody else moves this run until the transaction ends; what it says is what stands now."""
    payout.refresh_from_db(from_queryset=Payout.objects.select_for_update(no_key=True))


def _change(payout: Payout, before: list[str], **after: object) -> None:
    if not Payout.objects.filter(pk=payout.pk, state__in=before).update(**after):
        payout.refresh_from_db()
        raise StateConflict(
            "This payout stands at “%(state)s”; nothing was changed.", state=Word(payout.get_state_display())
        )
    payout.refresh_from_db()


def _tell(kind: str, payout: Payout, actor: Person) -> None:
    emit(kind, organization_id=payout.organization_id, actor_id=actor.pk, subject=f"payout:{payout.public_id}")
