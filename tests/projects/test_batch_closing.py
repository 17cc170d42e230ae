"""Batches that are closed or cancelled while their tasks are half judged: decided by what came in, and paid."""

import html
import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs, queue
from projects.configuration import configure
from projects.data import archive
from projects.models import Assignment, BatchProgress, Correctable, Task, Verdict
from projects.queue.clock import Clock
from projects.reports import earnings, progress
from projects.workflow import batch_closing, batches, closing_forecast, corrections, submission, task_actions, void_work
from taskers.errors import StateConflict
from taskers.models import Event, Transfer
from taskers.money import ledger
from tests.support import make
from tests.support.projects.judging import given, said
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db
RATE = 50_000


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=3)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def task(cast, project, batch):
    """Of three judgements Alice has handed in one, and Bob holds one."""
    made = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    make.held(cast.bob, project)
    return made


def bob_hands_in(cast, task, answer) -> None:
    mine = Assignment.objects.select_related("task__project__organization").get(task=task, tasker=cast.bob)
    submission.submit(mine, cast.bob, mine.token, answer)


def owed(cast) -> list[int]:
    return [earnings.totals(one, cast.riverside).owed for one in (cast.alice, cast.bob, cast.carol)]


def nothing_is_wrong() -> bool:
    return queue.audit().breaches == [] and ledger.audit() == []


@pytest.mark.parametrize("end", ["closed", "cancelled"])
def test_what_came_in_decides_once_nobody_works_on_it(cast, batch, task, end) -> None:
    batches.move(batch, end, by=cast.mina)
    assert batch_closing.run(batch) == {task.pk}, "Bob works on it"
    assert not Verdict.objects.exists()
    bob_hands_in(cast, task, make.MARIA)
    assert batch_closing.run(batch, [task.pk]) == set()
    assert len(Verdict.objects.current().get(task=task).rests_on) == 2
    assert owed(cast) == [RATE, RATE, 0]
    assert batch_closing.run(batch) == set()
    assert Transfer.objects.count() == 2
    assert nothing_is_wrong()


def test_one_answer_alone_is_paid_too(cast, project, batch, task) -> None:
    batches.move(batch, "cancelled", by=cast.mina)
    queue.force_release(Assignment.objects.get(task=task, tasker=cast.bob), by=cast.mina)
    assert batch_closing.run(batch) == set()
    task.refresh_from_db()
    assert task.wanted == 1
    assert owed(cast) == [RATE, 0, 0]
    assert nothing_is_wrong()


def test_a_cancelled_batch_pays_what_its_answers_do_not_decide(cast, batch, task) -> None:
    bob_hands_in(cast, task, make.OSLO)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    batch_closing.run(batch)
    task.refresh_from_db()
    assert (task.withheld, task.wanted) == ("review", 2)
    assert owed(cast) == [RATE, RATE, 0] and Transfer.objects.count() == 2
    assert nothing_is_wrong()


def test_a_reviewer_who_decides_it_all_the_same_pays_nothing_twice(cast, batch, task) -> None:
    bob_hands_in(cast, task, make.OSLO)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.MARIA)
    assert owed(cast) == [RATE, 0, 0], "what the verdict doesn't earn is taken back, as ever"
    batch_closing.run(batch)
    assert owed(cast) == [RATE, 0, 0]
    assert nothing_is_wrong()


def test_of_a_closed_batch_the_reviewer_decides_who_is_paid(cast, batch, task) -> None:
    bob_hands_in(cast, task, make.OSLO)
    batches.move(batch, "closed", by=cast.mina)
    batch_closing.run(batch)
    assert owed(cast) == [0, 0, 0]
    assert list(queue.waiting_for_review([batch.project])) == [task]


def test_doubt_asks_nobody_more_where_nobody_can_be_asked(cast, project, batch, task) -> None:
    configure.change(project, cast.mina, most=5, target=0.8)
    queue.force_release(Assignment.objects.get(task=task, tasker=cast.bob), by=cast.mina)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    task.refresh_from_db()
    assert task.wanted == 1
    assert not Assignment.objects.filter(task=task, state="open").exists()
    assert owed(cast) == [RATE, 0, 0]


def test_a_batch_that_goes_on_is_left_alone(cast, batch, task) -> None:
    before = list(Task.objects.values())
    assert batch_closing.run(batch) == set()
    assert list(Task.objects.values()) == before


def test_untouched_tasks_stay_as_they_are(cast, batch) -> None:
    make.tasks(batch, 2)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    assert set(Task.objects.values_list("wanted", "withheld")) == {(3, "")}


def test_the_end_of_a_batch_is_a_job_that_comes_again_while_somebody_works_on_it(cast, batch, task) -> None:
    batches.move(batch, "cancelled", by=cast.mina)
    first = ProcrastinateJob.objects.get()
    jobs.wind_up_batch(**first.args)
    again = ProcrastinateJob.objects.exclude(pk=first.pk).get()
    assert again.args == {"batch_key": batch.pk, "tasks": [task.pk]} and again.scheduled_at
    bob_hands_in(cast, task, make.MARIA)
    jobs.wind_up_batch(**again.args)
    assert ProcrastinateJob.objects.count() == 2
    assert Verdict.objects.current().exists()


@pytest.mark.parametrize("minutes", [0, 10])
def test_late_work_of_a_batch_that_is_over_is_decided_and_paid_too(cast, batch, minutes) -> None:
    """Carol's time ran out, so nobody worked on it when its batch was wound up; then she hands in."""
    configure.change(batch.project, cast.mina, correction_minutes=minutes)
    task = make.task(batch)
    mine = given(cast.carol, task)
    batches.move(batch, "closed", by=cast.mina)
    run_out(mine)
    queue.expire_due()
    first = ProcrastinateJob.objects.get()
    jobs.wind_up_batch(**first.args)
    assert ProcrastinateJob.objects.count() == 1, "nothing came in"
    submission.submit(mine, cast.carol, mine.token, make.MARIA)
    assert ProcrastinateJob.objects.latest("pk").args == {"batch_key": batch.pk, "tasks": [task.pk]}
    for _minute in range(1 + bool(minutes)):
        jobs.wind_up_batch(**ProcrastinateJob.objects.latest("pk").args)
        Correctable.objects.update(until=Clock())
        corrections.catch_up()
    assert Verdict.objects.current().filter(task=task).exists()
    assert owed(cast) == [0, 0, RATE] and nothing_is_wrong()


def test_nobody_is_asked_about_a_batch_that_is_over(cast, batch, task) -> None:
    bob_hands_in(cast, task, make.OSLO)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    mine = Assignment.objects.select_related("task").get(task=task, tasker=cast.bob)
    for ask in (
        lambda: task_actions.requeue(task, by=cast.mina),
        lambda: task_actions.raise_overlap(task, 4, by=cast.mina),
        lambda: void_work.rework(mine, "Look again.", by=cast.mina),
    ):
        with pytest.raises(StateConflict, match="batch is over"):
            ask()


@pytest.mark.parametrize("why", ["manager", "broken"])
@pytest.mark.parametrize("end", ["closed", "cancelled"])
def test_what_came_in_of_a_task_that_is_held_back_waits_for_a_reviewer_or_is_paid(cast, batch, task, why, end) -> None:
    queue.withhold(task, why, by=cast.mina)
    bob_hands_in(cast, task, make.MARIA)
    batches.move(batch, end, by=cast.mina)
    assert batch_closing.run(batch) == set() == batch_closing.run(batch)
    task.refresh_from_db()
    assert (task.withheld, task.wanted) == ("review" if end == "closed" else why, 2)
    if end == "closed":
        with pytest.raises(StateConflict, match="wait for review"):
            archive.request(batch, by=cast.mina)
        review = queue.claim_review(task, cast.rita)
        submission.decide(review, cast.rita, review.token, make.MARIA)
    assert owed(cast) == [RATE, RATE, 0] and nothing_is_wrong()


def test_a_task_that_was_held_and_given_back_stays_as_it_was(cast, project, batch) -> None:
    task = make.task(batch)
    mine = make.held(cast.alice, project)
    batches.move(batch, "cancelled", by=cast.mina)
    assert batch_closing.run(batch) == {task.pk}
    queue.release(mine, cast.alice, mine.token)
    assert batch_closing.run(batch, [task.pk]) == set()
    task.refresh_from_db()
    assert task.wanted == 3


@pytest.mark.django_db(transaction=True)
def test_progress_of_a_batch_that_was_wound_up_is_what_a_rebuild_counts(cast, batch, task) -> None:
    batches.move(batch, "cancelled", by=cast.mina)
    queue.force_release(Assignment.objects.get(task=task, tasker=cast.bob), by=cast.mina)
    batch_closing.run(batch)
    while progress.catch_up():
        pass
    told = BatchProgress.objects.values().get(batch=batch)
    progress.rebuild()
    assert BatchProgress.objects.values().get(batch=batch) == told
    assert (told["wanted"], told["submitted"], told["decided"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_archived_before_it_is_paid(cast, batch, task) -> None:
    batches.move(batch, "cancelled", by=cast.mina)
    queue.force_release(Assignment.objects.get(task=task, tasker=cast.bob), by=cast.mina)
    while progress.catch_up():
        pass
    archive.archive(batch, by=cast.mina)
    assert owed(cast) == [RATE, 0, 0]
    assert not Task.objects.exists()


@pytest.mark.parametrize("end", ["closed", "cancelled"])
def test_closing_a_batch_says_beforehand_what_it_will_do_and_does_that(client, cast, project, batch, end) -> None:
    for answer in (make.MARIA, make.MARIA, make.OSLO):  # two that agree, and one on which they don't
        made = make.task(batch)
        said(cast.alice, made, make.MARIA)
        said(cast.bob, made, answer)
    done = make.task(batch)
    for who in (cast.alice, cast.bob, cast.carol):
        said(who, done, make.MARIA)
    make.tasks(batch, 4)
    given(cast.carol, make.task(batch))
    progress.add(Event.objects.order_by("pk"))
    told = closing_forecast.forecast(batch)
    assert (told.done, told.decide, told.review, told.held, told.untouched) == (1, 2, 1, 1, 4)
    assert (told.earned, told.promised, told.about) == (4 * RATE, 2 * RATE, False)

    client.force_login(cast.mina)
    address = f"/projects/batches/{batch.public_id}/end/{end}/"
    assert address in client.get(f"/projects/{project.public_id}/").content.decode()
    page = " ".join(re.sub(r"<[^>]+>", "", client.get(address).content.decode()).split())
    assert "2 half-done tasks are decided by what came in. Their answers earn $0.20." in page
    assert "1 half-done task goes to the reviewers" in page and "4 tasks end without an answer." in page
    assert "1 task is in progress" in html.unescape(page) and "1 task is decided, and stays so." in page
    assert ("paid as promised at once: $0.10" in page) == (end == "cancelled")

    before = sum(owed(cast))
    client.post(f"/projects/batches/{batch.public_id}/move/", {"state": end})
    batch_closing.run(batch)
    assert Verdict.objects.current().count() == told.done + told.decide
    assert Task.objects.filter(withheld="review").count() == told.review
    assert sum(owed(cast)) - before == told.earned + (told.promised if end == "cancelled" else 0)
    assert client.get(address).status_code == 302, "it is over"
    assert nothing_is_wrong()


def test_a_large_batch_is_told_by_a_sample(cast, project, batch, monkeypatch) -> None:
    monkeypatch.setattr(closing_forecast, "LOOKED", 20)
    monkeypatch.setattr(closing_forecast, "LONGEST", 0.0)  # one is weighed
    tasks = make.tasks(batch, 40)
    for one in tasks[:10]:  # a look at the first alone would find nothing else
        said(cast.alice, one, make.MARIA)
    progress.add(Event.objects.order_by("pk"))
    told = closing_forecast.forecast(batch)
    assert told.about and (told.done, told.review, told.held) == (0, 0, 0)
    assert told.decide + told.untouched == 40 and 8 <= told.decide <= 12
    assert told.earned == told.decide * RATE


def test_closing_a_large_batch_is_done_in_pieces_by_several_and_its_page_shows_how_far(
    client, cast, project, batch, task, monkeypatch
) -> None:
    monkeypatch.setattr(batch_closing, "PIECE", 2)
    begun = make.tasks(batch, 5)
    for one in begun:
        said(cast.alice, one, make.MARIA)
    client.force_login(cast.mina)
    client.post(f"/projects/batches/{batch.public_id}/move/", {"state": "closed"})
    address = f"/projects/{project.public_id}/"
    assert "Its half-done tasks are being decided" in client.get(address).content.decode()
    assert not Verdict.objects.exists(), "nothing of it in the request"

    first = ProcrastinateJob.objects.get()
    jobs.wind_up_batch(**first.args)
    pieces = list(ProcrastinateJob.objects.exclude(pk=first.pk).order_by("pk"))
    assert len(pieces) == 3 and Verdict.objects.count() == 1, "Bob still works on the other of the first two"
    assert "Half-done tasks: 1 of 6 decided or passed on" in client.get(address).content.decode()
    for piece in pieces[:2]:
        jobs.wind_up_batch(**piece.args)
    assert "Half-done tasks: 5 of 6" in client.get(address).content.decode()

    # A worker that dies leaves its piece to another; doing one again changes nothing.
    jobs.wind_up_batch(**pieces[0].args)
    bob_hands_in(cast, task, make.MARIA)
    jobs.wind_up_batch(**pieces[2].args)
    assert "Half-done tasks:" not in client.get(address).content.decode()
    assert Verdict.objects.current().count() == 6 and nothing_is_wrong()
