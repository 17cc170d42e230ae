"""Two people of finance at the same moment, on connections of their own: money moves once."""

from functools import partial

import pytest

from taskers.errors import Problem, StateConflict
from taskers.models import Payout, PayoutItem, Transfer
from taskers.money import ledger, payouts
from taskers.money.payouts import NothingOwed
from tests.support.connections import Connections
from tests.support.taskers.money import balance_of, earn

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5
settled = partial(payouts.settle, reference="ACH 1")


@pytest.fixture
def two():
    connections = Connections(2)
    yield connections
    connections.close()


def caught(call):
    """What a call returns, or the named error it raises."""

    def run():
        try:
            return call()
        except Problem as problem:
            return problem

    return run


def test_two_runs_at_once_pay_once(cast, two) -> None:
    for number in range(1, ROUNDS + 1):
        earn(cast, cast.alice, 1_000_000)
        earn(cast, cast.bob, 2_000_000)
        found = two.at_once(
            [caught(lambda who=who: payouts.propose(cast.riverside, who)) for who in (cast.finn, cast.fay)]
        )
        assert sorted(type(one) for one in found if isinstance(one, Problem)) == [NothingOwed]
        assert Payout.objects.count() == number and PayoutItem.objects.count() == 2 * number
        assert balance_of(cast.alice, "owed") == balance_of(cast.bob, "owed") == 0
    assert balance_of(cast.alice, "in_payout") == ROUNDS * 1_000_000
    assert ledger.audit() == []


def test_settling_twice_at_once_moves_money_once(cast, two) -> None:
    for number in range(1, ROUNDS + 1):
        earn(cast, cast.alice, 1_000_000)
        payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
        copies = [Payout.objects.get(pk=payout.pk) for _ in range(2)]
        found = two.at_once([caught(lambda one=one: settled(one, cast.fay)) for one in copies])
        assert sum(isinstance(one, StateConflict) for one in found) == 1
        assert Transfer.objects.filter(key__endswith=":settle").count() == number
        assert balance_of(cast.alice, "paid") == number * 1_000_000


def test_settling_and_cancelling_at_once_do_one_of_both(cast, two) -> None:
    for _round in range(ROUNDS):
        earn(cast, cast.alice, 1_000_000)
        payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
        one, other = (Payout.objects.get(pk=payout.pk) for _ in range(2))
        found = two.at_once(
            [
                caught(lambda one=one: payouts.settle(one, cast.fay, reference="ACH 1")),
                caught(lambda other=other: payouts.cancel(other, cast.fay)),
            ]
        )
        assert sum(isinstance(one, StateConflict) for one in found) == 1
        payout.refresh_from_db()
        assert payout.state in {"settled", "cancelled"}
    assert balance_of(cast.alice, "in_payout") == 0
    assert ledger.audit() == []


def test_reversing_twice_at_once_takes_back_once(cast, two) -> None:
    for _round in range(ROUNDS):
        transfer = earn(cast, cast.alice, 1_000_000)
        first, second = two.at_once([lambda transfer=transfer: ledger.reverse(transfer, reason="decided anew")] * 2)
        assert first == second
        assert balance_of(cast.alice, "owed") == 0


def test_earning_by_one_key_at_once_earns_once(cast, two) -> None:
    for number in range(ROUNDS):
        both = two.at_once([lambda number=number: earn(cast, cast.alice, 1_000_000, key=f"verdict:{number}")] * 2)
        assert both[0] == both[1]
        assert balance_of(cast.alice, "owed") == (number + 1) * 1_000_000
