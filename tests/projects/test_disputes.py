"""What taskers contest is answered on pages of the application: with the answer beside the verdict, by somebody who
neither judged nor decided it, by the day that was promised; and whom it concerns reads of it in the inbox."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from projects import queue
from projects.models import Project, Task
from projects.workflow import returned_work, submission
from taskers.models import Dispute, Event, Notification
from taskers.money import disputes
from taskers.notifications import inbox
from taskers.people import invitations
from tests.support import make
from tests.support.projects.judging import said
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, review_rate=0)


@pytest.fixture
def task(cast, project) -> Task:
    """Alice says Maria, Bob says Oslo, Mina decides for Alice, and Bob contests that."""
    made = make.task(make.batch(project))
    said(cast.alice, made, make.MARIA)
    said(cast.bob, made, make.OSLO)
    held = queue.claim_review(made, cast.mina)
    submission.decide(held, cast.mina, held.token, make.MARIA, note="Oslo is a place.")
    return made


def contested(cast, task: Task) -> Dispute:
    subject = f"task:{task.public_id}"
    return disputes.open(cast.riverside, cast.bob, subject=subject, text="Oslo is a name.", decided_at=timezone.now())


def told(person) -> list[tuple[str, str]]:
    inbox.tell(Event.objects.order_by("pk"))
    return [(inbox.said(one), one.address) for one in inbox.of(person)]


def test_rita_finds_the_answer_beside_the_verdict_and_answers(cast, task) -> None:
    dispute = contested(cast, task)
    rita = signed_in(cast.rita)
    assert re.search(
        rf'href="{page("disputes")}">Disputes <span[^>]*>1<', rita.get(page("review-list")).content.decode()
    )
    assert "Oslo is a name." in rita.get(page("disputes")).content.decode()
    shown = rita.get(page("dispute", dispute.public_id)).content.decode()
    for words in ("Bob contests a judgement", "Answer of Bob", "Oslo is a place.", "Where the answer differs"):
        assert words in shown, words
    assert page("review", task.public_id) in shown and page("task", task.public_id) not in shown, "Rita manages nothing"
    address = page("dispute-answer", dispute.public_id)
    refused = rita.post(address, {"state": "upheld", "answer": " "})
    assert refused.status_code == 422 and "Give the tasker a reason" in refused.content.decode()
    answer = rita.post(address, {"state": "refused", "answer": "Names of people only."}, follow=True)
    assert "Nothing is contested" in answer.content.decode()
    shown = rita.get(page("disputes"), {"state": "answered"}).content.decode()
    assert "Oslo is a name." in shown and "Rita" in shown
    assert "Names of people only." in rita.get(page("dispute", dispute.public_id)).content.decode()


def test_only_who_is_independent_is_told_and_may_answer(cast, task) -> None:
    dispute = contested(cast, task)
    address = page("dispute", dispute.public_id)
    assert told(cast.rita) == [("Bob contests a judgement: “Oslo is a name.”", address)]
    assert address in {where for _said, where in told(cast.finn)}
    assert address not in {where for _said, where in told(cast.mina)}, "she decided it"
    mina = signed_in(cast.mina)
    assert "Somebody else answers" in mina.get(page("disputes")).content.decode()
    assert "so somebody else answers" in mina.get(address).content.decode()
    answer = mina.post(page("dispute-answer", dispute.public_id), {"state": "upheld", "answer": "Yes."})
    assert (answer.status_code, Dispute.objects.get().state) == (403, "open")


def test_an_answer_that_is_overdue_is_said_to_be_late_and_comes_first(cast, project, task) -> None:
    first = contested(cast, task)
    disputes.open(cast.riverside, cast.alice, subject="task:gone", text="Mine as well.")
    Dispute.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=1))
    shown = signed_in(cast.finn).get(page("disputes")).content.decode()
    assert shown.index("Oslo is a name.") < shown.index("Mine as well.") and shown.count("Late") == 1
    assert "in the archive" in shown, "what it is about can't be found any more"


def test_what_was_decided_anew_since_is_shown_beside(cast, task) -> None:
    dispute = contested(cast, task)
    held = queue.claim_review(task, cast.rita)
    submission.decide(held, cast.rita, held.token, make.OSLO)
    shown = signed_in(cast.finn).get(page("dispute", dispute.public_id)).content.decode()
    assert "Decided anew since" in shown and "when it was contested" in shown
    assert 'data-picture=""' in shown, "finance is shown no media"


def test_the_list_asks_as_often_for_twenty_as_for_one(cast, project, task, django_assert_max_num_queries) -> None:
    contested(cast, task)
    for one in make.tasks(task.batch, 20):
        disputes.open(cast.riverside, cast.alice, subject=f"task:{one.public_id}", text="Why?")
    invitations.grant(cast.riverside, cast.rita, "tasker", by=cast.olga)
    rita = signed_in(cast.rita)
    with django_assert_max_num_queries(10):
        assert rita.get(page("disputes")).content.decode().count("Why?") == 20


def test_whose_work_was_sent_back_reads_so_in_the_inbox(cast, project) -> None:
    made = make.task(make.batch(project))
    said(cast.alice, made, make.MARIA)
    said(cast.bob, made, make.OSLO)
    bobs = made.annotations.get(tasker=cast.bob)
    held = queue.claim_review(made, cast.rita)
    returned_work.send_back(held, cast.rita, held.token, [bobs], reason="label", note="Oslo isn't a person.")
    words, address = next(one for one in told(cast.bob) if "Sent back" in one[0])
    assert "A wrong label: “Oslo isn't a person.”" in words and address == page("my-work-piece", bobs.public_id)
    assert not Notification.objects.filter(person=cast.alice, kind="sent_back").exists()
