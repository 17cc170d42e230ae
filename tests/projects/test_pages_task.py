"""One task's page: its whole history, and what a manager may do about it."""

from urllib.parse import quote_plus

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from projects import queue
from projects.inference.outcome import WHY
from projects.models import Assignment, Project, Task, Verdict
from projects.quality.decision_rule import DOUBTS
from projects.reports import task_history
from projects.workflow import batches, submission, task_actions
from taskers.models import Person
from taskers.skills import skills
from tests.support import make

pytestmark = pytest.mark.django_db

MOST_QUERIES = 16  # each chapter of the history is one query


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside)


@pytest.fixture
def task(project) -> Task:
    return make.task(make.batch(project))


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(client: Client, task: Task) -> str:
    return client.get(reverse("task", args=[task.public_id])).content.decode()


def test_what_came_with_a_task_is_told_as_names_and_values(mina, task) -> None:
    """It was told as Python writes it."""
    task.payload |= {"meta": {"source": "<b>desk</b>", "pages": [3, 4]}}
    Task.objects.filter(pk=task.pk).update(payload=task.payload)
    page = shown(mina, task)
    assert "<dt>pages</dt><dd>3, 4</dd><dt>source</dt><dd>&lt;b&gt;desk&lt;/b&gt;</dd>" in page
    assert "{&#x27;" not in page


def act(client: Client, name: str, key: object, **fields: str):
    return client.post(reverse(name, args=[key]), fields)


def test_page_tells_who_did_what(cast, mina, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    html = shown(mina, task)
    for words in ("Alice", "Bob", "Decided", "Verdict", "earned $0.05", "In the verdict", "Grade 1.00", "Majority"):
        assert words in html
    assert "majority_v1" not in html


@pytest.mark.parametrize(
    ("kind", "linked"), [("human", True), ("service", True), ("model", False), ("imported", False)]
)
def test_names_lead_to_pages_that_there_are_and_to_their_tasks_here(cast, mina, project, task, kind, linked) -> None:
    mine = queue.claim(cast.alice, project)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    Person.objects.filter(pk=cast.alice.pk).update(kind=kind)
    page = shown(mina, task)
    assert (reverse("person-work", args=[cast.alice.public_id]) in page) == linked
    assert f"?tasker={quote_plus(cast.alice.email)}" in page
    names = skills.define(cast.riverside, "Names")
    skills.grant(cast.alice, names, by=cast.mina)
    page = signed_in(cast.olga).get(reverse("skill", args=[names.key])).content.decode()
    assert (reverse("person-work", args=[cast.alice.public_id]) in page) == linked and "Alice" in page


def test_page_says_how_much_one_more_judgement_would_tell(cast, mina, project, task) -> None:
    assert "One more judgement" not in shown(mina, task), "nothing was weighed yet"
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    html = shown(mina, task)
    assert "No answer is likelier than all others. One more judgement would tell much: 0.34 of a bit." in html
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.MARIA)
    assert "One more judgement" not in shown(mina, task)


def test_history_is_whole_and_in_order(cast, project, task) -> None:
    first = make.held(cast.alice, project)
    queue.skip(first, cast.alice, first.token, reason="unclear", note="Which Maria?")
    make.judged(cast.bob, project, make.MARIA)
    make.judged(cast.carol, project, make.MARIA)
    task_actions.requeue(task, by=cast.mina)
    told = task_history.of(task)
    assert [one.text for one in reversed(told.moments)][:3] == ["Loaded in batch First", "Taken up", "Skipped"]
    assert [one.text for one in told.moments][:2] == ["Verdict set aside", "More judgements wanted"]
    assert [one.assignment.tasker for one in told.answers] == [cast.bob, cast.carol]
    assert told.verdict is None
    assert [one.superseded_at is not None for one in told.verdicts] == [True]


def test_why_a_reviewer_is_asked_is_said_in_the_readers_language(cast, project, task) -> None:
    """It was kept in English, with its figures; a manager who reads Spanish is told in Spanish, nested as it may be."""
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    with translation.override("es"):
        details = [one.detail for one in task_history.of(task).moments]
        kept = DOUBTS["unsure"] % {
            "sure": "81%", "answers": 3, "target": "95%", "why": WHY["agree"] % {"group": 2, "count": 3}
        }  # fmt: skip
        told = task_history.note_again(kept)
        again = task_history.note_again(WHY["label"] % {"label": "Fine, or so", "sure": "40%"})
    assert "En espera de revisión: Coinciden como máximo 1 de 2 respuestas; hace falta más de la mitad." in details
    assert told == "81% de seguridad tras 3 respuestas; se pide 95%. Coinciden 2 de 3 respuestas."
    assert again == "La probabilidad de Fine, or so es del 40%."
    assert task_history.note_again("Ask Ana.") == "Ask Ana."


def test_history_counts_money_that_stands(cast, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    task_actions.requeue(task, by=cast.mina)
    make.judged(cast.carol, project, make.MARIA)
    assert [one.earned for one in task_history.of(task).answers] == ["$0.05"] * 3
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, {"spans": []})
    earned = {one.assignment.tasker: one.earned for one in task_history.of(task).answers}
    assert earned[cast.alice] == "$0.00"
    assert earned[cast.rita] == ""


def test_page_asks_little_however_long_the_history(cast, mina, project, task, django_assert_max_num_queries) -> None:
    task_actions.raise_overlap(task, 3, by=cast.mina)
    for tasker in (cast.alice, cast.bob, cast.carol):
        make.judged(tasker, project, make.MARIA)
    with django_assert_max_num_queries(MOST_QUERIES):
        shown(mina, task)


def test_manager_holds_back_and_hands_out_again(mina, task) -> None:
    act(mina, "task-withhold", task.public_id, note="Blurred")
    task.refresh_from_db()
    assert task.withheld == "manager"
    assert "Blurred" in shown(mina, task)
    act(mina, "task-requeue", task.public_id)
    task.refresh_from_db()
    assert task.withheld == ""
    assert Assignment.objects.counting().filter(task=task).count() == task.wanted


def test_odd_letters_in_a_note_break_nothing(mina, task) -> None:
    act(mina, "task-withhold", task.public_id, note="a\x00b" + "c" * 900)
    task.refresh_from_db()
    assert task.withheld == "manager"


def test_manager_sets_a_verdict_aside(cast, mina, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    act(mina, "task-requeue", task.public_id)
    assert not Verdict.objects.current().filter(task=task).exists()
    assert queue.audit().breaches == []


def test_manager_asks_more_people(mina, task) -> None:
    act(mina, "task-overlap", task.public_id, wanted="5")
    task.refresh_from_db()
    assert task.wanted == 5
    assert queue.audit().breaches == []


@pytest.mark.parametrize("wanted", ["1", "51", "many", "", "٣", "999999999999"])
def test_overlap_that_cannot_be_is_said(mina, task, wanted: str) -> None:
    answer = mina.post(reverse("task-overlap", args=[task.public_id]), {"wanted": wanted}, follow=True)
    assert "at most 50" in answer.content.decode()
    task.refresh_from_db()
    assert task.wanted == 2


def test_manager_takes_work_back(cast, mina, project, task) -> None:
    mine = make.held(cast.alice, project)
    act(mina, "assignment-release", mine.public_id)
    mine.refresh_from_db()
    assert (mine.state, mine.reason) == ("released", "by-manager")
    again = mina.post(reverse("assignment-release", args=[mine.public_id]), follow=True)
    assert "Nobody holds this work" in again.content.decode()


def test_withholding_twice_is_said(mina, task) -> None:
    act(mina, "task-withhold", task.public_id)
    answer = mina.post(reverse("task-withhold", args=[task.public_id]), follow=True)
    assert "withheld already" in answer.content.decode()


ACTIONS = ("task-requeue", "task-withhold", "task-overlap")


def test_an_answer_is_voided_with_a_reason_and_done_again(cast, mina, project, task) -> None:
    done = make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    assert "Have it done again" in shown(mina, task)
    key = done.assignment.public_id
    act(mina, "assignment-rework", key, reason=" ")
    assert Verdict.objects.current().exists(), "not without a reason"
    act(mina, "assignment-rework", key, reason="The span is too long.")
    voided = Assignment.objects.get(public_id=key)
    assert voided.voided_at and voided.void_reason == "The span is too long."
    assert not Verdict.objects.current().exists()
    assert make.held(cast.carol, project).task == task
    assert act(signed_in(cast.rita), "assignment-rework", key, reason="x").status_code == 403


def test_task_of_a_cancelled_batch_is_still_told(cast, mina, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    batches.move(task.batch, "cancelled", by=cast.mina)
    assert "Alice" in shown(mina, task)
