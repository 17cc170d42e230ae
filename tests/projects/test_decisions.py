"""A reviewer takes back their last decision: the task waits again, and money and grades follow as on any reopening."""

import random

import pytest
from django.db import connection
from django.utils import timezone

from projects import queue
from projects.errors import LaterOnIt, NotTheLast
from projects.models import BatchProgress, Project, SecondLook, Task, Verdict
from projects.quality import audit_rounds
from projects.reports import progress
from projects.workflow import batches, decisions, submission
from taskers.errors import StateConflict
from taskers.models import Event, Grade
from taskers.money import disputes, ledger
from tests.support import make, owner
from tests.support.projects.judging import said
from tests.support.projects.managing import page, signed_in
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=2, review_rate=200_000)


def in_doubt(cast, project, number: int = 1) -> list[Task]:
    """Tasks on which Alice and Bob disagree."""
    tasks = make.tasks(make.batch(project), number)
    for task in tasks:
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.OSLO)
    return tasks


def decided(reviewer, task: Task, answer: dict = make.MARIA) -> Verdict:
    held = queue.claim_review(task, reviewer)
    return submission.decide(held, reviewer, held.token, answer)


def owed(cast, *names: str) -> list[int]:
    found = {person.pk: amount for person, amount in ledger.owed(cast.riverside)}
    return [found.get(getattr(cast, name).pk, 0) for name in names]


def test_the_last_decision_is_taken_back_and_everybody_is_paid_by_the_next_one_once(cast, project) -> None:
    (task,) = in_doubt(cast, project)
    first = decided(cast.rita, task)
    assert owed(cast, "alice", "bob", "rita") == [50_000, 0, 200_000]
    decisions.take_back(task, by=cast.rita)
    task.refresh_from_db()
    first.refresh_from_db()
    assert (task.withheld, task.wanted, first.superseded_at is not None) == ("review", 2, True)
    assert [one.pk for one in queue.waiting_for_review([project])] == [task.pk]
    assert owed(cast, "alice", "bob", "rita") == [50_000, 0, 0], "answers keep theirs until the next verdict"
    assert queue.audit().breaches == [] and ledger.audit() == []

    second = decided(cast.rita, task, make.OSLO)
    assert owed(cast, "alice", "bob", "rita") == [0, 50_000, 200_000]
    newest = {one.subject: one for one in Grade.objects.order_by("pk")}
    assert {one.detail["verdict"] for one in newest.values()} == {str(second.public_id)} and len(newest) == 2
    assert queue.audit().breaches == [] and ledger.audit() == []
    progress.add(Event.objects.order_by("pk"))
    found = BatchProgress.objects.get(batch=task.batch_id)
    assert (found.decided, found.in_review, found.spent) == (1, 0, 2)


def test_only_the_last_one_once_and_only_by_whoever_made_it(cast, project) -> None:
    older, newer = in_doubt(cast, project, 2)
    decided(cast.rita, older)
    decided(cast.rita, newer)
    with pytest.raises(NotTheLast):
        decisions.take_back(older, by=cast.rita)
    with pytest.raises(NotTheLast):
        decisions.take_back(newer, by=cast.mina)
    decisions.take_back(newer, by=cast.rita)
    for task in (newer, older):
        with pytest.raises(NotTheLast):
            decisions.take_back(task, by=cast.rita)
    decided(cast.mina, newer)
    rows = decisions.of(cast.rita, [project])
    assert [(one.verdict.task_id, one.stands, one.last) for one in rows] == [
        (newer.pk, False, False),
        (older.pk, True, False),
    ]
    assert rows[0].now is not None and rows[0].now.decided_by == cast.mina


def test_the_last_one_is_found_by_an_index_however_much_was_decided(cast, project) -> None:
    (task,) = in_doubt(cast, project)
    decided(cast.rita, task)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_verdict")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = Verdict.objects.filter(decided_by=cast.rita).order_by("-pk")[:1].explain()
    assert "verdict_decided_by" in plan and "Filter" not in plan, plan


@pytest.mark.parametrize(
    "what",
    ["dispute", "dispute answered", "second look", "open look", "dismissed look", "another review", "batch"],
)
def test_nothing_is_taken_back_that_something_newer_stands_on(cast, project, what: str) -> None:
    (task,) = in_doubt(cast, project)
    if what == "second look":
        verdict = decided(cast.mina, task)
        terms = {"project": project, "task": task, "verdict": verdict, "before": 1.0, "now": 0.4}
        SecondLook.objects.create(reason="audit", **terms)
    subject = f"task:{task.public_id}"
    if what == "dispute answered":
        contested = disputes.open(cast.riverside, cast.bob, subject=subject, text="No.", decided_at=timezone.now())
    verdict = decided(cast.rita, task)
    if what == "dispute":
        disputes.open(cast.riverside, cast.bob, subject=subject, text="No.", decided_at=timezone.now())
    elif what == "dispute answered":
        disputes.answer(contested, cast.finn, state="upheld", text="Decided anew.")
    elif what in {"open look", "dismissed look"}:
        audit_rounds.review_reviewers(project, 1, by=cast.mina, dice=random.Random(1))
        if what == "dismissed look":  # as they could be before audits had to be decided
            SecondLook.objects.update(state=SecondLook.State.DISMISSED)
    elif what == "another review":
        queue.claim_review(task, cast.mina)
    elif what == "batch":
        batches.move(task.batch, "closed", by=None)
    assert what == "batch" or not decisions.of(cast.rita, [project])[0].last, "it isn't offered either"
    with pytest.raises(StateConflict if what == "batch" else LaterOnIt):
        decisions.take_back(task, by=cast.rita)
    assert Verdict.objects.current().get(task=task).decided_by == cast.rita


def test_a_reviewer_who_looks_at_their_decision_again_takes_it_back_all_the_same(cast, project) -> None:
    (task,) = in_doubt(cast, project)
    decided(cast.rita, task)
    held = queue.claim_review(task, cast.rita)
    decisions.take_back(task, by=cast.rita)
    held.refresh_from_db()
    assert held.state == "released" and queue.next_review([project], cast.rita) == task


def test_a_reviewer_finds_what_they_decided_and_takes_it_back_there(cast, project) -> None:
    older, newer = in_doubt(cast, project, 2)
    decided(cast.rita, older)
    decided(cast.rita, newer)
    rita = signed_in(cast.rita)
    assert page("review-decisions") in rita.get(page("review-list")).content.decode()
    shown = rita.get(page("review-decisions")).content.decode()
    assert shown.index("First-1") < shown.index("First-0") and shown.count("It stands") == 2
    assert shown.count("take-back/") == 1 and page("review-take-back", newer.public_id) in shown
    answer = rita.post(page("review-take-back", newer.public_id), follow=True)
    assert "Taken back" in answer.content.decode() and "Opened again" in answer.content.decode()
    answer = rita.post(page("review-take-back", older.public_id))
    assert answer.status_code == 409 and "Only your last decision" in answer.content.decode()


def test_a_program_takes_its_persons_last_decision_back(cast, project) -> None:
    older, newer = in_doubt(cast, project, 2)
    decided(cast.rita, older)
    decided(cast.rita, newer)
    rita = Api(cast.rita, cast.riverside, "review")
    listed = rita.get("review-decisions").json()["results"]
    assert [(one["task"], one["last"]) for one in listed] == [
        (str(newer.public_id), True),
        (str(older.public_id), False),
    ]
    assert rita.post("review-take-back", newer.public_id, body={}).json() == {"task": str(newer.public_id)}
    refused(rita.post("review-take-back", older.public_id, body={}), 409, "not-the-last")
    rest = rita.get("review-decisions", before=listed[0]["verdict"]).json()["results"]
    assert [one["task"] for one in rest] == [str(older.public_id)]
