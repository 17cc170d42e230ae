"""A verdict that several people's answers reach at the same moment is audited once, and answered once."""

from collections.abc import Callable
from functools import partial

import pytest

from projects import queue
from projects.models import SecondLook, Task, Verdict
from projects.quality import audits, second_looks
from projects.workflow import submission
from taskers.errors import Problem
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.judging import PERSON, PLACE, given

pytestmark = pytest.mark.django_db(transaction=True)


def refused(call: Callable[[], object]) -> bool:
    """Whether it came too late."""
    try:
        call()
    except Problem:
        return True
    return False


def audited(cast) -> Task:
    """What four people answered at the same moment."""
    task = make.task(make.batch(make.project(cast.riverside, wanted=3, audit_share=1.0)), wanted=4)
    mine = [(who, given(who, task)) for who in (cast.alice, cast.bob, cast.carol, cast.mina)]
    all_at_once([lambda who=who, one=one: submission.submit(one, who, one.token, PERSON) for who, one in mine])
    return task


def test_answers_at_once_open_one_audit_which_is_answered_once(cast) -> None:
    task = audited(cast)
    verdict = Verdict.objects.current().get(task=task)
    look = SecondLook.objects.get()
    assert (look.verdict, look.reason, look.state) == (verdict, "audit", "open")

    review = queue.claim_review(task, cast.rita)
    decide = partial(submission.decide, review, cast.rita, review.token)
    all_at_once([lambda answer=answer: refused(lambda: decide(answer)) for answer in (PERSON, PLACE)])
    look.refresh_from_db()
    assert look.state == "answered" and Verdict.objects.filter(task=task).count() == 2
    assert audits.reviewed([task])[task.pk].anew
    assert audits.counts(task.project, 1.0) == audits.Counts(answered=1, open=0, in_review=0)


def test_of_leaving_a_verdict_as_it_is_and_deciding_it_the_decision_comes_through(cast) -> None:
    task = audited(cast)
    SecondLook.objects.update(reason=SecondLook.Reason.RULE)
    review = queue.claim_review(task, cast.rita)
    late = all_at_once(
        [
            lambda: refused(lambda: second_looks.dismiss(task, by=cast.olga)),
            lambda: refused(lambda: submission.decide(review, cast.rita, review.token, PLACE)),
        ]
    )
    assert late in ([True, False], [False, False]), "what it overtook is refused"
    assert SecondLook.objects.get().state == ("answered" if late[0] else "dismissed")
    assert Verdict.objects.current().get(task=task).decided_by == cast.rita
