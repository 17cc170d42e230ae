"""Finance's days: what may be paid yet, what came back, what is given on top."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from taskers.audit.trail import Kind
from taskers.errors import StateConflict
from taskers.models import (
    AuditRecord,
    Bonus,
    Event,
    PayeeDetails,
    ReconciledFile,
    Transfer,
)
from taskers.money import (
    bonuses,
    disputes,
    ledger,
    origins,
    pay_terms,
    payouts,
    reconciling,
    returns,
)
from taskers.money.independence import PaidByIt, SamePerson
from taskers.notifications.kinds import payouts as payout_paid
from taskers.people import payees
from tests.support.taskers.money import PROJECT, ago, balance_of, earn, file_of, with_the_processor

pytestmark = pytest.mark.django_db


# --- what may be paid yet


def refused_as(cast, why: str, **which) -> None:
    """Making a run says that nobody can be paid, and why."""
    with pytest.raises(payouts.NothingOwed) as refused:
        payouts.propose(cast.riverside, cast.finn, **which)
    assert refused.value.text == why


def test_what_is_earned_waits_for_its_hold_period_and_what_is_taken_back_meanwhile_never_goes_out(cast) -> None:
    pay_terms.change(cast.riverside, cast.finn, hold_days=7)
    ago(earn(cast, cast.alice, 5_000_000), days=8)
    earn(cast, cast.alice, 3_000_000)
    doubtful = earn(cast, cast.bob, 2_000_000)
    (hers, his) = ledger.owing(ledger.owed_accounts(cast.riverside), 7)
    assert (hers.amount, hers.held, hers.payable) == (8_000_000, 3_000_000, 5_000_000)
    assert (his.payable, his.held) == (0, 2_000_000)
    ledger.reverse(doubtful, reason="decided anew")
    payout = payouts.propose(cast.riverside, cast.finn)
    assert list(payout.items.values_list("tasker__name", "cents")) == [("Alice", 500)]
    assert balance_of(cast.alice, "owed") == 3_000_000
    (hers, _his) = ledger.owing(ledger.owed_accounts(cast.riverside), 90)
    assert (hers.amount, hers.held) == (3_000_000, 3_000_000)  # a longer period holds nothing that is in a run already
    refused_as(cast, "What is owed is still within the hold period. A run pays it afterwards.")
    ago(earn(cast, cast.bob, 10_000), days=8)
    pay_terms.change(cast.riverside, cast.finn, minimum_cents=2)
    refused_as(cast, "What is owed is still within the hold period, or below the smallest payout of $0.02.")


def test_what_was_paid_too_much_is_made_up_for_before_anything_is_payable(cast) -> None:
    pay_terms.change(cast.riverside, cast.finn, hold_days=7)
    first = earn(cast, cast.alice, 5_000_000)
    ago(first, days=9)
    payouts.propose(cast.riverside, cast.finn)
    ledger.reverse(first, reason="decided anew")
    earn(cast, cast.alice, 4_000_000)
    (hers,) = ledger.owing(ledger.owed_accounts(cast.riverside), 7)
    assert (hers.amount, hers.held, hers.payable) == (-1_000_000, 0, -1_000_000)
    with pytest.raises(payouts.NothingOwed):
        payouts.propose(cast.riverside, cast.finn)


def test_small_sums_wait_for_the_minimum_and_a_run_may_be_of_chosen_people(cast) -> None:
    pay_terms.change(cast.riverside, cast.finn, minimum_cents=1_000)
    for person, amount in ((cast.alice, 9_990_000), (cast.bob, 10_000_000), (cast.carol, 30_000_000)):
        earn(cast, person, amount)
    chosen = payouts.propose(cast.riverside, cast.finn, people=[cast.alice.pk, cast.carol.pk])
    assert list(chosen.items.values_list("tasker__name", "cents")) == [("Carol", 3_000)]
    rest = payouts.propose(cast.riverside, cast.finn)
    assert list(rest.items.values_list("tasker__name", "cents")) == [("Bob", 1_000)]
    refused_as(cast, "What is owed is below the smallest payout of $10.00.")
    refused_as(cast, "Choose first whom the run pays.", people=[])


def test_terms_out_of_reason_are_refused_and_a_change_is_on_record(cast) -> None:
    with pytest.raises(pay_terms.BadTerms):
        pay_terms.change(cast.riverside, cast.finn, hold_days=-1)
    pay_terms.change(cast.riverside, cast.finn, hold_days=3)
    pay_terms.change(cast.riverside, cast.finn, hold_days=3)
    (record,) = AuditRecord.objects.filter(kind=Kind.PAY_CHANGED)
    assert (record.actor, record.detail) == (cast.finn, {"hold_days": [0, 3]})


# --- what comes back


def test_what_a_processor_could_not_pay_is_owed_again_once_two_have_seen_it_and_is_asked_for_by_a_new_key(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000)
    hers, his = payout.items.order_by("pk")
    asked = returns.ask(hers, cast.finn, reason="Account closed")
    payouts.settle(payout, cast.finn, reference="ACH 7")
    assert (balance_of(cast.alice, "in_payout"), balance_of(cast.bob, "paid")) == (2_000_000, 1_000_000)
    with pytest.raises(SamePerson):
        returns.confirm(asked, cast.finn)
    returns.confirm(asked, cast.fay)
    assert (balance_of(cast.alice, "in_payout"), balance_of(cast.alice, "owed")) == (0, 2_000_000)
    with pytest.raises(StateConflict):
        returns.confirm(asked, cast.olga)
    with pytest.raises(StateConflict):
        returns.ask(hers, cast.finn, reason="Again")
    later = returns.confirm(returns.ask(his, cast.fay, reason="Came back"), cast.olga)
    assert (later.state, balance_of(cast.bob, "paid"), balance_of(cast.bob, "owed")) == ("confirmed", 0, 1_000_000)
    again = payouts.propose(cast.riverside, cast.finn)
    assert not {one.key for one in again.items.all()} & {hers.key, his.key}
    assert ledger.audit() == []


def test_what_was_said_to_be_returned_but_was_paid_stays_paid_and_who_is_paid_confirms_nothing(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, olga=1_000_000)
    asked = returns.ask(payout.items.get(tasker=cast.alice), cast.finn, reason="No account")
    payouts.settle(payout, cast.fay, reference="ACH 8")
    with pytest.raises(PaidByIt):
        returns.confirm(asked, cast.olga)
    returns.refuse(asked, cast.fay)
    assert (balance_of(cast.alice, "paid"), ledger.audit()) == (2_000_000, [])
    assert returns.ask(asked.item, cast.finn, reason="Now it came back").state == "asked"


def test_a_run_is_called_off_with_what_was_asked_about_and_what_is_returned_moves_once(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000, carol=500_000)
    hers, his, _carols = payout.items.order_by("pk")
    returns.confirm(returns.ask(hers, cast.finn, reason="No account"), cast.fay)
    returns.ask(his, cast.finn, reason="No account")
    payouts.cancel(payout, cast.finn)
    payouts.cancel(payout, cast.fay)
    owed = [balance_of(one, "owed") for one in (cast.alice, cast.bob, cast.carol)]
    assert (owed, ledger.audit()) == ([2_000_000, 1_000_000, 500_000], [])
    again = payouts.propose(cast.riverside, cast.finn)
    keys = dict(again.items.values_list("tasker__name", "key"))
    assert keys["Bob"] == his.key and keys["Alice"] != hers.key, "only the processor's no lets a debt have another key"


def test_the_table_asks_no_more_for_what_came_back_for_certain(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000)
    hers, his = payout.items.order_by("pk")
    asked = [returns.ask(one, cast.finn, reason="No account") for one in (hers, his)]
    assert [row[0] for row in payouts.export(payout, cast.finn)[1:]] == [hers.key, his.key], "nothing is certain yet"
    returns.confirm(asked[0], cast.fay)
    assert [row[0] for row in payouts.export(payout, cast.finn)[1:]] == [his.key]


def test_who_is_told_to_be_paid_is_nobody_whose_money_came_back(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000, carol=500_000)
    hers, his, _carols = payout.items.order_by("pk")
    returns.ask(hers, cast.finn, reason="No account")
    returns.confirm(returns.ask(his, cast.finn, reason="No account"), cast.fay)
    payouts.settle(payout, cast.finn, reference="ACH 7")
    assert [one.person for one in payout_paid.hear(Event.objects.filter(kind="payout_settled"))] == [cast.carol.pk]


# --- the processor's file


def test_a_file_that_agrees_settles_the_run_and_the_same_file_again_changes_nothing(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000, carol=500_000)
    file = file_of(payout, ("Bob", "1.00", "failed"))
    found = reconciling.compare(payout, file)
    assert [(one.tasker, one.state) for one in found.lines] == [
        ("Alice", "matched"),
        ("Bob", "returned"),
        ("Carol", "matched"),
    ]
    assert Transfer.objects.filter(key__endswith=":settle").count() == 0, "nothing is written by looking"
    first = reconciling.apply(payout, cast.finn, file, reference="ACH 9")
    assert reconciling.apply(payout, cast.finn, file, reference="ACH 9") == first
    payout.refresh_from_db()
    assert (payout.state, balance_of(cast.alice, "paid"), balance_of(cast.bob, "in_payout")) == (
        "settled",
        2_000_000,
        1_000_000,
    )
    returns.confirm(payout.items.get(tasker=cast.bob).returns.get(), cast.fay)
    assert (balance_of(cast.bob, "owed"), ledger.audit()) == (1_000_000, [])


def test_a_file_that_differs_writes_nothing(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000, carol=500_000)
    file = file_of(payout, ("Bob", "10.00", "paid"), leave_out="Carol", more="stranger,1.00,USD,paid,")
    found = reconciling.compare(payout, file)
    states = [(one.tasker, one.state) for one in found.lines]
    assert states == [("Alice", "matched"), ("Bob", "differing"), ("", "unmatched"), ("Carol", "missing")]
    before = Transfer.objects.count()
    with pytest.raises(reconciling.Differs):
        reconciling.apply(payout, cast.finn, file, reference="ACH 9")
    payout.refresh_from_db()
    assert (payout.state, Transfer.objects.count()) == ("approved", before)


def test_paid_by_the_file_but_returned_by_hand_differs(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000, bob=1_000_000, carol=500_000)
    hers, his, _carols = payout.items.order_by("pk")
    returns.ask(hers, cast.finn, reason="No account")
    returns.confirm(returns.ask(his, cast.finn, reason="No account"), cast.fay)
    found = reconciling.compare(payout, file_of(payout))
    assert [one.state for one in found.lines] == ["differing", "differing", "matched"]
    assert found.lines[0].note == found.lines[1].note == "It was said that this came back."
    with pytest.raises(reconciling.Differs):
        reconciling.apply(payout, cast.finn, file_of(payout), reference="ACH 9")


def test_no_file_is_applied_to_a_run_that_was_called_off(cast) -> None:
    payout = with_the_processor(cast, alice=2_000_000)
    for person in (cast.finn, cast.fay):
        payouts.cancel(payout, person)
    with pytest.raises(StateConflict, match="approved or settled"):
        reconciling.apply(payout, cast.finn, file_of(payout), reference="ACH 9")
    assert not ReconciledFile.objects.exists()


@pytest.mark.parametrize(
    "file",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2", b"payment_key,status\n\x00,paid", b"payment_key;amount\nx;1"],
    ids=["nothing", "no text", "other columns", "a null", "no status"],
)
def test_what_is_no_table_of_a_processor_is_refused(cast, file: bytes) -> None:
    payout = with_the_processor(cast, alice=2_000_000)
    with pytest.raises(reconciling.BadFile):
        reconciling.compare(payout, file)


@pytest.mark.parametrize("said", ["NaN", "Infinity", "1e999999", "-20.00", "20.001", "2O.00"])
def test_an_amount_that_is_none_differs(cast, said: str) -> None:
    payout = with_the_processor(cast, alice=20_000_000)
    (line,) = reconciling.compare(payout, file_of(payout, ("Alice", said, "paid"))).lines
    assert line.state == "differing"


# --- on top


def test_a_bonus_is_given_at_once_or_above_an_amount_by_two(cast) -> None:
    terms = {"tasker": cast.alice, "project_key": PROJECT, "reason": "The night shift"}
    small = bonuses.give(cast.riverside, cast.mina, amount=50_000_000, **terms)
    large = bonuses.give(cast.riverside, cast.mina, amount=50_000_001, **terms)
    assert (small.state, large.state, balance_of(cast.alice, "owed")) == ("given", "proposed", 50_000_000)
    with pytest.raises(SamePerson):
        bonuses.approve(large, cast.mina)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bonus.objects.filter(pk=large.pk).update(state="given")
    bonuses.approve(large, cast.finn)
    assert balance_of(cast.alice, "owed") == 100_000_001
    bonuses.take_back(large, cast.finn)
    with pytest.raises(StateConflict):
        bonuses.take_back(large, cast.finn)
    assert (balance_of(cast.alice, "owed"), ledger.audit()) == (50_000_000, [])


def test_nobody_gives_themselves_a_bonus_nor_one_without_a_reason_or_a_tasker(cast) -> None:
    good = {"tasker": cast.alice, "project_key": PROJECT, "amount": 1_000_000, "reason": "Help"}
    with pytest.raises(bonuses.OwnBonus):
        bonuses.give(cast.riverside, cast.alice, **good)
    for bad in ({"reason": " "}, {"amount": 0}, {"tasker": cast.ned}):
        with pytest.raises(bonuses.BadBonus):
            bonuses.give(cast.riverside, cast.mina, **good | bad)
    pay_terms.change(cast.riverside, cast.finn, bonus_alone=0)
    waiting = bonuses.give(cast.riverside, cast.mina, **good)
    with pytest.raises(bonuses.OwnBonus):
        bonuses.approve(waiting, cast.alice)
    assert bonuses.refuse(waiting, cast.finn).state == "refused"
    assert Transfer.objects.count() == 0


# --- where it goes


def test_where_money_goes_lies_sealed_and_whoever_looks_is_on_record(cast) -> None:
    told = {"legal_name": "Alice Arnold", "country": "NO", "account": "NO9386011117947", "tax_number": "01010112345"}
    payees.tell(cast.riverside, cast.alice, told)
    assert "NO93" not in PayeeDetails.objects.get().sealed
    assert payees.own(cast.riverside, cast.alice)["account"] == "…7947"
    assert payees.view(cast.riverside, cast.alice, cast.finn)["account"] == "NO9386011117947"
    (record,) = AuditRecord.objects.filter(kind=Kind.PAYEE_VIEWED)
    assert (record.actor, record.person) == (cast.finn, cast.alice)
    with pytest.raises(payees.BadDetails):
        payees.tell(cast.riverside, cast.alice, told | {"account": " "})
    assert payees.view(cast.hilltop, cast.alice, cast.nils) == {}


def test_a_new_key_of_the_box_takes_payee_details_along(cast) -> None:
    payees.tell(cast.riverside, cast.alice, {"legal_name": "Alice", "country": "NO", "account": "12345678"})
    payees.secret_box.rotate()
    assert payees.PLACE.used() == {payees.secret_box.keys()[0].name: 1}
    assert payees.view(cast.riverside, cast.alice, cast.finn)["account"] == "12345678"


# --- from a cent to the answer


def test_a_cent_leads_to_the_work_that_earned_it(cast) -> None:
    first, second = earn(cast, cast.alice, 1_500_000), earn(cast, cast.alice, 1_004_000)
    one = payouts.propose(cast.riverside, cast.finn).items.get()
    third = earn(cast, cast.alice, 2_000_000)
    ledger.reverse(earn(cast, cast.alice, 9_000_000), reason="decided anew")
    two = payouts.propose(cast.riverside, cast.fay).items.get()
    assert [(row.key, row.part) for row in origins.of(one)] == [(first.key, 1_500_000), (second.key, 1_000_000)]
    assert [(row.key, row.part) for row in origins.of(two)] == [(second.key, 4_000), (third.key, 1_996_000)]
    ledger.reverse(second, reason="decided anew")
    assert sum(row.part for row in origins.of(two)) == two.cents * 10_000, "it says the same for ever"


# --- disputes


def test_a_decision_is_contested_within_its_window_and_an_answer_is_promised(cast) -> None:
    pay_terms.change(cast.riverside, cast.finn, dispute_days=5, answer_days=2)
    told = {"subject": "task:1", "text": "It is a ship."}
    with pytest.raises(disputes.TooLate):
        disputes.open(cast.riverside, cast.alice, decided_at=timezone.now() - timedelta(days=6), **told)
    dispute = disputes.open(cast.riverside, cast.alice, decided_at=timezone.now() - timedelta(days=4), **told)
    assert timedelta(days=1) < dispute.due_at - timezone.now() <= timedelta(days=2)
