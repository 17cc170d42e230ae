"""An import whose process is killed outright, from outside, in the middle: nothing is lost, doubled or half-made."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Count

from projects import jobs, queue
from projects.data import importing
from projects.models import Assignment, Intake, Task
from taskers.models import Event
from tests import cast as people
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = 30_000


def start(*arguments: object) -> subprocess.Popen:
    """A command of manage.py in a process of its own, on the test's database."""
    at = connection.settings_dict
    address = f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={quote(str(at['HOST']), safe='')}"
    if at["PORT"]:
        address += f"&port={at['PORT']}"
    environment = os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_progress(process: subprocess.Popen) -> None:
    """Until the first chunks are committed."""
    deadline = time.monotonic() + 60
    while not Intake.objects.filter(position__gt=0).exists():
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline, "the import doesn't get on"
        time.sleep(0.01)


def test_an_import_whose_worker_is_killed_is_gone_on_with_by_the_next_worker(tmp_path):
    cast = people.assemble()
    project = make.project(cast.riverside, wanted=1)
    rows = "".join(f'{{"external_id": "r-{n}", "text": "Text number {n}"}}\n' for n in range(ROWS))
    made = importing.receive(make.batch(project), ContentFile(rows), name="rows.jsonl", by=cast.mina)
    first = start("work")
    try:
        wait_for_progress(first)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(20)
    killed = Intake.objects.get()
    assert killed.state == "running" and 0 < killed.position < ROWS
    with connection.cursor() as cursor:  # dead for an hour by now
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    second = start("work")
    try:
        jobs.resume_stalled.defer(timestamp=0)  # every two minutes by the clock
        deadline = time.monotonic() + 90
        while Intake.objects.get().state != "done":
            assert second.poll() is None and time.monotonic() < deadline, "nobody goes on with it"
            time.sleep(0.1)
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
    process = start("import_tasks", project.public_id, path)
    try:
        wait_for_progress(process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    killed = Intake.objects.get()
    assert killed.state == "running" and 0 < killed.position < ROWS
    assert Task.objects.count() == killed.position == killed.loaded
    assert queue.audit().breaches == []

    done = importing.run(killed.pk)
    assert (done.state, done.loaded, done.known, done.refused) == ("done", ROWS, 0, 0)
    assert Task.objects.count() == ROWS
    assert set(Assignment.objects.values("task").annotate(n=Count("id")).values_list("n", flat=True)) == {2}
    assert sum(event.data["tasks"] for event in Event.objects.filter(kind="loaded")) == ROWS
