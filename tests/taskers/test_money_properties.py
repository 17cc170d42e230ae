"""Whatever happens in whatever order: the books sum to zero, and nothing is paid twice."""

import contextlib
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskers.errors import Problem
from taskers.models import Account, Payout, PayoutItem, Transfer
from taskers.money import ledger, payouts
from tests.support.taskers.money import balance_of, cost, earn

pytestmark = pytest.mark.slow

AMOUNTS = st.integers(1, 30_000_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.sampled_from(["alice", "bob", "carol"]), AMOUNTS),
        st.tuples(st.just("earn again"), st.integers(0, 9)),
        st.tuples(st.just("reverse"), st.integers(0, 9)),
        st.tuples(st.just("propose"), st.sampled_from(["finn", "fay"])),
        st.tuples(
            st.sampled_from(["approve", "export", "settle", "cancel", "keep"]),
            st.integers(0, 3),
            st.sampled_from(["finn", "fay"]),
        ),
    ),
    min_size=1,
    max_size=25,
)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_keeps_the_books(steps, cast) -> None:
    with transaction.atomic():
        earned: list[Transfer] = []
        for step in steps:
            # Refusals are part of the story; the books are looked at after every step all the same.
            with contextlib.suppress(Problem):
                take(step, cast, earned)
            the_books_are_right(cast)
        transaction.set_rollback(True)


def take(step: tuple, cast, earned: list[Transfer]) -> None:
    kind, *terms = step
    runs = list(Payout.objects.order_by("pk"))
    match kind:
        case "earn":
            earned.append(earn(cast, getattr(cast, terms[0]), terms[1]))
        case "earn again" if earned:
            one = earned[terms[0] % len(earned)]
            assert earn(cast, one.target.tasker, one.amount, key=one.key) == one
        case "reverse" if earned:
            ledger.reverse(earned[terms[0] % len(earned)], reason="decided anew")
        case "propose":
            payouts.propose(cast.riverside, getattr(cast, terms[0]))
        case "settle" if runs:
            payouts.settle(runs[terms[0] % len(runs)], getattr(cast, terms[1]), reference="ACH 1")
        case "approve" | "export" | "cancel" | "keep" if runs:
            getattr(payouts, kind)(runs[terms[0] % len(runs)], getattr(cast, terms[1]))


def the_books_are_right(cast) -> None:
    accounts = list(Account.objects.filter(organization=cast.riverside))
    assert sum(ledger.balances(accounts).values()) == 0
    assert ledger.audit() == []
    for tasker in (cast.alice, cast.bob, cast.carol):
        items = PayoutItem.objects.filter(tasker=tasker)
        settled = sum(items.filter(payout__state="settled").values_list("cents", flat=True))
        under_way = sum(items.filter(payout__state__in=["proposed", "approved"]).values_list("cents", flat=True))
        assert balance_of(tasker, "paid") == settled * 10_000
        assert balance_of(tasker, "in_payout") == under_way * 10_000
    everything = sum(
        balance_of(tasker, kind)
        for tasker in (cast.alice, cast.bob, cast.carol)
        for kind in ("owed", "in_payout", "paid")
    )
    assert everything == cost()
    settles = Counter(key for key in Transfer.objects.values_list("key", flat=True) if key.endswith(":settle"))
    assert len(settles) == PayoutItem.objects.filter(payout__state="settled").count()
    for run in Payout.objects.exclude(approved_by=None):
        assert run.approved_by_id != run.made_by_id
    paid = Counter(PayoutItem.objects.filter(payout__state="settled").values_list("key", flat=True))
    assert set(paid.values()) <= {1}, "the processor pays each key once"
    for run in Payout.objects.filter(state="cancelled").exclude(exported_at=None):
        assert run.cancel_asked_by_id not in {None, run.ended_by_id}
