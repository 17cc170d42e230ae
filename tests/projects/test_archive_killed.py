"""An archiving process that is killed outright, again and again: each task is in one place, and nothing is lost."""

import signal
import time

import pytest
from django.db import connection

from benchmarks.queue import fixtures
from projects import queue
from projects.data import archive
from projects.data.archive.reading import tasks_of
from projects.models import Annotation, Archive, ArchivePart, Assignment, Batch, Task, Verdict
from projects.workflow import batches
from tests.support import cast as people
from tests.support import make
from tests.support.commands import start
from tests.support.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TASKS = 3_000
PAUSES = (0.0, 0.2)  # seconds after a part was committed: somewhere in the next ones


def wait_for_another_part(process, before: int) -> None:
    deadline = time.monotonic() + 120
    while ArchivePart.objects.count() == before:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline, "it doesn't get on"
        time.sleep(0.005)


def wait_for_its_last_words() -> None:
    """What a killed process had asked of the server is done or undone, and its connection gone."""

    def alone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state <> 'idle' AND backend_type = 'client backend'"
            )
            return cursor.fetchone() == (0,)

    until(alone, why=lambda: "the server still works for a process that was killed")


def decide(batch: Batch) -> None:
    """Each annotation of a batch is the verdict on its task, as consensus would have written one after the other."""
    terms = {"answer": {"spans": []}, "confidence": 0.5, "method": "majority_v1", "settings_version": 1}
    found = Annotation.objects.filter(task__batch=batch)
    Verdict.objects.bulk_create(Verdict(task_id=one.task_id, rests_on=[one.pk], **terms) for one in found)


def places() -> tuple[list, list, list]:
    """The tasks, the annotations and the verdicts, wherever they are."""
    kept = [one for part in ArchivePart.objects.select_related("archive__batch") for one in tasks_of(part)]
    tasks = list(Task.objects.values_list("public_id", flat=True)) + [one.task.public_id for one in kept]
    answers = list(Annotation.objects.values_list("public_id", "assignment"))
    answers += [(row.public_id, row.assignment_id) for one in kept for row in one.annotations]
    verdicts = list(Verdict.objects.values_list("public_id", flat=True))
    verdicts += [row.public_id for one in kept for row in one.verdicts]
    return sorted(tasks), sorted(answers), sorted(verdicts)


def test_a_killed_archiver_loses_and_doubles_nothing(tmp_path, settings, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("TANDEM_MEDIA", str(settings.MEDIA_ROOT))
    cast = people.assemble()
    batch = fixtures.batch(make.project(cast.riverside, labels=fixtures.LABELS), "Old", TASKS, wanted=1)
    fixtures.has_done(cast.alice, batch, TASKS)
    decide(batch)
    batches.move(batch, "closed", by=cast.mina)
    before = places()
    assert [len(rows) for rows in before] == [TASKS] * 3
    for pause in PAUSES:
        process = start("archive", "--skip-checks", batch.public_id)
        try:
            wait_for_another_part(process, ArchivePart.objects.count())
            time.sleep(pause)  # the moment of death is the point here
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        wait_for_its_last_words()
        assert places() == before and queue.audit().breaches == []
    killed = Archive.objects.get()
    assert killed.finished_at is None and 0 < Task.objects.count() < TASKS

    done = archive.archive(batch, by=None)
    assert done.finished_at and archive.check(done) == []
    assert places() == before and not Task.objects.exists() and not Assignment.objects.exists()
