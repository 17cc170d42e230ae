"""What holds of the books whatever happened, added up here from Transfer rows and not by the ledger."""

from collections import Counter

from django.db.models import QuerySet

from taskers.models import Account, Payout, PayoutItem, Transfer
from taskers.money import ledger
from tests.support.cast import Cast
from tests.support.taskers.money import balance_of, cost


def the_books_are_right(cast: Cast) -> None:
    """Balances sum to zero, are what payouts and returns say, and no closed year changes them."""
    accounts = list(Account.objects.filter(organization=cast.riverside))
    balances = ledger.balances(accounts)
    assert sum(balances.values()) == 0
    assert ledger.audit() == []
    people = (cast.alice, cast.bob, cast.carol)
    for tasker in people:
        items = PayoutItem.objects.filter(tasker=tasker)
        returned = items.filter(returns__state="confirmed")
        asked = items.filter(returns__state="asked", payout__state="settled").exclude(pk__in=settled_before())
        settled = cents(items.filter(payout__state="settled").exclude(pk__in=returned)) - cents(asked)
        under_way = cents(items.filter(payout__state__in=["proposed", "approved"]).exclude(pk__in=returned))
        assert balance_of(tasker, "paid") == settled * 10_000
        assert balance_of(tasker, "in_payout") == (under_way + cents(asked)) * 10_000
    kinds = ("owed", "in_payout", "paid")
    assert sum(balance_of(tasker, kind) for tasker in people for kind in kinds) == cost()
    for one in accounts:
        if one.tasker in people:
            assert balances[one.pk] == balance_of(one.tasker, one.kind), "a closed year changes no balance"
    nothing_is_paid_twice()


def settled_before() -> set[int]:
    """Items whose money had gone out before somebody said that it came back."""
    keys = Transfer.objects.filter(key__endswith=":settle").values_list("key", flat=True)
    by_key = {f"payout:{one.payout_id}:tasker:{one.tasker_id}:settle": one.pk for one in PayoutItem.objects.all()}
    return {by_key[key] for key in keys}


def nothing_is_paid_twice() -> None:
    """Neither by a key nor by what comes back; and never by one person."""
    paid = PayoutItem.objects.filter(payout__state="settled")
    assert set(Counter(paid.values_list("key", flat=True)).values()) <= {1}, "the processor pays each key once"
    told = Counter(Transfer.objects.filter(key__startswith="payout:").values_list("key", flat=True))
    ends = Counter(key.rpartition(":")[0] for key in told if key.endswith((":cancel", ":return")))
    assert set(ends.values()) <= {1}, "what comes back comes back once"
    for run in Payout.objects.exclude(approved_by=None):
        assert run.approved_by_id != run.made_by_id
    for run in Payout.objects.filter(state="cancelled").exclude(exported_at=None):
        assert run.cancel_asked_by_id not in {None, run.ended_by_id}


def cents(items: "QuerySet[PayoutItem]") -> int:
    """In all."""
    return sum(items.values_list("cents", flat=True))
