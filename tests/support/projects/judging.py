"""How the truth engine's stories go: who says what of which task, past the queue."""

import random
from uuid import uuid4

from projects import queue
from projects.models import Assignment, GoldSettlement, Verdict
from projects.quality.gold import grading, settling
from projects.queue.clock import Clock, from_now
from projects.task_types.text_spans import TextSpans
from projects.workflow import submission
from tests.support import make

PERSON, PLACE, NOTHING = make.spans((0, 11)), make.spans((0, 11, "place")), make.spans()


class OneLabel(TextSpans):
    """Texts with one span each: its label is the answer."""

    def choice(self, answer):
        return answer["spans"][0]["label"] if answer["spans"] else None


def known_answers(cast, project, batch, people_and_answers, number=6, truth=PERSON) -> None:
    """Gold that everybody meets, with what each says to it."""
    for index in range(number):
        task = make.task(batch)
        queue.set_aside(task, by=cast.mina)
        grading.stock(task, truth, by=cast.mina, dice=random.Random(index))
        for tasker, answer in people_and_answers:
            handed = given(tasker, task, "gold")
            submission.submit(handed, tasker, handed.token, answer)
    all_settled(project)


def all_settled(project) -> None:
    """The moments of all gold that was handed in have come."""
    mine = GoldSettlement.objects.filter(project=project)
    for _what in ("paid", "graded"):
        mine.filter(graded_at=None).update(due_at=Clock())
        settling.settle_due()


def given(tasker, task, kind="judge") -> Assignment:
    """A piece of work of a task put into somebody's hands, past the queue where it isn't a judgement."""
    settings = task.project.settings_now()
    terms = {
        "state": "held",
        "tasker": tasker,
        "token": uuid4(),
        "held_at": Clock(),
        "deadline": from_now(900),
        "settings_version": settings.version,
        "rate": settings.rate,
        "copilot": False,
    }
    if kind == "judge":
        mine = Assignment.objects.filter(task=task, kind="judge", state="open").order_by("slot").first()
        assert mine is not None, "nobody is asked any more"
        Assignment.objects.filter(pk=mine.pk).update(**terms)
    else:
        mine = Assignment.objects.create(task=task, batch=task.batch, kind=kind, slot=0, **terms)
    return Assignment.objects.select_related("task__project__organization").get(pk=mine.pk)


def said(tasker, task, answer):
    """The tasker judges this very task."""
    mine = given(tasker, task)
    return submission.submit(mine, tasker, mine.token, answer)


def label_of(task) -> str | None:
    verdict = Verdict.objects.current().filter(task=task).first()
    return verdict.answer["spans"][0]["label"] if verdict else None


ANIMALS = [{"key": key, "name": key.title()} for key in ("cat", "dog")]


def classified(value, kind="choice", **others) -> dict:
    """An answer of a classification: a value in its usual field, and words in others."""
    fields = [("label", kind, value), *((name, "text", words) for name, words in others.items())]
    return {
        "fields": [
            {"field": name, "kind": what, "value": said, "provenance": {"source": "human"}}
            for name, what, said in fields
        ]
    }


def spammed(cast, spammers, **terms):
    """A project in which two spammers decided a task before anybody knew them, and were found out since."""
    project = make.project(cast.riverside, wanted=3, **terms)
    batch = make.batch(project)
    task = make.task(batch)
    for tasker, answer in ((spammers[0], PLACE), (spammers[1], PLACE), (cast.alice, PERSON)):
        said(tasker, task, answer)
    assert label_of(task) == "place"
    pairs = [(spammers[0], PLACE), (spammers[1], PLACE), (cast.alice, PERSON), (cast.bob, PERSON)]
    known_answers(cast, project, batch, pairs, number=10)
    return project, task
