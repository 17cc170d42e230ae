"""Jobs that kill their workers: counted, ended by name after the third, and droppable at all times."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status

from projects import jobs
from projects.data import archive, crashed_jobs, deliveries, importing
from projects.data.crashed_jobs import Ending
from projects.errors import WorkerCrashed
from projects.models import BulkAction, Delivery, Import, Task
from projects.workflow import bulk_actions
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import cast as people
from tests.support import make
from tests.support.commands import environment
from tests.support.projects.delivering import decided
from tests.support.projects.importing import kept, lines
from tests.support.projects.importing import media as media  # a fixture
from tests.support.waiting import until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ROWS = lines({"external_id": "first", "text": "Maria Lopez visited Oslo."})


def waiting_job(task: str = "projects.jobs.run_import", queueing_lock: str | None = None, **arguments: object) -> int:
    add = """INSERT INTO procrastinate_jobs (task_name, queue_name, args, queueing_lock)
        VALUES (%s, 'imports', %s, %s) RETURNING id"""
    with connection.cursor() as cursor:
        cursor.execute(add, [task, json.dumps(arguments), queueing_lock])
        return cursor.fetchone()[0]


def silence_workers() -> None:
    """All workers have died an hour ago."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def fetch() -> Job:
    """The next job, in the hands of a worker that dies with it."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        (worker,) = cursor.fetchone()
    job = async_to_sync(app.job_manager.fetch_job)(queues=["imports"], worker_id=worker)
    assert job is not None
    return job


def resume() -> int:
    """The housekeeping of a living worker, once the others are known to be dead."""
    silence_workers()
    job = Job(id=0, queue="queue", lock=None, queueing_lock=None, task_name="resume_stalled")
    context = JobContext(app=app, job=job, start_timestamp=time.time(), abort_reason=lambda: None)
    return async_to_sync(jobs.resume_stalled.func)(context, timestamp=0)


def crash(times: int = 1) -> None:
    for _ in range(times):
        fetch()
        assert resume() == 1


def status(key: int) -> str:
    return ProcrastinateJob.objects.get(pk=key).status


@pytest.fixture
def batch(cast):
    return make.batch(make.project(cast.riverside, wanted=1))


def test_a_job_that_killed_three_workers_is_ended_and_one_that_killed_two_is_not() -> None:
    key = waiting_job("tests.nothing")
    crash(2)
    assert status(key) == "todo"
    crash()
    assert status(key) == "failed"


def test_an_end_that_a_worker_reports_voids_the_count() -> None:
    key = waiting_job("tests.nothing")
    crash(2)
    now = timezone.now() - timedelta(minutes=1)  # the test's transaction lives in the past
    async_to_sync(app.job_manager.retry_job)(fetch(), retry_at=now)
    crash(2)
    assert status(key) == "todo"


def test_a_worker_that_was_told_to_stop_and_killed_then_does_not_count() -> None:
    key = waiting_job("tests.nothing")
    for _ in range(crashed_jobs.MAX_CRASHES + 1):
        job = fetch()
        with connection.cursor() as cursor:
            cursor.execute(crashed_jobs.MARK_STOPPING, {"ids": [job.id], "attempts": [job.attempts]})
        assert resume() == 1
    assert status(key) == "todo"
    crash(2)
    assert status(key) == "todo", "the mark holds for the attempt at which it was set"
    crash()
    assert status(key) == "failed"


def test_an_attempt_during_which_postgresql_was_started_anew_does_not_count() -> None:
    key = waiting_job("tests.nothing")
    for _ in range(crashed_jobs.MAX_CRASHES + 1):
        fetch()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_events SET at = pg_postmaster_start_time() - interval '1 minute'")
        assert resume() == 1
    assert status(key) == "todo"


def test_of_two_jobs_that_were_cut_off_together_twice_one_goes_on_at_a_time() -> None:
    """So the third death has one cause, and the other job isn't ended for it."""
    bystander, killer = waiting_job("tests.nothing"), waiting_job("tests.nothing")
    for _ in range(2):
        fetch(), fetch()
        resume()
    assert (status(bystander), status(killer)) == ("todo", "doing"), "the other is held back"
    job = fetch()
    assert job.id == bystander
    async_to_sync(app.job_manager.finish_job)(job, Status.SUCCEEDED, delete_job=True)
    assert resume() == 1 and status(killer) == "todo"
    crash()
    assert status(killer) == "failed"


def test_housekeeping_is_not_held_back_by_a_job_that_may_be_to_blame() -> None:
    waiting_job("tests.nothing")
    crash(2)
    fetch()
    housekeeping = waiting_job("tests.periodic", queueing_lock="periodic", timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET args = args || '{\"_crashes\": [1, 0]}' WHERE id = %s", [housekeeping]
        )
    fetch()
    resume()
    assert status(housekeeping) == "todo"


def test_what_is_wrong_with_the_end_of_one_job_keeps_no_other_from_its_turn(monkeypatch, caplog) -> None:
    def broken(key: int, problem: WorkerCrashed) -> None:
        raise RuntimeError("There is no such thing.")

    monkeypatch.setitem(crashed_jobs.ENDINGS, "tests.broken", Ending("key", broken))
    first = waiting_job("tests.broken", key=1)
    crash(2)
    fetch()
    other = waiting_job("tests.nothing")
    fetch()
    assert resume() == 1 and status(other) == "todo" and status(first) == "doing", "it is tried again"
    assert "can't be resumed" in caplog.text


def test_an_import_that_killed_its_workers_is_ended_by_name_and_its_file_is_put_into_quarantine(
    client, cast, batch, django_capture_on_commit_callbacks, capsys
) -> None:
    file_import = kept(batch, ROWS)
    path = Path(file_import.file.path)
    key = waiting_job(import_key=file_import.pk)
    with django_capture_on_commit_callbacks(execute=True):
        crash(3)
    file_import.refresh_from_db()
    assert (file_import.state, file_import.reason_of["values"]["job"]) == ("failed", f"run_import[{key}]")
    moved = Path(file_import.file.path)
    assert moved.parent.name == "quarantine" and moved.read_text() == ROWS and not path.exists()
    assert Event.objects.filter(kind="import_failed").count() == 1

    client.force_login(cast.mina)
    page = client.get(f"/projects/imports/{file_import.public_id}/").content.decode()
    assert file_import.name in page and f"run_import[{key}]" in page and "quarantine" in page
    assert "Go on loading" not in page and "Throw the file away" in page
    with translation.override("es"):
        assert file_import.why != file_import.reason and f"run_import[{key}]" in file_import.why

    with pytest.raises(StateConflict, match="quarantine"):
        importing.go_on(file_import)
    with pytest.raises(StateConflict, match="quarantine"):
        importing.run(file_import.pk)
    assert importing.take_up() == 0

    call_command("quarantine", "list")
    assert str(file_import.public_id) in capsys.readouterr().out
    with django_capture_on_commit_callbacks(execute=True):
        call_command("quarantine", "release", str(file_import.public_id))
    importing.go_on(file_import)
    assert importing.run(file_import.pk).state == "done" and not moved.exists()


def test_a_file_in_quarantine_can_be_thrown_away(batch, django_capture_on_commit_callbacks) -> None:
    file_import = kept(batch, ROWS)
    waiting_job(import_key=file_import.pk)
    with django_capture_on_commit_callbacks(execute=True):
        crash(3)
        call_command("quarantine", "delete", str(file_import.public_id))
    file_import.refresh_from_db()
    assert file_import.state == "dropped" and not Path(file_import.file.path).exists()


def test_a_crash_loop_can_be_dropped_at_each_moment(batch) -> None:
    for crashes in range(3):
        file_import = kept(batch, ROWS)
        key = waiting_job(import_key=file_import.pk)
        crash(crashes)
        fetch()  # and a worker has it, or has just died with it
        importing.drop(file_import, by=None)
        resume()
        assert status(key) in ("todo", "failed")
        file_import.refresh_from_db()
        assert file_import.state == "dropped", crashes
        assert importing.run(file_import.pk).state == "dropped" and not Task.objects.exists()
        ProcrastinateJob.objects.all().delete()


def test_one_that_waits_is_dropped_with_its_job(batch) -> None:
    file_import = kept(batch, ROWS)
    key = waiting_job(import_key=file_import.pk)
    importing.drop(file_import, by=None)
    assert status(key) == "cancelled"


def test_a_worker_notices_that_what_it_loads_was_dropped(
    batch, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    """Between two chunks: what went in before stays, and nothing more goes in."""
    monkeypatch.setattr("projects.data.importing.storing.CHUNK_ROWS", 2)
    rows = [{"external_id": f"r-{n}", "text": f"Text number {n}"} for n in range(6)]
    file_import = kept(batch, lines(*rows))

    def drop(progress: Import) -> None:
        if progress.state == Import.State.RUNNING and progress.position == 2:
            importing.drop(progress, by=None)

    with django_capture_on_commit_callbacks(execute=True):
        done = importing.run(file_import.pk, told=drop)
    assert (done.state, done.loaded, Task.objects.count()) == ("dropped", 2, 2)


def test_a_worker_whose_file_was_thrown_away_under_it_reports_no_fault(batch, monkeypatch) -> None:
    file_import = kept(batch, ROWS)

    def gone(*_: object) -> None:
        importing.drop(file_import, by=None)
        raise FileNotFoundError("The file is gone.")

    monkeypatch.setattr(import_module("projects.data.importing.receive"), "_looked_at", gone)
    assert importing.run(file_import.pk).state == "dropped"


def test_a_delivery_and_a_bulk_action_name_the_job_on_their_pages(cast, batch, client) -> None:
    decided(cast, batch.project)
    delivery = deliveries.order(batch.project, by=cast.mina, format="jsonl")
    Delivery.objects.filter(pk=delivery.pk).update(state="running")
    problem = WorkerCrashed(job="make_delivery[7]", number=3)
    deliveries.end_crashed(delivery.pk, problem)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fault) == ("failed", "worker-crashed") and "make_delivery[7]" in delivery.why

    action = bulk_actions.start(batch.project, "hold", [Task.objects.first().pk], by=cast.mina)
    bulk_actions.end_crashed(action.pk, WorkerCrashed(job="run_bulk_action[8]", number=3))
    action = BulkAction.objects.get(pk=action.pk)
    assert action.state == "stopped" and "run_bulk_action[8]" in action.refusals[0]["text"]
    client.force_login(cast.mina)
    page = f"/projects/{batch.project.public_id}/bulk/{action.public_id}/"
    assert "run_bulk_action[8]" in client.get(page).content.decode()


def test_an_archive_names_the_job_that_got_stuck(cast, batch) -> None:
    from projects.models import Archive, Batch

    Batch.objects.filter(pk=batch.pk).update(state="closed")
    archive.request(batch, by=cast.mina)
    archive.end_crashed(batch.pk, WorkerCrashed(job="archive_batch[9]", number=3))
    assert "archive_batch[9]" in Archive.objects.get(batch=batch).why


# A worker that is killed by what it reads: a file of this name kills it once the bystander is in hand, and a file of
# that other name takes until a sign is given.
WORKER = """
import os, signal, sys, time
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from projects.data import crashed_jobs
from projects.data.reading import sandboxed
crashed_jobs.resume = lambda job: False  # the test says when
signs, started = Path(sys.argv[1]), sandboxed.started

def hostile(name, **terms):
    if name == "bystander.jsonl":
        (signs / "in-hand").touch()
        while not (signs / "go").exists():
            time.sleep(0.02)
    if name == "killer.jsonl":
        while not ((signs / "in-hand").exists() or (signs / "go").exists()):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGKILL)
    return started(name, **terms)

sandboxed.started = hostile
call_command("work", "--skip-checks")
"""


@contextmanager
def worker(signs: Path, media_root: Path) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", WORKER, str(signs)]
    process = subprocess.Popen(
        command, env=environment() | {"TANDEM_MEDIA": str(media_root)}, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_file_that_kills_real_workers_is_quarantined_and_what_was_in_hand_beside_it_is_loaded(
    tmp_path, settings
) -> None:
    cast = people.assemble()
    batch = make.batch(make.project(cast.riverside, wanted=1))
    signs = tmp_path / "signs"
    signs.mkdir()
    names = ("bystander.jsonl", "killer.jsonl")
    contents = [lines({"external_id": name, "text": f"Text of {name}"}) for name in names]
    bystander, killer = (
        importing.receive(batch, ContentFile(content), name=name, by=cast.mina)
        for name, content in zip(names, contents, strict=True)
    )
    for _ in range(2):
        (signs / "in-hand").unlink(missing_ok=True)
        with worker(signs, Path(settings.MEDIA_ROOT)) as process:
            assert process.wait(60) == -signal.SIGKILL
        resume()
    (signs / "go").touch()
    with worker(signs, Path(settings.MEDIA_ROOT)) as process:
        until(lambda: Import.objects.get(pk=bystander.pk).state == "done" or process.poll() is not None)
        assert process.poll() is None, "the killer isn't run beside the bystander again"
        until(lambda: not ProcrastinateJob.objects.filter(args__import_key=bystander.pk).exists())
        resume_killer = ProcrastinateJob.objects.get(args__import_key=killer.pk)
        assert resume_killer.status == "doing"
        process.kill()
        process.wait(20)
    resume()
    with worker(signs, Path(settings.MEDIA_ROOT)) as process:
        assert process.wait(60) == -signal.SIGKILL
    resume()
    bystander.refresh_from_db()
    killer.refresh_from_db()
    assert (bystander.state, bystander.loaded) == ("done", 1)
    assert killer.state == "failed" and killer.in_quarantine and "killer.jsonl" in killer.why


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_that_is_told_to_stop_and_then_killed_leaves_a_mark(tmp_path, settings) -> None:
    cast = people.assemble()
    batch = make.batch(make.project(cast.riverside, wanted=1))
    signs = tmp_path / "signs"
    signs.mkdir()
    file_import = importing.receive(batch, ContentFile(ROWS), name="bystander.jsonl", by=cast.mina)
    job = ProcrastinateJob.objects.filter(args__import_key=file_import.pk)
    with worker(signs, Path(settings.MEDIA_ROOT)) as process:
        until(lambda: (signs / "in-hand").exists() or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        until(lambda: crashed_jobs.STOPPING in job.get().args)
        process.kill()
        process.wait(20)
    resume()
    assert job.get().args[crashed_jobs.CRASHES][0] == 0 and os.path.exists(file_import.file.path)
