"""Progress from the outbox and a new count of everything agree, whatever happened."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db.models import F

from projects import queue
from projects.models import BatchProgress
from projects.reports import progress as rollups
from projects.workflow import batches, submission, task_actions, void_work
from taskers.database.threads import fresh
from taskers.models import Cursor
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


def progress(batch) -> dict:
    return dict(BatchProgress.objects.filter(batch=batch).values().get())


def caught_up(batch) -> dict:
    while rollups.catch_up():
        pass
    return progress(batch)


def while_the_reader_moves_on(monkeypatch) -> None:
    """The first time that everything is counted anew, another process's reader moves on after the moment was taken."""
    count, tries = rollups._count_anew, []

    def counting() -> int:
        tries.append(Cursor.objects.count())
        if len(tries) == 1:
            with ThreadPoolExecutor(1) as another:
                another.submit(fresh(lambda: Cursor.objects.update(event_id=F("event_id")))).result()
        return count()

    monkeypatch.setattr(rollups, "_count_anew", counting)


def test_both_ways_of_counting_agree(cast, monkeypatch) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    tasks = make.tasks(batch, 6)
    for answer in (make.MARIA, make.OSLO, make.MARIA):
        make.judged(cast.alice, project, answer)
    for answer in (make.MARIA, make.MARIA):
        make.judged(cast.bob, project, answer)
    done = make.judged(cast.carol, project, make.MARIA)
    void_work.rework(done.assignment, "Again.", by=cast.mina)
    task_actions.withhold(tasks[5], by=cast.mina)
    queue.set_aside(make.task(batch), by=cast.mina)
    waiting = queue.waiting_for_review([project]).first()
    if waiting:
        review = queue.claim_review(waiting, cast.rita)
        submission.decide(review, cast.rita, review.token, make.MARIA)
        task_actions.requeue(waiting, by=cast.mina)
    kept = caught_up(batch)
    while_the_reader_moves_on(monkeypatch)
    rollups.rebuild()
    assert progress(batch) == kept
    assert kept["tasks"] == 6 and kept["submitted"] > 0
    make.judged(cast.carol, project, make.MARIA)
    assert caught_up(batch)["submitted"] == kept["submitted"] + 1
    assert queue.audit().breaches == []


def test_pausing_counts_nothing(cast) -> None:
    batch = make.batch(make.project(cast.riverside))
    make.tasks(batch, 2)
    before = caught_up(batch)
    batches.move(batch, "paused", by=cast.mina)
    assert caught_up(batch) == before
