"""The outbox: in order, to each reader once, and never waiting for a writer."""

import signal
import threading
import time

import pytest
from django.db import connection, transaction

from projects.models import BatchProgress, Task
from projects.reports import progress
from projects.workflow import submission, task_actions
from taskers.models import Event
from taskers.outbox.events import behind, emit, follow
from tests.support import make
from tests.support.commands import start

# A reader in a process of its own, which dies with what it has written and its place not yet moved on.
KILLED = """
import os, signal
from projects.reports import progress
from taskers.outbox.events import follow
def handle(events):
    assert events
    progress.add(events)
    os.kill(os.getpid(), signal.SIGKILL)
follow(progress.READER, handle)
"""


@pytest.fixture(autouse=True)
def impatient_readers(settings) -> None:
    """Readers as they are: these tests wait by themselves, and see what can't be read yet."""
    settings.OUTBOX_READ = "taskers.outbox.events.settled"


def read(reader: str = "test", *, number: int = 0) -> list[str]:
    """What a reader sees next. Waits for that many: a transaction in any database of the server delays readers."""
    seen: list[str] = []
    until = time.monotonic() + 60
    while True:
        follow(reader, lambda events: seen.extend(event.kind for event in events))
        if len(seen) >= number or time.monotonic() > until:
            return seen
        time.sleep(0.05)


def settled() -> None:
    """Wait until everything written so far can be read."""
    emit("settled", organization_id=0)
    while "settled" not in read("settled", number=1):
        pass


@pytest.mark.django_db(transaction=True)
def test_each_reader_sees_each_event_once(cast) -> None:
    settled()
    read("one"), read("two")
    emit("planted", organization_id=cast.riverside.pk)
    assert read("one", number=1) == ["planted"]
    assert read("one") == []
    assert read("two", number=1) == ["planted"]


@pytest.mark.django_db(transaction=True)
def test_who_is_behind_is_told_by_one_statement(cast, django_assert_num_queries) -> None:
    settled()
    read("one"), read("two")
    emit("planted", organization_id=cast.riverside.pk)
    settled()
    assert read("one", number=1)[:1] == ["planted"]
    with django_assert_num_queries(1):
        assert set(behind(["one", "two", "never asked"])) == {"two", "never asked"}


@pytest.mark.django_db(transaction=True)
def test_an_early_event_that_commits_late_is_not_missed(cast) -> None:
    """The number is drawn before the commit: a reader must not run past a transaction still open."""
    settled()
    read()
    written, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            emit("early", organization_id=cast.riverside.pk)
            written.set()
            may_commit.wait(120)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert written.wait(60)
    emit("late", organization_id=cast.riverside.pk)
    before = read()
    may_commit.set()
    writer.join()
    assert before == []
    assert read(number=2) == ["early", "late"]


@pytest.mark.django_db(transaction=True)
def test_what_a_reader_wrote_is_undone_when_it_fails(cast) -> None:
    settled()
    read()
    emit("planted", organization_id=cast.riverside.pk)
    settled()
    with pytest.raises(ZeroDivisionError):
        follow("test", lambda events: 1 / 0)  # type: ignore[arg-type,return-value]
    assert read(number=2) == ["planted", "settled"]


@pytest.mark.django_db(transaction=True)
def test_what_a_reader_had_read_when_it_was_killed_takes_effect_once(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    make.tasks(batch, 3)
    make.judged(cast.alice, project, make.MARIA)
    settled()
    for _twice in range(2):
        killed = start("shell", "--verbosity", "0", "-c", KILLED)
        assert killed.wait(120) == -signal.SIGKILL, "it did not come to its events"
    settled()
    while progress.catch_up():
        pass
    added_up = BatchProgress.objects.values().get(batch=batch)
    progress.rebuild()
    assert added_up == BatchProgress.objects.values().get(batch=batch) and added_up["submitted"] == 1


@pytest.mark.django_db(transaction=True)
def test_progress_from_events_agrees_with_a_count(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    first, second, third = make.tasks(batch, 3)
    # Breadth first: Alice has the first and the third, Bob the second; then each what the other had.
    for tasker in (cast.alice, cast.bob, cast.alice, cast.bob, cast.bob, cast.alice):
        mine = make.held(tasker, project)
        bob_errs = mine.task == first and tasker == cast.bob
        submission.submit(mine, tasker, mine.token, make.OSLO if bob_errs else make.MARIA)
    task_actions.requeue(second, by=cast.mina)
    assert [task.withheld for task in Task.objects.order_by("pk")] == ["review", "", ""]
    settled()
    while progress.catch_up():
        pass
    added_up = BatchProgress.objects.values().get(batch=batch)
    progress.rebuild()
    counted = BatchProgress.objects.values().get(batch=batch)
    assert added_up == counted
    assert counted | {"batch_id": 0} == {
        "batch_id": 0, "tasks": 3, "wanted": 7, "submitted": 6, "decided": 1, "in_review": 1, "spent": 2,
        "done_at": None,
    }  # fmt: skip
    make.judged(cast.carol, project, make.MARIA)
    settled()
    progress.catch_up()
    assert BatchProgress.objects.get(batch=batch).submitted == 7


@pytest.mark.django_db
def test_events_name_who_and_what(cast) -> None:
    project = make.project(cast.riverside)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    claimed = Event.objects.get(kind="claimed")
    assert (claimed.actor_id, claimed.subject) == (cast.alice.pk, f"task:{task.public_id}")
    assert claimed.project_key == project.public_id
