"""An import that nobody is at any more is taken up by itself; one that never gets on is ended and told, so that its
batch is done without it."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from projects import jobs
from projects.data import abandoned, deliveries, importing
from projects.data.importing import at_work
from projects.errors import GaveUp
from projects.models import Import
from projects.reports import progress
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.projects.importing import kept, lines
from tests.support.projects.importing import media as media  # a fixture
from tests.support.projects.judging import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ROWS = lines({"external_id": "first", "text": "Maria Lopez visited Oslo."})


@pytest.fixture
def batch(cast):
    return make.batch(make.project(cast.riverside, wanted=1))


def left(batch, state: str = "running", age: timedelta = timedelta(hours=1)) -> Import:
    """A file whose loading began so long ago, and that nobody is at."""
    made = kept(batch, ROWS)
    Import.objects.filter(pk=made.pk).update(state=state, started_at=timezone.now() - age)
    made.refresh_from_db()
    return made


def gave_up(made: Import, times: int) -> None:
    """Jobs that were tried until nobody tried them any more."""
    add = """INSERT INTO procrastinate_jobs (task_name, queue_name, args, status)
        VALUES ('projects.jobs.run_import', 'imports', %s, 'failed')"""
    with connection.cursor() as cursor:
        cursor.executemany(add, [[json.dumps({"import_key": made.pk})]] * times)


def waiting(made: Import) -> int:
    return ProcrastinateJob.objects.filter(status="todo", args__import_key=made.pk).count()


def run_job(made: Import, attempts: int) -> None:
    """As a worker runs it, that many having begun it before."""
    job = Job(
        id=0, queue="imports", lock=None, queueing_lock=None, task_name="projects.jobs.run_import", attempts=attempts
    )
    context = JobContext(app=app, job=job, start_timestamp=time.time(), abort_reason=lambda: None)
    jobs.run_import.func(context, import_key=made.pk)


def told_done() -> int:
    """How often it is told that a batch is done, once all that happened is read."""
    news = list(Event.objects.order_by("pk"))
    progress.tell_done(news)
    return Event.objects.filter(kind="batch_done").count()


@pytest.mark.parametrize("state", ["waiting", "planning", "running"])
def test_a_file_that_nobody_is_at_is_given_to_a_worker_once(batch, state) -> None:
    made = left(batch, state)
    assert jobs.take_up.func(timestamp=0) == 1
    assert (jobs.take_up.func(timestamp=0), waiting(made)) == (0, 1)
    run_job(made, attempts=0)
    made.refresh_from_db()
    assert (made.state, made.loaded) == ("done", 1)


def test_what_somebody_runs_by_hand_is_left_to_them_until_they_end(batch) -> None:
    made = left(batch)
    with at_work.hold(made.pk):
        assert not importing.is_stuck(made) and importing.take_up() == 0
    assert importing.is_stuck(made) and importing.take_up() == 1


def test_so_is_what_began_just_now_or_is_over(batch) -> None:
    left(batch, "running", age=timedelta(seconds=5))
    for state in ("planned", "failed", "dropped", "done"):
        left(batch, state)
    assert importing.take_up() == 0


def test_whoever_lost_their_connection_is_at_nothing_any_more(batch) -> None:
    made, there, over, theirs = left(batch), threading.Event(), threading.Event(), []

    def by_hand() -> None:
        with at_work.hold(made.pk):
            theirs.append(connection.connection.info.backend_pid)
            there.set()
            over.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        ends = elsewhere.submit(by_hand)
        try:
            assert there.wait(30) and at_work.is_held(made.pk) and importing.take_up() == 0
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 30000)", theirs)
                assert cursor.fetchone() == (True,), "it lives"
            assert not at_work.is_held(made.pk) and importing.take_up() == 1
        finally:
            over.set()
        ends.result(30)  # that the lock was gone already is no fault


def test_what_is_wrong_with_files_keeps_no_delivery_from_its_turn(db, monkeypatch) -> None:
    had = []

    def turn() -> int:
        had.append("a turn")
        return 0

    monkeypatch.setattr(importing, "take_up", lambda: 1 / 0)
    monkeypatch.setattr(deliveries, "take_up", turn)
    with pytest.raises(ZeroDivisionError):
        jobs.take_up.func(timestamp=0)
    assert had == ["a turn"]


def test_what_began_long_ago_waits_for_people_unless_somebody_began_it_anew(batch) -> None:
    made = left(batch, age=timedelta(days=2))
    assert importing.take_up() == 0 and importing.is_stuck(made)
    Import.objects.update(run_at=timezone.now() - timedelta(hours=2))
    assert importing.take_up() == 1


@pytest.mark.parametrize("state", ["waiting", "planning", "running"])
def test_a_manager_lets_go_of_what_is_being_loaded_and_its_batch_is_done_without_it(
    cast, batch, state, django_capture_on_commit_callbacks
) -> None:
    importing.run(kept(batch, ROWS).pk)
    progress.add(Event.objects.all())
    made = left(batch, state)
    before = Event.objects.order_by("-pk").first()
    said(cast.alice, batch.tasks.get(), make.MARIA)
    progress.add(Event.objects.filter(pk__gt=before.pk))
    assert told_done() == 0
    with django_capture_on_commit_callbacks(execute=True), at_work.hold(made.pk):  # also while somebody is at it
        importing.drop(made, by=cast.mina)
    (dropped,) = Event.objects.filter(kind="import_dropped")
    assert dropped.actor_id == cast.mina.pk, "who let go of it, not who began it"
    progress.tell_done([dropped])
    assert Event.objects.filter(kind="batch_done").count() == 1
    assert importing.run(made.pk).state == "dropped" and not made.file.storage.exists(made.file.name)


def test_what_is_over_is_not_let_go_of(batch) -> None:
    for state in ("dropped", "done"):
        with pytest.raises(StateConflict):
            importing.drop(left(batch, state), by=None)


def test_a_manager_lets_go_of_what_failed_and_of_its_file(
    client, cast, batch, django_capture_on_commit_callbacks
) -> None:
    made = left(batch, "failed")
    Import.objects.filter(pk=made.pk).update(reason="Line 7 is no JSON.")
    client.force_login(cast.mina)
    page = f"/projects/imports/{made.public_id}/"
    assert "the file is thrown away" in client.get(page).content.decode(), "it is asked first"
    with django_capture_on_commit_callbacks(execute=True):
        importing.drop(made, by=cast.mina)
    assert "Line 7 is no JSON." in client.get(page).content.decode(), "why it failed stays to be read"
    assert importing.run(made.pk).state == "dropped" and not made.file.storage.exists(made.file.name)
    with pytest.raises(StateConflict):
        importing.go_on(made)


def test_what_gave_up_again_and_again_is_ended_and_its_batch_told_as_done(cast, batch) -> None:
    importing.run(kept(batch, ROWS).pk)
    progress.add(Event.objects.all())
    before = Event.objects.order_by("-pk").first()
    made = left(batch)
    gave_up(made, abandoned.MOST_JOBS)
    said(cast.alice, batch.tasks.get(), make.MARIA)
    progress.add(Event.objects.filter(pk__gt=before.pk))
    assert told_done() == 0, "more may be in it"
    assert importing.take_up() == 0
    made.refresh_from_db()
    assert (made.state, made.reason) == ("failed", GaveUp().text)
    assert (told_done(), Event.objects.filter(kind="import_failed").count()) == (1, 1)
    importing.go_on(made)  # whoever mended it
    assert waiting(made) == 1


def test_what_failed_before_somebody_asked_counts_no_more(batch) -> None:
    made = left(batch)
    gave_up(made, abandoned.MOST_JOBS)
    importing.go_on(made)
    ProcrastinateJob.objects.filter(status="todo").update(status="failed")  # the next time that the database was away
    assert (importing.take_up(), waiting(made)) == (1, 1)


def test_whoever_presses_the_button_meanwhile_is_not_told_that_it_failed(batch, monkeypatch) -> None:
    made, looked = left(batch), abandoned.Kind.is_stuck
    gave_up(made, abandoned.MOST_JOBS)

    def pressed_after(kind: abandoned.Kind, one: Import) -> bool:
        monkeypatch.setattr(abandoned.Kind, "is_stuck", looked)
        found = looked(kind, one)
        importing.go_on(one)
        return found

    monkeypatch.setattr(abandoned.Kind, "is_stuck", pressed_after)
    assert (importing.take_up(), waiting(made)) == (0, 1)
    made.refresh_from_db()
    assert made.state == "waiting" and not Event.objects.filter(kind="import_failed").exists()


def test_what_somebody_else_is_at_is_not_given_up(batch) -> None:
    made = left(batch)
    with at_work.hold(made.pk):
        run_job(made, attempts=abandoned.MOST_STARTS)
    made.refresh_from_db()
    assert made.state == "running"


def test_a_file_at_which_worker_after_worker_died_is_not_begun_any_more(batch) -> None:
    made = left(batch)
    run_job(made, attempts=abandoned.MOST_STARTS)
    made.refresh_from_db()
    assert (made.state, made.loaded, made.reason) == ("failed", 0, GaveUp().text)
