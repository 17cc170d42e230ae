"""What taskers contest is answered on pages of the application: with the answer beside the verdict, by somebody who
neither judged nor decided it, by the day that was promised; and whom it concerns reads of it in the inbox."""

import random
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from projects import queue
from projects.models import Gold, Project, Task
from projects.quality import audit_rounds
from projects.quality.gold import grading
from projects.workflow import returned_work, submission, task_actions
from taskers.audit.trail import Kind
from taskers.models import AuditRecord, Dispute, Event, Notification
from taskers.money import disputes
from taskers.notifications import inbox
from taskers.people import invitations
from tests.support import make
from tests.support.projects.gold_in_my_work import gold, gold_of
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


def test_the_admin_leads_there_whom_the_page_admits(cast, project) -> None:
    rae = make.person("Rae")
    invitations.grant(cast.riverside, rae, "reviewer", by=cast.olga, project_key=project.public_id)
    link = f'href="{page("disputes")}"'
    assert link in signed_in(cast.rita).get("/admin/").content.decode()
    browser = signed_in(rae)
    shown = browser.get("/admin/").content.decode()
    assert "Waiting for review" in shown and link not in shown
    assert browser.get(page("disputes")).status_code == 404


def test_an_answer_that_is_overdue_is_said_to_be_late_and_comes_first(cast, project, task) -> None:
    first = contested(cast, task)
    disputes.open(cast.riverside, cast.alice, subject="task:gone", text="Mine as well.")
    Dispute.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=1))
    shown = signed_in(cast.finn).get(page("disputes")).content.decode()
    assert shown.index("Oslo is a name.") < shown.index("Mine as well.") and shown.count("Late") == 1
    assert "in the archive" in shown, "what it is about can't be found any more"


def test_what_was_decided_anew_since_is_shown_beside(cast, task) -> None:
    dispute = contested(cast, task)
    # Upholding alone changes nothing of the task, and the page leads on to what does.
    upheld = {"state": "upheld", "answer": "It is a place."}
    rita, unfinished = signed_in(cast.rita), "decided anew yet"
    shown = rita.post(page("dispute-answer", dispute.public_id), upheld, follow=True).content.decode()
    assert unfinished in shown and shown.count(page("review", task.public_id)) == 2
    Dispute.objects.update(state="open")
    held = queue.claim_review(task, cast.rita)
    submission.decide(held, cast.rita, held.token, make.OSLO)
    shown = rita.get(page("dispute", dispute.public_id)).content.decode()
    assert "Decided anew since" in shown and "when it was contested" in shown and unfinished not in shown
    shown = signed_in(cast.finn).get(page("dispute", dispute.public_id)).content.decode()
    assert "Oslo is a place." in shown and page("dispute-answer", dispute.public_id) in shown
    assert "task-view" not in shown and make.TEXT not in shown, "finance is shown money and no work"
    seen = AuditRecord.objects.filter(kind=Kind.MONEY_VIEWED, actor=cast.finn)
    assert [one.subject for one in seen] == [f"dispute:{dispute.public_id}"]


def test_work_that_was_compared_with_a_known_answer_shows_that_to_whoever_judges_and_to_nobody_else(
    cast, project
) -> None:
    task = gold(make.batch(project))
    Gold.objects.filter(task=task).update(made_by=cast.mina)
    bobs = gold_of(cast.bob, task, make.OSLO)
    grading.pay(bobs.assignment, bobs)
    dispute = contested(cast, task)
    address = page("dispute", dispute.public_id)
    shown = signed_in(cast.rita).get(address).content.decode()
    for words in ("What was held right", "Where the answer differs", "$0.05"):
        assert words in shown, words
    assert page("review", task.public_id) not in shown, "it is nobody's to decide"
    for role in ("reviewer", "finance"):
        invitations.grant(cast.riverside, cast.bob, role, by=cast.olga)
    shown = signed_in(cast.bob).get(address).content.decode()
    assert "Answer of Bob" in shown and "$0.05" in shown
    assert "What was held right" not in shown and "differs" not in shown and '"known"' not in shown
    mina = signed_in(cast.mina)
    assert "Somebody else answers" in mina.get(page("disputes")).content.decode(), "she made the known answer"
    answer = mina.post(page("dispute-answer", dispute.public_id), {"state": "upheld", "answer": "Yes."})
    assert answer.status_code == 403


def test_work_paid_without_a_verdict_shows_what_it_earned(cast, project) -> None:
    made = make.task(make.batch(project))
    said(cast.bob, made, make.OSLO)
    task_actions.cancel(made, by=cast.mina)
    shown = signed_in(cast.rita).get(page("dispute", contested(cast, made).public_id)).content.decode()
    assert "$0.05" in shown


def test_whoever_may_be_drawn_to_look_blind_is_not_told_what_was_decided(cast, project, task) -> None:
    dispute = contested(cast, task)
    audit_rounds.review_reviewers(project, 1, by=cast.mina, dice=random.Random(1))
    shown = signed_in(cast.rita).get(page("dispute", dispute.public_id)).content.decode()
    assert "Answer of Bob" in shown and "that may be you" in shown
    for words in ("Verdict", "Oslo is a place.", "differs", page("review", task.public_id), '"then"'):
        assert words not in shown, words
    shown = signed_in(cast.finn).get(page("dispute", dispute.public_id)).content.decode()
    assert "Oslo is a place." in shown, "finance reviews nothing"


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
