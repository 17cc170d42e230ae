"""Paying what is owed, once, by two people; balances come from Transfers alone."""

from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from taskers.errors import KeyReused, StateConflict
from taskers.models import Account, Event, Payout, PayoutItem, Person, Transfer
from taskers.money import ledger, payouts
from taskers.money.independence import LATELY, NotIndependent, PaidByIt, SamePerson
from taskers.money.payouts import NoReference, NothingOwed
from taskers.people import invitations
from tests.support import make
from tests.support.taskers.money import balance_of, earn

pytestmark = pytest.mark.django_db


def test_a_run_takes_whole_cents_and_leaves_the_rest_owed(cast) -> None:
    earn(cast, cast.alice, 1_234_567)  # $1.234567
    earn(cast, cast.bob, 9_999)  # less than a cent
    payout = payouts.propose(cast.riverside, cast.finn)
    assert list(payout.items.values_list("tasker__name", "cents")) == [("Alice", 123)]
    assert balance_of(cast.alice, "owed") == 4_567
    assert balance_of(cast.alice, "in_payout") == 1_230_000
    assert balance_of(cast.bob, "owed") == 9_999


def test_who_is_paid_by_a_run_does_not_approve_it_and_the_database_agrees(cast) -> None:
    earn(cast, cast.fay, 1_000_000)
    earn(cast, cast.alice, 1_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    with pytest.raises(PaidByIt):
        payouts.approve(payout, cast.fay)
    with pytest.raises(DatabaseError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(state="approved", approved_by=cast.fay, approved_at=timezone.now())
    assert payouts.approve(payout, cast.olga).state == "approved"


def test_nobody_approves_by_an_account_that_the_other_let_in_or_reset(client, cast) -> None:
    """Zoe was let in by Olga, who could act as her; so could Finn since he was given a password link for Fay."""
    earn(cast, cast.alice, 1_000_000)
    zoe = let_in(cast, "zoe", "finance", by=cast.olga)
    mine, theirs = (payouts.propose(cast.riverside, cast.olga), zoe)
    with pytest.raises(NotIndependent):
        payouts.approve(mine, theirs)
    payouts.cancel(mine, cast.olga)
    with pytest.raises(NotIndependent):
        payouts.approve(payouts.propose(cast.riverside, zoe), cast.olga)
    payouts.approve(Payout.objects.get(state="proposed"), cast.finn)
    client.force_login(cast.olga)
    client.post(f"/people/{cast.fay.public_id}/password-link/")
    earn(cast, cast.alice, 1_000_000)
    third = payouts.propose(cast.riverside, zoe)
    with pytest.raises(NotIndependent):
        payouts.approve(third, cast.fay)  # neither touched the other, but Olga could act by both accounts
    with freeze(days=15):
        assert payouts.approve(third, cast.fay).state == "approved"


def test_nobody_approves_who_was_given_the_role_by_the_other_but_a_third_person_may_have_given_both(cast) -> None:
    earn(cast, cast.alice, 1_000_000)
    ravi, zoe = (make.person(name, cast.riverside) for name in ("Ravi", "Zoe"))
    for one in (ravi, zoe):
        invitations.grant(cast.riverside, one, "finance", by=cast.olga)
    hers = payouts.propose(cast.riverside, cast.olga)
    with pytest.raises(NotIndependent):
        payouts.approve(hers, zoe)
    payouts.cancel(hers, zoe)
    assert payouts.approve(payouts.propose(cast.riverside, ravi), zoe).state == "approved"


def test_nobody_approves_through_who_was_let_in_or_given_the_role_by_a_puppet(cast) -> None:
    """Olga lets Pia in; as Pia she lets Zoe in, and gives Carol the role, whom she let in long ago."""
    earn(cast, cast.alice, 1_000_000)
    pia = let_in(cast, "pia", "owner", by=cast.olga)
    zoe = let_in(cast, "zoe", "finance", by=pia)
    invitations.give(cast.riverside, cast.carol, "finance", by=pia)
    payout = payouts.propose(cast.riverside, cast.olga)
    for puppet in (zoe, cast.carol):
        with pytest.raises(NotIndependent):
            payouts.approve(payout, puppet)
    payouts.cancel(payout, cast.olga)
    for puppet in (zoe, cast.carol):
        payout = payouts.propose(cast.riverside, puppet)
        with pytest.raises(NotIndependent):
            payouts.approve(payout, cast.olga)
        payouts.cancel(payout, puppet)
    assert payouts.approve(payouts.propose(cast.riverside, cast.olga), cast.finn).state == "approved"


def let_in(cast, name: str, role: str, *, by) -> Person:
    _invitation, secret = invitations.invite(cast.riverside, by, email=f"{name}@example.org", role=role)
    return invitations.accept(secret, name=name.title(), password="a long walk by the sea")


@contextmanager
def freeze(*, days: int):
    """What was done lately lies so many days back."""
    with patch("taskers.money.independence.LATELY", LATELY - timedelta(days=days)):
        yield


def test_a_run_whose_table_was_taken_away_is_called_off_by_two(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    payouts.export(payout, cast.finn)
    for _twice in range(2):
        with suppress(SamePerson):
            payouts.cancel(payout, cast.finn)
        assert (payout.state, balance_of(cast.alice, "in_payout")) == ("approved", 2_000_000)
    payouts.keep(payout, cast.finn)
    assert payouts.cancel(payout, cast.fay).state == "approved"
    assert payouts.cancel(payout, cast.finn).state == "cancelled"
    assert balance_of(cast.alice, "owed") == 2_000_000
    told = Event.objects.filter(subject=f"payout:{payout.public_id}").order_by("pk").values_list("kind", flat=True)
    assert list(told)[2:] == [
        "payout_exported",
        "payout_cancel_asked",
        "payout_kept",
        "payout_cancel_asked",
        "payout_cancelled",
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(cancel_asked_by=None)


def test_a_debt_keeps_its_key_so_that_the_processor_pays_it_once(cast) -> None:
    """The first run was paid although it was called off: the next asks by the same key, and no more than before."""
    earn(cast, cast.alice, 2_000_000)
    first = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    [_heading, told] = payouts.export(first, cast.finn)
    payouts.cancel(first, cast.finn)
    payouts.cancel(first, cast.fay)
    earn(cast, cast.alice, 500_000)
    second = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    [_heading, again] = payouts.export(second, cast.finn)
    assert again == told
    payouts.settle(second, cast.fay, reference="ACH 2")
    third = payouts.propose(cast.riverside, cast.finn)
    [item] = third.items.all()
    assert (item.cents, item.key == told[0]) == (50, False)
    assert ledger.audit() == []


def test_settling_needs_the_processors_reference(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    with pytest.raises(NoReference):
        payouts.settle(payout, cast.fay, reference=" ")
    assert payouts.settle(payout, cast.fay, reference=" ACH 7 ").reference == "ACH 7"


def test_nothing_owed_makes_no_run(cast) -> None:
    earn(cast, cast.bob, 9_999)
    with pytest.raises(NothingOwed):
        payouts.propose(cast.riverside, cast.finn)
    assert not Payout.objects.exists()


def test_two_people_and_a_processor_settle_it(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    with pytest.raises(SamePerson):
        payouts.approve(payout, cast.finn)
    with pytest.raises(StateConflict):
        payouts.settle(payout, cast.fay, reference="ACH 1")  # nobody approved it yet
    payouts.approve(payout, cast.fay)
    payouts.settle(payout, cast.finn, reference="ACH 17")
    assert (payout.state, payout.reference, payout.approved_by) == ("settled", "ACH 17", cast.fay)
    assert balance_of(cast.alice, "paid") == 2_000_000
    assert balance_of(cast.alice, "owed") == balance_of(cast.alice, "in_payout") == 0
    told = Event.objects.filter(subject=f"payout:{payout.public_id}").order_by("pk").values_list("kind", "actor_id")
    assert list(told) == [
        ("payout_proposed", cast.finn.pk),
        ("payout_approved", cast.fay.pk),
        ("payout_settled", cast.finn.pk),
    ]


def test_every_step_a_second_time_changes_nothing(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    with pytest.raises(NothingOwed):
        payouts.propose(cast.riverside, cast.finn)
    for step, again in ((payouts.approve, cast.fay), (partial(payouts.settle, reference="ACH 1"), cast.fay)):
        step(payout, cast.fay)
        before = Transfer.objects.count()
        with pytest.raises(StateConflict):
            step(payout, again)
        assert Transfer.objects.count() == before
    with pytest.raises(StateConflict):
        payouts.cancel(payout, cast.fay)
    assert balance_of(cast.alice, "paid") == 2_000_000


def test_cancelled_money_is_owed_again_and_paid_later(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    payouts.approve(payout, cast.fay)
    payouts.cancel(payout, cast.fay)
    assert balance_of(cast.alice, "owed") == 2_000_000
    with pytest.raises(StateConflict):
        payouts.settle(payout, cast.fay, reference="ACH 1")
    second = payouts.propose(cast.riverside, cast.fay)
    assert second.items.get().cents == 200


def test_what_was_paid_and_then_taken_back_is_made_up_by_later_work(cast) -> None:
    transfer = earn(cast, cast.alice, 1_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    payouts.approve(payout, cast.fay)
    payouts.settle(payout, cast.fay, reference="ACH 1")
    ledger.reverse(transfer, reason="decided anew")
    assert balance_of(cast.alice, "owed") == -1_000_000
    with pytest.raises(NothingOwed):
        payouts.propose(cast.riverside, cast.finn)
    earn(cast, cast.alice, 1_500_000)
    assert payouts.propose(cast.riverside, cast.finn).items.get().cents == 50


def test_the_neighbours_money_is_not_in_the_run(cast) -> None:
    earn(cast, cast.alice, 1_000_000)
    earn(cast, cast.ned, 5_000_000, organization=cast.hilltop)
    payout = payouts.propose(cast.riverside, cast.finn)
    assert [item.tasker for item in payout.items.all()] == [cast.alice]
    assert ledger.owed(cast.hilltop) == [(cast.ned, 5_000_000)]


def test_the_processors_table(cast) -> None:
    earn(cast, cast.alice, 12_340_000)
    cast.bob.name, cast.bob.email = "=cmd()", "bob@example.org"
    cast.bob.save()
    earn(cast, cast.bob, 50_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    with pytest.raises(StateConflict, match="approved"):
        list(payouts.processor_rows(payout))
    payouts.approve(payout, cast.fay)
    heading, *rows = payouts.processor_rows(payout)
    assert heading == ["payment_key", "tasker", "name", "email", "amount", "currency"]
    assert [row[2:] for row in rows] == [
        ["Alice", "alice@example.org", "12.34", "USD"],
        ["'=cmd()", "bob@example.org", "0.05", "USD"],
    ]
    assert rows == list(payouts.processor_rows(payout))[1:]  # the same keys every time
    assert len({row[0] for row in rows}) == 2


def test_a_key_moves_money_once(cast) -> None:
    first = earn(cast, cast.alice, 50_000, key="k")
    assert earn(cast, cast.alice, 50_000, key="k") == first
    assert balance_of(cast.alice, "owed") == 50_000
    with pytest.raises(KeyReused):
        earn(cast, cast.alice, 60_000, key="k")
    with pytest.raises(KeyReused):
        earn(cast, cast.bob, 50_000, key="k")


def test_a_reversal_is_made_once(cast) -> None:
    transfer = earn(cast, cast.alice, 50_000)
    assert ledger.reverse(transfer, reason="wrong") == ledger.reverse(transfer, reason="wrong again")
    assert balance_of(cast.alice, "owed") == 0
    assert ledger.unreversed([transfer.key]) == []


def test_the_database_itself_guards_the_books(cast) -> None:
    """Whatever code forgets: rows stay, amounts are positive, two people are two."""
    transfer = earn(cast, cast.alice, 2_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    forbidden = [
        lambda: Transfer.objects.filter(pk=transfer.pk).update(amount=1),
        lambda: Transfer.objects.filter(pk=transfer.pk).delete(),
        lambda: PayoutItem.objects.update(cents=1),
        lambda: PayoutItem.objects.create(payout=payout, tasker=cast.alice, cents=1, key="x"),
        lambda: Payout.objects.update(approved_by=cast.finn),
        lambda: Payout.objects.update(state="approved"),
        lambda: ledger.post(key="x", source=transfer.source, target=transfer.source, amount=1),
        lambda: ledger.post(key="x", source=transfer.source, target=transfer.target, amount=0),
        lambda: Account.objects.create(organization=cast.riverside, kind="owed", currency="USD"),
    ]
    for number, step in enumerate(forbidden):
        with pytest.raises(DatabaseError), transaction.atomic():
            step()
            pytest.fail(f"step {number} went through")
    assert ledger.audit() == []


def test_the_audit_finds_money_that_moved_otherwise_than_said(cast) -> None:
    earn(cast, cast.alice, 2_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    assert ledger.audit() == []
    PayoutItem.objects.create(payout=payout, tasker=cast.bob, cents=7, key="x")  # an item that no money stands behind
    assert [what for what, _key in ledger.audit()] == ["payout item without its money"]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (50_000, "USD", "$0.05"),
        (0, "USD", "$0.00"),
        (1_234_567_890_000, "USD", "$1,234,567.89"),
        (12_345, "EUR", "€0.012345"),
        (-1_500_000, "USD", "−$1.50"),
        (7_000_000, "CHF", "7.00 CHF"),
    ],
)
def test_money_in_words(amount: int, currency: str, text: str) -> None:
    assert ledger.money(amount, currency) == text
