"""Old events go to files in their order, and never before every reader has passed them."""

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from projects.data import archive
from projects.data.archive import cleanup
from projects.data.archive import events as moving
from projects.models import Task
from projects.reports import progress, task_history, verdict_index
from taskers.models import Cursor, Event, EventPart
from tests.support import make, owner
from tests.support.projects.archiving import judge_all, read_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def work(cast):
    """Some events of an ordinary day; nobody has read them. Who reads them writes one more: that the batch is done."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 3)
    judge_all(cast, project)
    return list(Event.objects.order_by("transaction", "id").values())


def test_nothing_goes_before_every_reader_has_passed(cast, work):
    assert archive.archive_events(days=0) == 0, "nobody has read anything"
    while progress.catch_up():
        pass
    Cursor.objects.create(reader="slow", transaction=work[4]["transaction"], event_id=work[4]["id"])
    assert archive.archive_events(days=0) == 5
    assert Event.objects.order_by("transaction", "id").first().pk == work[5]["id"]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.filter(pk=work[5]["id"]).delete()
    Cursor.objects.filter(reader="slow").delete()
    assert archive.archive_events(days=0) == len(work) - 5 + 1


def test_every_event_is_in_a_file_in_order_and_as_it_was(cast, work, monkeypatch):
    monkeypatch.setattr(moving, "PART", 4)
    read_all()
    assert archive.archive_events(days=1) == 0, "all are of today"
    assert archive.archive_events(days=0) == len(work) + 1
    assert not Event.objects.exists()
    parts = EventPart.objects.order_by("number")
    assert [part.events for part in parts][:2] == [4, 4]
    names = [field.attname for field in Event._meta.concrete_fields]
    kept = [{name: getattr(event, name) for name in names} for part in parts for event in archive.events_of(part)]
    assert kept[:-1] == work and kept[-1]["kind"] == "batch_done"
    assert archive.archive_events(days=0) == 0
    told = task_history.of(Task.objects.first()).moments
    assert [moment.text for moment in told][0] == "What came before is in the archive of events"
    assert told[0].detail == EventPart.objects.order_by("number").last().file


def test_an_event_that_a_file_only_seems_to_cover_stays(cast, work):
    read_all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
    archive.archive_events(days=0)
    late = make.batch(make.project(cast.riverside, "Another"))
    read_all()
    # As after a restore into a cluster that counts transactions anew.
    with owner.unguarded("taskers_event"):
        Event.objects.update(transaction=work[2]["transaction"])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
    assert Event.objects.filter(subject=f"batch:{late.public_id}").exists()


def test_the_reaper_keeps_events_for_as_long_as_the_settings_say(cast, work, settings):
    read_all()
    assert cleanup.reap()["events"] == 0
    settings.KEEP_EVENTS = 0
    assert cleanup.reap()["events"] == 0
    assert verdict_index.catch_up() == 0 and Event.objects.count() == len(work) + 1
