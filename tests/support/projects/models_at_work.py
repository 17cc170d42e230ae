"""Max, a model, among the annotators of a project at Riverside."""

import pytest

from projects import queue
from projects.annotators import answers, lifecycle, outcomes
from projects.models import Assignment, ModelAnnotator, ModelAnswer, Task
from projects.workflow import submission
from taskers.models import Event
from tests.support import make
from tests.support.projects.judging import given

RIGHT, WRONG = make.MARIA, make.OSLO
SURE, UNSURE = 0.99, 0.6


def project_of(cast, name="Names in reports", **terms):
    return make.project(cast.riverside, name, **{"wanted": 1, "copilot": False} | terms)


@pytest.fixture
def project(cast):
    return project_of(cast)


def seated(cast, project, name="Max", mode="watch", **terms) -> ModelAnnotator:
    annotator, _secret = lifecycle.register(
        project, name=name, by=cast.mina, **{"target_error": 0.1, "audit_share": 0.2} | terms
    )
    if mode == "decide":
        return decides(cast, annotator)
    return lifecycle.move(annotator, by=cast.mina, mode=mode) if mode != "watch" else annotator


def decides(cast, annotator: ModelAnnotator, reason="Good") -> ModelAnnotator:
    """By the word of two people."""
    lifecycle.move(annotator, by=cast.mina, mode="decide", reason=reason)
    return lifecycle.move(annotator, by=cast.olga, mode="decide", reason=reason)


def read() -> None:
    """What the reader of the outbox does, of the newest events: it sees only what was committed."""
    outcomes.settle(list(Event.objects.order_by("-pk")[:40])[::-1])


def proven(annotator: ModelAnnotator, right=300) -> ModelAnnotator:
    """A long record, of tasks that were archived since: what it said was right, and how often it was."""
    terms = {"task_id": 0, "confidence": SURE, "at_least": 0.5, "accepted": False, "drawn": False, "mode": "watch"}
    record = [
        ModelAnswer(annotator=annotator, annotation_id=-i - 1, outcome="known", right=True, **terms)
        for i in range(right)
    ]
    ModelAnswer.objects.bulk_create(record)
    ModelAnnotator.objects.filter(pk=annotator.pk).update(**outcomes.taught(annotator))
    annotator.refresh_from_db()
    return annotator


def says(annotator: ModelAnnotator, answer=RIGHT, confidence=SURE) -> ModelAnswer:
    """The model claims its next task through the queue and hands in."""
    mine = make.held(annotator.tasker, annotator.project)
    done = submission.submit(mine, annotator.tasker, mine.token, answer, confidence=confidence)
    assert queue.audit().breaches == []
    return ModelAnswer.objects.get(annotation=done)


def answered_by(person, task, answer=RIGHT):
    """A person answers what is open of a task."""
    mine = given(person, task)
    return submission.submit(mine, person, mine.token, answer)


def label_of(answer: dict) -> str:
    return answer["spans"][0]["label"]


def drawn(annotator: ModelAnnotator, task: Task) -> bool:
    said = answers.said(Assignment(task=task), annotator.tasker, 0.5)
    assert said is not None
    return said.drawn


def until(annotator: ModelAnnotator, is_drawn: bool, **terms) -> ModelAnswer:
    """What it says to its next task that is drawn, or isn't; those before are done as well."""
    for _ in range(200):
        done = says(annotator, **terms)
        if done.drawn == is_drawn:
            return done
    raise AssertionError("no such task")
