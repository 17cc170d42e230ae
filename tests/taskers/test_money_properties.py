"""Whatever happens in whatever order: the books sum to zero, nothing is paid twice, a closed year changes nothing."""

import contextlib
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskers.errors import Problem
from taskers.models import Bonus, Dispute, Payout, PayoutItem, PayoutReturn, Transfer
from taskers.money import bonus_rules, bonuses, disputes, ledger, origins, payouts, reconciling, returns, years
from tests.support.rounds import rounds
from tests.support.taskers.books import the_books_are_right
from tests.support.taskers.money import PROJECT, earn, judged

AMOUNTS = st.integers(1, 80_000_000)
TASKERS = st.sampled_from(["alice", "bob", "carol"])
CLERKS = st.sampled_from(["finn", "fay", "olga"])
SOME = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), TASKERS, AMOUNTS),
        st.tuples(st.just("earn again"), SOME),
        st.tuples(st.just("void"), SOME),
        st.tuples(st.just("bonus"), TASKERS, CLERKS, AMOUNTS),
        st.tuples(st.just("bonus by rule"), TASKERS, CLERKS, CLERKS),
        st.tuples(st.sampled_from(["approve bonus", "take bonus back", "refuse bonus"]), SOME, CLERKS),
        st.tuples(st.just("dispute"), TASKERS, SOME),
        st.tuples(st.just("answer"), SOME, CLERKS, st.sampled_from(["upheld", "refused"])),
        st.tuples(st.just("run"), CLERKS, CLERKS),
        st.tuples(st.just("propose"), CLERKS, st.sampled_from([None, "alice", "bob"])),
        st.tuples(st.sampled_from(["approve", "export", "settle", "cancel", "keep"]), SOME, CLERKS),
        st.tuples(st.just("ask for a return"), SOME, CLERKS),
        st.tuples(st.sampled_from(["confirm a return", "refuse a return"]), SOME, CLERKS),
        st.tuples(st.just("reconcile"), SOME, CLERKS, st.lists(st.sampled_from(["paid", "failed"]), max_size=3)),
        st.tuples(st.just("year end"), CLERKS),
    ),
    min_size=5,
    max_size=30,
)


# Each example in a transaction of its own, so what one wrote is gone before the next.
REPEATED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.mark.slow
@pytest.mark.django_db
@settings(REPEATED, max_examples=rounds(8))
@given(steps=STEPS)
def test_any_sequence_keeps_the_books(steps, cast) -> None:
    live_through(steps, cast, look_every=1)


@pytest.mark.torture
@pytest.mark.django_db
@settings(REPEATED, max_examples=1000)
@given(steps=STEPS)
def test_a_thousand_histories_keep_the_books(steps, cast) -> None:
    live_through(steps, cast, look_every=6)


def live_through(steps, cast, *, look_every: int) -> None:
    with transaction.atomic():
        earned: list[Transfer] = []
        for number, step in enumerate(steps, start=1):
            # Refusals are part of the story; the books are looked at all the same.
            with contextlib.suppress(Problem):
                take(step, cast, earned)
            if number % look_every == 0:
                the_books_are_right(cast)
        the_books_are_right(cast)
        every_cent_has_its_work()
        transaction.set_rollback(True)


def take(step: tuple, cast, earned: list[Transfer]) -> None:
    kind, *terms = step
    someone = [getattr(cast, one) for one in terms if isinstance(one, str) and hasattr(cast, one)]
    match kind:
        case "earn":
            earned.append(earn(cast, someone[0], terms[1]))
        case "earn again" if earned:
            one = earned[terms[0] % len(earned)]
            assert earn(cast, one.target.tasker, one.amount, key=one.key) == one
        case "void" if earned:
            ledger.reverse(earned[terms[0] % len(earned)], reason="decided anew")
        case "bonus":
            tasker, by = someone
            bonuses.give(cast.riverside, by, tasker=tasker, project_key=PROJECT, amount=terms[2], reason="Help")
        case "bonus by rule":
            tasker, first, second = someone
            by_rule(cast, tasker, first, second)
        case "approve bonus" | "take bonus back" | "refuse bonus" if (rows := Bonus.objects.order_by("pk")).exists():
            verb = {"approve bonus": bonuses.approve, "take bonus back": bonuses.take_back}.get(kind, bonuses.refuse)
            verb(rows[terms[0] % len(rows)], someone[0])
        case "dispute":
            disputes.open(cast.riverside, someone[0], subject=f"task:{terms[1]}", text="No")
        case "answer" if (open_ones := Dispute.objects.order_by("pk")).exists():
            disputes.answer(open_ones[terms[0] % len(open_ones)], someone[0], state=terms[2], text="We looked.")
        case "year end":
            with transaction.atomic():
                end(cast, someone[0])
        case _:
            of_runs(kind, terms, someone, cast)


def by_rule(cast, tasker, first, second) -> None:
    """A rule is on, ten answers are judged, and a worker looks twice."""
    terms = bonus_rules.Terms("agreement", 0.5, 5, 3_000_000, 6_000_000, 6_000_000, 30)
    rule = bonus_rules.approve(bonus_rules.propose(cast.riverside, PROJECT, terms, by=first), second)
    judged(cast, tasker, *[1.0] * 10)
    for _look in range(2):
        bonus_rules.run(rule, room=lambda: 5_000_000, now=timezone.now() + timedelta(minutes=10))


def of_runs(kind: str, terms: list, someone: list, cast) -> None:
    runs = list(Payout.objects.order_by("pk"))
    items = list(PayoutItem.objects.order_by("pk"))
    asked = list(PayoutReturn.objects.order_by("pk"))
    match kind:
        case "run":
            first, second = someone
            run = payouts.approve(payouts.propose(cast.riverside, first), second)
            payouts.export(run, first)
        case "propose":
            payouts.propose(cast.riverside, someone[0], people=[one.pk for one in someone[1:]] or None)
        case "settle" if runs:
            payouts.settle(runs[terms[0] % len(runs)], someone[0], reference="ACH 1")
        case "approve" | "export" | "cancel" | "keep" if runs:
            getattr(payouts, kind)(runs[terms[0] % len(runs)], someone[0])
        case "ask for a return" if items:
            returns.ask(items[terms[0] % len(items)], someone[0], reason="No account")
        case "confirm a return" | "refuse a return" if asked:
            verb = returns.confirm if kind == "confirm a return" else returns.refuse
            verb(asked[terms[0] % len(asked)], someone[0])
        case "reconcile" if runs:
            run = runs[terms[0] % len(runs)]
            keys = run.items.order_by("pk").values_list("key", flat=True)
            rows = [f"{key},{status}" for key, status in zip(keys, terms[2], strict=False)]
            file = "\n".join(["payment_key,status", *rows]).encode()
            reconciling.apply(run, someone[0], file, reference="ACH 2")


def end(cast, by) -> None:
    """A year ends at this very moment; the run of years is of their number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    years._close(cast.riverside, 1900 + cast.riverside.closings.count(), now, by)


def every_cent_has_its_work() -> None:
    for item in PayoutItem.objects.all():
        assert sum(one.part for one in origins.of(item)) == item.cents * 10_000
