"""A verdict that several people's answers reach at the same moment is audited once, and answered once."""

from collections.abc import Callable

import pytest

from projects import queue
from projects.models import SecondLook, Verdict
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


def test_answers_at_once_open_one_audit_and_two_reviewers_answer_it_once(cast) -> None:
    project = make.project(cast.riverside, wanted=3, audit_share=1.0)
    task = make.task(make.batch(project), wanted=4)
    mine = [(who, given(who, task)) for who in (cast.alice, cast.bob, cast.carol, cast.mina)]
    all_at_once([lambda who=who, one=one: submission.submit(one, who, one.token, PERSON) for who, one in mine])
    verdict = Verdict.objects.current().get(task=task)
    look = SecondLook.objects.get()
    assert (look.verdict, look.reason, look.state) == (verdict, "audit", "open")

    review = queue.claim_review(task, cast.rita)
    late = all_at_once(
        [
            lambda: refused(lambda: second_looks.dismiss(task, by=cast.olga)),
            lambda: refused(lambda: submission.decide(review, cast.rita, review.token, PLACE)),
        ]
    )
    look.refresh_from_db()
    assert late in ([True, False], [False, False]), "a decision comes through; what it overtook is refused"
    assert look.state == ("answered" if late[0] else "dismissed")
    assert audits.reviewed([task])[task.pk].anew and audits.counts(project, 1.0) == audits.Counts(1, 0, 0)
