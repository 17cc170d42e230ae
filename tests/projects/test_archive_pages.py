"""Archiving from the project page: asked for by a manager, done by the worker, said on the page; in parts that fit."""

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs, queue
from projects.data import archive
from projects.data.archive import moving
from projects.models import Archive, ArchivedTask, ArchivePart, Assignment, Batch, Task
from projects.reports import progress, verdict_index
from projects.workflow import batches
from taskers.errors import StateConflict
from taskers.money import disputes
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def batch(cast) -> Batch:
    """Three tasks, all decided, in a batch that was closed."""
    made = make.batch(make.project(cast.riverside, wanted=1), "March")
    make.tasks(made, 3)
    while isinstance(mine := queue.claim(cast.alice, made.project), Assignment):
        make.submission.submit(mine, cast.alice, mine.token, make.MARIA)
    return batches.move(made, "closed", by=cast.mina)


@pytest.fixture
def mina(cast, client):
    client.force_login(cast.mina)
    return client


def read_all() -> None:
    for reader in (progress, verdict_index):
        while reader.catch_up():
            pass


def page(client, batch) -> str:
    return client.get(reverse("project", args=[batch.project.public_id])).content.decode()


def press(client, batch, **headers: str):
    return client.post(reverse("batch-archive", args=[batch.public_id]), headers=headers)


def work_off(batch) -> None:
    """What a worker does with the jobs that wait for it."""
    for job in ProcrastinateJob.objects.filter(task_name=moving.JOB, status="todo", args__batch_key=batch.pk):
        jobs.archive_batch(**job.args)


def test_mina_archives_a_closed_batch_and_the_page_says_how_far_it_is(cast, mina, batch) -> None:
    read_all()
    assert "Archive March? Its tasks and answers move into files." in page(mina, batch)
    shown = press(mina, batch, **{"HX-Request": "true"}).content.decode()
    assert "Archiving" in shown and reverse("batch-archive", args=[batch.public_id]) not in shown
    assert Task.objects.count() == 3, "the worker does it, not the click"
    work_off(batch)
    assert "Archived" in page(mina, batch) and reverse("batch-archive", args=[batch.public_id]) not in page(mina, batch)
    assert not Task.objects.exists() and ArchivedTask.objects.count() == 3
    assert Archive.objects.get().started_by == cast.mina
    work_off(batch)  # a job that runs twice does nothing
    assert press(mina, batch).status_code == 409


def test_what_is_not_over_has_no_such_button(cast, mina, batch) -> None:
    live = make.batch(batch.project, "April")
    assert reverse("batch-archive", args=[live.public_id]) not in page(mina, batch)
    assert press(mina, live).status_code == 409
    open_one = disputes.open(
        cast.riverside, cast.alice, subject=f"task:{Task.objects.first().public_id}", text="It was right."
    )
    assert "disputed" in press(mina, batch).content.decode()
    disputes.answer(open_one, cast.rita, state="refused", text="It was not.")
    press(mina, batch)
    assert Archive.objects.get().batch == batch


def test_the_worker_waits_for_readers_and_says_what_for(cast, mina, batch) -> None:
    read_all()
    batch = batches.move(make.batch(batch.project, "April"), "closed", by=cast.mina)
    press(mina, batch)
    with pytest.raises(StateConflict, match="readers"):
        work_off(batch)
    assert "have yet to see the end of this batch" in page(mina, batch)
    assert "Archive again" in page(mina, batch)
    read_all()
    press(mina, batch)
    work_off(batch)
    assert "Archived" in page(mina, batch) and not Archive.objects.get().reason_of


def test_a_part_holds_as_many_tasks_as_fit(cast, monkeypatch) -> None:
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    for length in (10, 10, 10, 50_000, 10, 90_000, 10):
        make.task(batch, text="x" * length)
    batches.move(batch, "cancelled", by=cast.mina)
    read_all()
    monkeypatch.setattr(moving, "PART_BYTES", 60_000)
    archive.archive(batch, by=None)
    parts = ArchivePart.objects.order_by("number")
    assert [part.rows["tasks"] for part in parts] == [5, 1, 1], "one that is too large for any is a part of its own"
    assert archive.check(Archive.objects.get()) == []


def test_answers_weigh_too(cast, batch, monkeypatch) -> None:
    read_all()
    monkeypatch.setattr(moving, "PART_BYTES", 300)
    archive.archive(batch, by=None)
    assert ArchivePart.objects.count() == 3
