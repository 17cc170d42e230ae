"""Earnings, reversals and events by the handful: as many statements as for one, and each promise as for one."""

from dataclasses import replace

import pytest
from django.db import Error, transaction

from taskers.errors import KeyReused
from taskers.models import Account, Event, Transfer
from taskers.money import ledger
from taskers.money.ledger import Earning
from taskers.outbox.events import emit_all, happening
from tests.support.connections import Connections
from tests.support.taskers.money import PROJECT, balance_of, cost, earned


def earnings(cast, number: int = 1) -> list[Earning]:
    """What a verdict earns Alice, Bob and Carol, so many times."""
    people = (cast.alice, cast.bob, cast.carol)
    return [
        Earning(f"verdict:{n}:{who.pk}", cast.riverside, PROJECT, who, 50_000, "work", {"n": n})
        for n in range(number)
        for who in people
    ]


@pytest.mark.django_db
def test_fifty_verdicts_are_paid_in_one_statement(cast, django_assert_num_queries) -> None:
    rows = earnings(cast, 50)
    with django_assert_num_queries(1):  # the accounts are opened by it too
        ledger.earn_all(rows)
    made = earned(rows)
    assert [(one.key, one.detail, one.amount) for one in made] == [(one.key, one.detail, 50_000) for one in rows]
    assert [balance_of(who, "owed") for who in (cast.alice, cast.bob, cast.carol)] == [50 * 50_000] * 3
    assert Account.objects.count() == 4 and cost() == 150 * 50_000
    with django_assert_num_queries(2):
        ledger.earn_all([*rows, *earnings(cast)])
    assert earned(rows) == made
    assert Transfer.objects.count() == 150 and ledger.audit() == []


@pytest.mark.django_db
def test_what_was_made_before_stays_and_what_is_new_is_made_beside_it(cast) -> None:
    first, second, third = earnings(cast)
    (before,) = earned([second])
    made = earned([third, second, first])
    assert [one.key for one in made] == [third.key, second.key, first.key] and made[1] == before
    ledger.earn_all([])
    assert Transfer.objects.count() == 3 and ledger.reverse_all([], reason="") == []


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["tasker", "amount", "project_key", "organization"])
def test_a_key_with_other_terms_is_refused(cast, change) -> None:
    other = {"tasker": cast.bob, "amount": 60_000, "project_key": cast.alice.public_id, "organization": cast.hilltop}
    first = earnings(cast)[0]
    changed = replace(first, **{change: other[change]})
    with pytest.raises(KeyReused):
        ledger.earn_all([first, changed])
    ledger.earn_all([first])
    with pytest.raises(KeyReused):
        ledger.earn_all([changed])
    assert Transfer.objects.count() == 1


@pytest.mark.django_db
def test_nothing_is_owed_for_nothing_and_the_books_stay_append_only(cast) -> None:
    rows = earnings(cast)
    with pytest.raises(Error), transaction.atomic():
        ledger.earn_all([rows[0], replace(rows[1], amount=0)])
    assert not Transfer.objects.exists()
    (made,) = earned(rows[:1])
    for write in (lambda: Transfer.objects.filter(pk=made.pk).update(amount=1), made.delete):
        with pytest.raises(Error), transaction.atomic():
            write()


@pytest.mark.django_db
def test_each_organization_owes_from_its_own_accounts(cast) -> None:
    here = earnings(cast)[0]
    there = replace(here, key="there", organization=cast.hilltop, amount=7)
    for made in earned([here, there]):
        assert made.source.organization_id == made.target.organization_id
    assert dict(ledger.owed(cast.riverside)) == {cast.alice: 50_000}
    assert dict(ledger.owed(cast.hilltop)) == {cast.alice: 7}


@pytest.mark.django_db
def test_reversals_by_the_handful(cast, django_assert_num_queries) -> None:
    made = earned(earnings(cast, 5))
    ledger.reverse(made[3], reason="alone")
    with django_assert_num_queries(2):  # one had been taken back before
        taken = ledger.reverse_all(made[::-1], reason="decided anew")
    assert [one.reverses_id for one in taken] == [one.pk for one in made[::-1]]
    assert {one.reason for one in taken} == {"alone", "decided anew"}
    assert balance_of(cast.alice, "owed") == balance_of(cast.bob, "owed") == cost() == 0
    assert ledger.reverse_all(made, reason="again") == taken[::-1]
    assert ledger.audit() == []


@pytest.mark.django_db
def test_events_by_the_handful_keep_their_order(cast, django_assert_num_queries) -> None:
    rows = [
        happening("noted", organization_id=cast.riverside.pk, actor_id=None, subject=f"task:{n}", number=n, who="Zoë")
        for n in range(20)
    ]
    with django_assert_num_queries(1):
        written = emit_all(rows)
    kept = list(Event.objects.filter(kind="noted").order_by("pk"))
    assert written == kept and emit_all([]) == []
    assert [(one.subject, one.data) for one in kept] == [(f"task:{n}", {"number": n, "who": "Zoë"}) for n in range(20)]


@pytest.mark.django_db(transaction=True)
def test_the_same_earnings_from_many_connections_are_owed_once(cast) -> None:
    """In opposite orders and on accounts that nobody opened yet: no deadlock, nothing twice, nothing missing."""
    connections = Connections(6)
    try:
        for round_ in range(8):
            rows = [replace(one, key=f"{round_}:{one.key}", project_key=_project(round_)) for one in earnings(cast, 10)]
            found = connections.at_once(
                [lambda rows=rows[:: (-1) ** n]: _in_one_transaction(rows) for n in range(6)]  # type: ignore[misc]
            )
            assert {frozenset(one) for one in found} == {frozenset(one.key for one in rows)}
            assert Transfer.objects.filter(key__startswith=f"{round_}:").count() == len(rows)
    finally:
        connections.close()
    assert balance_of(cast.alice, "owed") == 8 * 10 * 50_000
    assert ledger.audit() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_reversals_from_many_connections_take_back_once(cast) -> None:
    connections = Connections(6)
    try:
        for round_ in range(8):
            made = earned([replace(one, key=f"{round_}:{one.key}") for one in earnings(cast, 10)])
            found = connections.at_once(
                [
                    lambda some=made[:: (-1) ** n]: {one.pk for one in ledger.reverse_all(some, reason="anew")}
                    for n in range(6)
                ]
            )
            assert len({frozenset(one) for one in found}) == 1
            assert balance_of(cast.alice, "owed") == 0
    finally:
        connections.close()
    assert Transfer.objects.exclude(reverses=None).count() == 8 * 30
    assert ledger.audit() == []


def _project(number: int):
    return PROJECT.__class__(int=1000 + number)


def _in_one_transaction(rows: list[Earning]) -> list[str]:
    with transaction.atomic():
        return [one.key for one in earned(rows)]
