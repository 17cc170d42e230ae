"""Somebody's account day by day, and the end of the year."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.utils import timezone

from taskers.errors import StateConflict
from taskers.models import Account, ClosingBalance, Payout, PayoutItem
from taskers.money import bonuses, ledger, payouts, returns, statements, years
from tests.support import owner
from tests.support.taskers.money import PROJECT, ago, balance_of, earn, with_the_processor

pytestmark = pytest.mark.django_db


def test_a_statement_says_what_moved_and_adds_up(cast) -> None:
    since = timezone.now() - timedelta(days=30)
    ago(earn(cast, cast.bob, 1_000_000), days=40)
    paid = payouts.propose(cast.riverside, cast.finn)
    payouts.cancel(paid, cast.fay), payouts.propose(cast.riverside, cast.finn)
    lines = statements.of(cast.bob, cast.riverside, since, timezone.now()).lines
    assert [(one.what, one.balance) for one in lines] == [("called off", 2_000_000), ("payout", 0)]
    ago(earn(cast, cast.alice, 7_000_000), days=40)
    work = [earn(cast, cast.alice, amount) for amount in (1_000_000, 2_000_000)]
    ledger.reverse(work[0], reason="decided anew")
    bonuses.give(
        cast.riverside, cast.mina, tasker=cast.alice, project_key=PROJECT, amount=500_000, reason="The night shift"
    )
    payouts.propose(cast.riverside, cast.finn)
    found = statements.of(cast.alice, cast.riverside, since, timezone.now())
    assert found.opening == 7_000_000
    assert [(one.what, one.pieces, one.amount, one.note) for one in found.lines] == [
        ("bonus", 1, 500_000, "The night shift"),
        ("work", 2, 3_000_000, ""),
        ("taken back", 1, -1_000_000, ""),
        ("payout", 1, -9_500_000, ""),
    ]
    assert min(one.balance for one in found.lines) == 0, "what was earned that day comes before what was paid of it"
    assert found.closing == 0 == balance_of(cast.alice, "owed")


def test_a_closed_year_carries_its_balances_and_balances_need_none_of_its_rows(cast) -> None:
    this_year = datetime.now(UTC).year
    long_over = this_year - 2  # on the first of January the year before isn't over yet
    old = [earn(cast, cast.alice, 5_000_000), earn(cast, cast.bob, 1_000_000)]
    for one in old:
        ago(one, days=2 * 366)
    with pytest.raises(StateConflict):
        years.close(cast.riverside, this_year, cast.finn)
    closing = years.close(cast.riverside, long_over, cast.finn)
    with pytest.raises(StateConflict):
        years.close(cast.riverside, long_over, cast.fay)
    kept = "".join(years.lines(closing))
    assert (closing.transfers, sha256(kept.encode()).hexdigest()) == (2, closing.digest)
    assert [json.loads(line)["amount"] for line in kept.splitlines()] == [5_000_000, 1_000_000]
    ledger.reverse(old[1], reason="decided anew")
    earn(cast, cast.alice, 250_000)
    assert ledger.audit() == []
    with owner.unguarded("taskers_transfer"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM taskers_transfer WHERE id = %s", [old[0].pk])  # as if it lay in the archive
    assert dict(ledger.owed(cast.riverside)) == {cast.alice: 5_250_000}
    assert payouts.propose(cast.riverside, cast.finn).items.get().cents == 525
    start = datetime(long_over + 1, 1, 1, tzinfo=UTC)
    assert statements.of(cast.alice, cast.riverside, start, timezone.now()).opening == 5_000_000


def test_a_closing_that_was_reckoned_wrongly_is_found(cast) -> None:
    ago(earn(cast, cast.alice, 5_000_000), days=2 * 366)
    years.close(cast.riverside, datetime.now(UTC).year - 2, cast.finn)
    with owner.unguarded("taskers_closingbalance"):
        ClosingBalance.objects.filter(account__kind=Account.Kind.OWED).update(balance=6_000_000)
    assert {what for what, _key in ledger.audit()} == {"closing balance differs", "closing is not balanced"}


def test_no_year_is_closed_over_a_run_that_is_under_way(cast) -> None:
    earn(cast, cast.alice, 1_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    Payout.objects.filter(pk=payout.pk).update(made_at=timezone.now() - timedelta(days=2 * 366))
    with pytest.raises(StateConflict, match="under way"):
        years.close(cast.riverside, datetime.now(UTC).year - 2, cast.finn)


def test_a_years_totals_are_what_was_paid_in_it_less_what_came_back(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000)
    payouts.settle(payout, cast.finn, reference="ACH 1")
    his = PayoutItem.objects.get(tasker=cast.bob)
    returns.confirm(returns.ask(his, cast.finn, reason="Came back"), cast.fay)
    found = {one.person.name: (one.paid, one.earned) for one in years.totals(cast.riverside, datetime.now(UTC).year)}
    assert found == {"Alice": (2_000_000, 2_000_000), "Bob": (0, 1_000_000)}
    assert years.totals(cast.riverside, 2001) == []
