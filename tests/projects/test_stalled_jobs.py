"""Jobs whose worker died go to the workers that live; one whose successor waits already is let go. A worker that only
stood still ends nothing that others have by then."""

import logging
import time

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status

from projects import jobs

pytestmark = pytest.mark.django_db
SILENT, LIVING = "now() - interval '1 hour'", "now()"


def added(name: str, status: str = "todo") -> int:
    """A job of this name, which is its lock as well; done by no worker that is known."""
    add = """INSERT INTO procrastinate_jobs (task_name, queue_name, queueing_lock, status)
        VALUES (%s, 'queue', %s, %s::procrastinate_job_status) RETURNING id"""
    with connection.cursor() as cursor:
        cursor.execute(add, [name, name, status])
        return cursor.fetchone()[0]


def worker(heard: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({heard}) RETURNING id")
        return cursor.fetchone()[0]


def taken_by(of: int) -> Job:
    """The next job, in this worker's hands."""
    job = async_to_sync(app.job_manager.fetch_job)(queues=["queue"], worker_id=of)
    assert job is not None
    return job


def resumed(by: Job | None = None) -> int:
    """The job of housekeeping, run by a worker that lives unless it is this one of another's."""
    job = by or Job(id=0, queue="queue", lock=None, queueing_lock=None, task_name="resume_stalled")
    context = JobContext(app=app, job=job, start_timestamp=time.time(), abort_reason=lambda: None)
    return async_to_sync(jobs.resume_stalled.func)(context, timestamp=0)


def left() -> list[tuple[str, str]]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "status"))


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_successor_waits_keeps_no_other_from_being_resumed() -> None:
    for name, status in (("settled", "doing"), ("settled", "todo"), ("alone", "doing")):
        added(name, status)
    assert resumed() == 2
    assert left() == [("settled", "todo"), ("alone", "todo")]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stood_still_ends_no_job_that_another_has_by_then(caplog) -> None:
    added("load")
    slept = taken_by(worker(SILENT))
    assert resumed() == 1
    other = taken_by(worker(LIVING))
    assert other.id == slept.id
    caplog.set_level(logging.INFO, logger="config.own_jobs")
    async_to_sync(app.job_manager.finish_job)(slept, Status.FAILED, delete_job=False)
    async_to_sync(app.job_manager.retry_job)(slept)
    assert left() == [("load", "doing")], "the other is still at it"
    assert [one.levelname for one in caplog.records if one.name == "config.own_jobs"] == ["INFO", "INFO"]
    assert "was given to another worker" in caplog.text
    async_to_sync(app.job_manager.finish_job)(other, Status.SUCCEEDED, delete_job=True)
    async_to_sync(app.job_manager.finish_job)(slept, Status.SUCCEEDED, delete_job=True)
    assert left() == []


def test_one_that_goes_on_in_time_ends_its_jobs_itself() -> None:
    for name in ("again", "failing", "done"):
        added(name)
    slept = worker(SILENT)
    again, failing, done = taken_by(slept), taken_by(slept), taken_by(slept)
    async_to_sync(app.job_manager.retry_job)(again)
    async_to_sync(app.job_manager.finish_job)(failing, Status.FAILED, delete_job=False)
    async_to_sync(app.job_manager.finish_job)(done, Status.SUCCEEDED, delete_job=True)
    assert left() == [("again", "todo"), ("failing", "failed")]


def test_a_job_that_ends_while_the_dead_are_looked_for_keeps_no_other_from_being_resumed(monkeypatch) -> None:
    for name in ("ended", "alone"):
        added(name)
    dead = worker(SILENT)
    stalled = [taken_by(dead), taken_by(dead)]
    async_to_sync(app.job_manager.finish_job)(stalled[0], Status.SUCCEEDED, delete_job=True)

    async def as_it_was() -> list[Job]:
        return stalled

    monkeypatch.setattr(app.job_manager, "get_stalled_jobs", as_it_was)
    resumed()
    assert left() == [("alone", "todo")]


def test_a_machine_that_slept_takes_no_jobs_from_those_that_only_slept_too() -> None:
    added("load")
    added("housekeeping")
    loading, housekeeping = taken_by(worker(SILENT)), taken_by(worker(SILENT))
    assert loading.task_name == "load"
    assert resumed(by=housekeeping) == 0
    assert left() == [("load", "doing"), ("housekeeping", "doing")]


def test_after_a_sleep_all_workers_have_half_a_minute_to_say_that_they_live(monkeypatch) -> None:
    """This one was the first to say so: the others of its process do within ten seconds."""
    clocks = {"wall": 1_000.0, "steady": 50.0}
    machine = jobs.Machine(lambda: clocks["wall"], lambda: clocks["steady"])
    monkeypatch.setattr(jobs, "machine", machine)

    def goes_on(seconds: float, asleep: float = 0.0) -> None:
        clocks["wall"] += seconds + asleep
        clocks["steady"] += seconds

    added("load")
    sibling = worker(SILENT)
    taken_by(sibling)
    goes_on(120, asleep=3_600)
    assert resumed() == 0, "it woke a moment ago"
    goes_on(2)
    assert resumed() == 0 and left() == [("load", "doing")], "the next look comes soon where one was late"
    goes_on(120)
    assert resumed() == 1 and left() == [("load", "todo")], "who says nothing by now has died"
