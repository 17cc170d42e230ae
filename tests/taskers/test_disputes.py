"""Contesting a judgement, and answering."""

import pytest

from taskers.errors import StateConflict
from taskers.models import Dispute, Event, Transfer
from taskers.money import disputes
from taskers.money.disputes import AlreadyContested, BadDispute, OwnDispute

pytestmark = pytest.mark.django_db
SUBJECT = "task:00000000-0000-0000-0000-000000000001"


def contested(cast, tasker=None) -> Dispute:
    return disputes.open(cast.riverside, tasker or cast.alice, subject=SUBJECT, text=" Look at rule 3. ")


def test_a_dispute_is_opened_once_at_a_time(cast) -> None:
    assert contested(cast).text == "Look at rule 3."
    with pytest.raises(AlreadyContested):
        contested(cast)
    assert Dispute.objects.count() == 1
    contested(cast, cast.bob)  # what others contest is theirs
    assert Event.objects.filter(kind="dispute_opened", subject=SUBJECT).count() == 2


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_dispute_says_something_and_not_everything(text, cast) -> None:
    with pytest.raises(BadDispute):
        disputes.open(cast.riverside, cast.alice, subject=SUBJECT, text=text)
    assert not Dispute.objects.exists()


def test_an_answer_is_given_once_with_a_reason(cast) -> None:
    dispute = contested(cast)
    for state, text in (("upheld", " "), ("open", "Yes"), ("", "Yes")):
        with pytest.raises(BadDispute):
            disputes.answer(dispute, cast.rita, state=state, text=text)
    disputes.answer(dispute, cast.rita, state="upheld", text="You are right.")
    assert (dispute.state, dispute.answer, dispute.answered_by) == ("upheld", "You are right.", cast.rita)
    with pytest.raises(StateConflict):
        disputes.answer(dispute, cast.finn, state="refused", text="No.")
    dispute.refresh_from_db()
    assert dispute.state == "upheld"


def test_nobody_answers_their_own(cast) -> None:
    dispute = contested(cast, cast.rita)
    with pytest.raises(OwnDispute):
        disputes.answer(dispute, cast.rita, state="upheld", text="I am right.")


def test_upholding_moves_no_money_by_itself(cast) -> None:
    disputes.answer(contested(cast), cast.rita, state="upheld", text="You are right.")
    assert not Transfer.objects.exists()


def test_what_was_answered_may_be_contested_again(cast) -> None:
    disputes.answer(contested(cast), cast.rita, state="refused", text="Rule 4 says otherwise.")
    assert contested(cast).state == "open"
