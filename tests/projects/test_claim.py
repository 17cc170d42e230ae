"""Handing out work: the right task, to as many people as wanted, each of them once."""

from datetime import timedelta

import pytest

from projects import queue
from projects.configuration import configure
from projects.models import Asset, Assignment, Task, Verdict
from projects.queue import Nothing, availability
from projects.reports import earnings
from projects.workflow import batches, submission
from taskers.money import ledger
from tests.support import make
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def batch(project):
    return make.batch(project)


def test_alice_gets_the_first_task(cast, project, batch) -> None:
    first, _second = make.tasks(batch, 2)
    mine = make.held(cast.alice, project)
    assert mine.task == first
    assert (mine.state, mine.tasker, mine.rate, mine.settings_version) == ("held", cast.alice, 50_000, 1)
    assert mine.deadline > mine.held_at


def test_second_tab_gets_the_same_task(cast, project, batch) -> None:
    make.tasks(batch, 2)
    first_tab = make.held(cast.alice, project)
    Assignment.objects.update(deadline=first_tab.deadline - timedelta(minutes=5))
    second_tab = make.held(cast.alice, project)
    assert first_tab.pk == second_tab.pk
    assert first_tab.token == second_tab.token
    assert second_tab.deadline > first_tab.deadline


def test_work_that_is_asked_for_again_at_once_is_fresh_enough(cast, project, batch) -> None:
    make.tasks(batch, 2)
    first_tab, second_tab = make.held(cast.alice, project), make.held(cast.alice, project)
    assert (second_tab.pk, second_tab.deadline) == (first_tab.pk, first_tab.deadline), "nothing was written for it"


def test_breadth_comes_first(cast, project, batch) -> None:
    first, second = make.tasks(batch, 2)
    assert make.held(cast.alice, project).task == first
    assert make.held(cast.bob, project).task == second
    assert make.held(cast.carol, project).task == first


def test_nobody_gets_a_task_twice(cast, project, batch) -> None:
    make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    nothing = queue.claim(cast.alice, project)
    assert isinstance(nothing, Nothing)
    assert nothing.code == "all-done"


def test_no_task_goes_to_more_people_than_wanted(cast, project, batch) -> None:
    make.task(batch, wanted=2)
    make.held(cast.alice, project)
    make.held(cast.bob, project)
    nothing = queue.claim(cast.carol, project)
    assert isinstance(nothing, Nothing)
    assert nothing.code == "waiting"
    assert nothing.retry_seconds is not None


def test_a_paused_batch_hands_out_nothing_and_changes_no_task(cast, project, batch) -> None:
    make.tasks(batch, 3)
    before = list(Assignment.objects.order_by("pk").values())
    batches.move(batch, "paused", by=cast.mina)
    assert isinstance(queue.claim(cast.alice, project), Nothing)
    assert list(Assignment.objects.order_by("pk").values()) == before
    batches.move(batch, "live", by=cast.mina)
    make.held(cast.alice, project)


def test_a_paused_project_says_so(cast, project, batch) -> None:
    make.task(batch)
    configure.move(project, "paused", by=cast.mina)
    nothing = queue.claim(cast.alice, project)
    assert isinstance(nothing, Nothing)
    assert nothing.code == "project-not-live"


def test_what_ran_out_comes_back_for_others_at_the_next_claim(cast, project, batch) -> None:
    make.task(batch, wanted=1)
    mine = make.held(cast.alice, project)
    run_out(mine)
    hers = make.held(cast.bob, project)
    assert hers.task == mine.task
    assert hers.slot == mine.slot
    mine.refresh_from_db()
    assert mine.state == "expired"
    assert queue.audit().breaches == []


def test_a_released_task_is_found_behind_the_cursor(cast, project, batch) -> None:
    first, second = make.tasks(batch, 2, wanted=1)
    mine = make.held(cast.alice, project)
    assert make.held(cast.bob, project).task == second
    queue.release(mine, cast.alice, mine.token)
    make.judged(cast.bob, project, make.MARIA)
    assert make.held(cast.bob, project).task == first


def test_higher_priority_and_nearer_deadline_come_first(cast, project, batch) -> None:
    make.task(batch)
    urgent = batches.create(project, "Urgent", by=cast.mina, priority=5)
    make.task(batches.move(urgent, "live", by=cast.mina))
    assert make.held(cast.alice, project).batch_id == urgent.pk


def test_held_work_of_a_cancelled_batch_is_taken_and_paid(cast, project, batch) -> None:
    task = make.task(batch, wanted=1)
    mine = make.held(cast.alice, project)
    batches.move(batch, "cancelled", by=cast.mina)
    annotation = submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert Verdict.objects.current().get(task=task).rests_on == [annotation.pk]
    assert earnings.totals(cast.alice, cast.riverside).owed == 50_000
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_tasks_that_come_in_behind_the_walk_are_handed_out(cast, project, batch, monkeypatch) -> None:
    """A file's last rows are committed after the walk and before the reason for nothing is looked up."""

    def load_then_ask(*query):
        monkeypatch.undo()
        make.tasks(batch, 1)
        return ask_rows(*query)

    ask_rows = availability.ask_rows
    monkeypatch.setattr(availability, "ask_rows", load_then_ask)
    assert make.held(cast.alice, project).state == "held"


def test_the_next_tasks_are_told_and_nobody_holds_them(cast) -> None:
    project = make.project(cast.riverside, "Pictures")
    batch = make.batch(project)
    tasks = make.tasks(batch, 4)
    picture = Asset.objects.create(organization=cast.riverside, sha256="0" * 64, size=1, media_type="image/png")
    Task.objects.filter(batch=batch).update(asset=picture)
    mine = make.held(cast.alice, project)
    before = list(Assignment.objects.order_by("pk").values())
    assert mine.task == tasks[0] and queue.peek(mine) == tasks[1:3]
    assert list(Assignment.objects.order_by("pk").values()) == before
    assert make.judged(cast.alice, project, make.MARIA).task == tasks[0]
    assert make.held(cast.alice, project).task == tasks[1]
