"""An import whose process is killed outright, from outside, in the middle: nothing is lost, doubled or half-made."""

import contextlib
import signal
import subprocess
import time

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Count
from procrastinate.exceptions import AlreadyEnqueued

from projects import jobs, queue
from projects.data import importing
from projects.models import Assignment, Import, Task
from taskers.models import Event
from tests.support import cast as people
from tests.support import make
from tests.support.commands import start
from tests.support.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROWS = 30_000


def wait_for_progress(process: subprocess.Popen) -> None:
    """Until the first chunks are committed."""
    deadline = time.monotonic() + 60
    while not Import.objects.filter(position__gt=0).exists():
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline, "the import doesn't get on"
        time.sleep(0.01)


def test_an_import_whose_worker_is_killed_is_gone_on_with_by_the_next_worker(tmp_path):
    cast = people.assemble()
    project = make.project(cast.riverside, wanted=1)
    rows = "".join(f'{{"external_id": "r-{n}", "text": "Text number {n}"}}\n' for n in range(ROWS))
    made = importing.receive(make.batch(project), ContentFile(rows), name="rows.jsonl", by=cast.mina)
    first = start("work", "--skip-checks")
    try:
        wait_for_progress(first)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(20)
    killed = Import.objects.get()
    assert killed.state == "running" and 0 < killed.position < ROWS
    with connection.cursor() as cursor:  # dead for an hour by now
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    second = start("work", "--skip-checks")
    try:
        with contextlib.suppress(AlreadyEnqueued):  # every two minutes by the clock: just now, perhaps
            jobs.resume_stalled.defer(timestamp=0)
        until(lambda: second.poll() is not None or Import.objects.get().state == "done", 90)
        assert second.poll() is None, "it ended before it was done"
    finally:
        second.terminate()
        second.wait(30)
    made.refresh_from_db()
    assert (made.loaded, made.refused, Task.objects.count()) == (ROWS, 0, ROWS)
    assert queue.audit().breaches == []


def test_a_killed_import_goes_on_and_every_row_is_there_once(tmp_path):
    cast = people.assemble()
    project = make.project(cast.riverside, wanted=2)
    path = tmp_path / "rows.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f'{{"external_id": "r-{n}", "text": "Text number {n}"}}\n' for n in range(ROWS))
    process = start("import_tasks", "--skip-checks", project.public_id, path)
    try:
        wait_for_progress(process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    killed = Import.objects.get()
    assert killed.state == "running" and 0 < killed.position < ROWS
    assert Task.objects.count() == killed.position == killed.loaded
    assert queue.audit().breaches == []

    done = importing.run(killed.pk)
    assert (done.state, done.loaded, done.known, done.refused) == ("done", ROWS, 0, 0)
    assert Task.objects.count() == ROWS
    assert set(Assignment.objects.values("task").annotate(n=Count("id")).values_list("n", flat=True)) == {2}
    assert sum(event.data["tasks"] for event in Event.objects.filter(kind="loaded")) == ROWS
