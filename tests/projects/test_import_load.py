"""Loading: rows become tasks once, whatever is repeated, wrong, or killed in the middle."""

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import queue
from projects.data import importing
from projects.data.importing import storing
from projects.errors import Refused
from projects.models import Asset, Assignment, Import, Task
from projects.workflow import batches
from projects.workforce import availability
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.projects.importing import counts, kept, lines, loaded, picture, zipped
from tests.support.projects.importing import media as media  # a fixture


@pytest.fixture
def reports(cast):
    """A draft batch of a text project, two judgements wanted."""
    return make.batch(make.project(cast.riverside), state="draft")


@pytest.fixture
def photos(cast, media):
    """A draft batch of an image project."""
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}], wanted=1)
    return make.batch(project, state="draft")


def test_rows_become_tasks_with_the_judgements_that_are_wanted(cast, reports):
    data = lines({"external_id": "r-1", "text": "One", "source": "page 4"}, {"text": "Two", "title": "T"})
    assert counts(loaded(reports, data)) == ("done", 2, 0, 0)
    one, two = Task.objects.order_by("pk")
    assert one.payload == {"text": "One", "meta": {"source": "page 4"}} and one.external_id == "r-1"
    assert two.payload == {"text": "Two", "title": "T"} and two.external_id.startswith("auto-")
    opened = Assignment.objects.order_by("pk").values_list("task", "slot", "state", "kind")
    assert list(opened) == [(task.pk, slot, "open", "judge") for slot in (0, 1) for task in (one, two)]
    event = Event.objects.get(kind="loaded")
    assert event.data == {"batch": reports.pk, "tasks": 2, "wanted": 4}
    assert (event.organization_id, event.subject) == (cast.riverside.pk, f"batch:{reports.public_id}")
    assert queue.audit().breaches == []


def test_loading_again_changes_nothing(reports):
    data = lines({"external_id": "a", "text": "One"}, {"text": "Two"}, {"text": "Two"})
    assert counts(loaded(reports, data)) == ("done", 2, 1, 0)
    assert counts(loaded(reports, data)) == ("done", 0, 3, 0)
    assert Task.objects.count() == 2 and Assignment.objects.count() == 4
    assert Event.objects.filter(kind="loaded").count() == 1


def test_jsonl_id_names_the_tasks_and_the_import_says_what_became_of_every_field(reports):
    rows = [{"id": number, "text": f"Text {number}", "source": "mail"} for number in range(150)]
    done = loaded(reports, lines(*rows, {"text": "Nameless", "ward": "North"}))
    names = Task.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(names[:150]) == [str(number) for number in range(150)] and names[150].startswith("auto-")
    assert (done.ids, done.unnamed, done.columns) == (150, 1, ["source", "ward"])
    reports.refresh_from_db()
    assert reports.columns == ["source", "ward"]


def test_rows_that_were_loaded_when_id_was_a_field_like_any_other_are_known(reports):
    payload = {"text": "One", "meta": {"id": 7, "source": "mail"}}
    loaded(reports, lines({"payload": payload}))
    assert Task.objects.get().external_id.startswith("auto-")
    assert counts(loaded(reports, lines({"id": 7, "source": "mail", "text": "One"}))) == ("done", 0, 1, 0)
    assert counts(loaded(reports, lines({"id": 8, "source": "mail", "text": "One"}))) == ("done", 1, 0, 0)


def test_another_payload_under_a_used_id_is_a_conflict_that_changes_nothing(reports):
    loaded(reports, lines({"external_id": "a", "text": "One"}))
    done = loaded(
        reports,
        lines({"external_id": "a", "text": "Uno"}, {"external_id": "b", "text": "x"})
        + "\n"
        + lines({"external_id": "b", "text": "y"}),
    )
    assert counts(done) == ("done", 1, 0, 2)
    assert [(error["place"], error["code"]) for error in done.errors] == [
        ("line 3", "external-id-conflict"),
        ("line 1", "external-id-conflict"),
    ]
    assert set(Task.objects.values_list("external_id", "payload__text")) == {("a", "One"), ("b", "x")}


def test_the_same_id_in_another_project_is_another_task(cast, reports):
    other = make.batch(make.project(cast.hilltop, "Other"), state="draft")
    for batch in (reports, other):
        assert loaded(batch, lines({"external_id": "a", "text": "One"})).loaded == 1


def test_bad_rows_are_told_by_line_and_good_rows_go_in(reports):
    data = (
        lines({"text": "good"}, {"text": ""}, {"txt": "x"}, {"text": "y", "external_id": "z" * 201})
        + "\n{\n"
        + lines({"text": "fine"})
    )
    done = loaded(reports, data)
    assert counts(done) == ("done", 2, 0, 4)
    assert {(error["place"], error["code"]) for error in done.errors} == {
        ("line 2, text", "blank"),
        ("line 3, text", "missing-field"),
        ("line 4, external_id", "too-long"),
        ("line 5, column 2", "not-json"),
    }


def test_a_megabyte_of_text_is_refused_with_the_reason_and_the_rest_goes_in(reports):
    """Signs that can't be seen, mixed directions and words without end are taken as they are."""
    odd = "bell \a escape \x1b \u202eturned\u202c \u2066apart\u2069 👩‍👩‍👧 <b>bold</b> " + "x" * 100_000
    done = loaded(reports, lines({"text": "m" * 1_000_000}, {"text": odd, "external_id": "odd"}))
    assert counts(done) == ("done", 1, 0, 1)
    [fault] = done.errors
    assert (fault["place"], fault["code"]) == ("line 1, text", "too-long")
    assert fault["text"] == "The text has 1000000 characters; at most 200000 are allowed."
    assert Task.objects.get(external_id="odd").payload == {"text": odd}


def test_csv_and_plain_text_load_too(reports):
    assert loaded(reports, "id,text,agency\n1,Hello,Parks\n", "a.csv").loaded == 1
    assert loaded(reports, "First line\n\nSecond line\n", "a.txt").loaded == 2
    assert Task.objects.get(external_id="1").payload == {"text": "Hello", "meta": {"agency": "Parks"}}


def test_what_is_wrong_with_the_whole_file_is_the_reason_it_failed(reports):
    done = loaded(reports, "name,age\nx,1\n", "a.csv")
    assert done.state == "planned" and "no column “text”" in done.plan["problem"]
    assert done.plan["columns"] == ["name", "age"]  # what each is may be said yet
    assert Task.objects.count() == 0


def test_files_of_the_wrong_kind_are_refused_before_they_are_kept(reports, photos):
    for batch, name, code in (
        (photos, "a.spacy", "wrong-format"),
        (reports, "a.exe", "unknown-format"),
    ):
        with pytest.raises(Refused) as refused:
            kept(batch, b"x", name)
        assert refused.value.code == code
    with pytest.raises(Refused, match="empty"):
        kept(reports, b"", "a.jsonl")


def test_a_zip_of_pictures_becomes_tasks_with_stored_pictures(photos):
    done = loaded(photos, zipped(cat=picture(), copy=picture(), dog=picture(10), bad=b"no"), "a.zip")
    assert counts(done) == ("done", 3, 0, 1)
    assert done.errors[0]["place"] == "bad.png" and done.errors[0]["code"] == "not-an-image"
    cat, copy, dog = Task.objects.order_by("pk").select_related("asset")
    assert cat.asset == copy.asset != dog.asset
    assert cat.asset
    assert cat.payload == {"asset": cat.asset.sha256, "width": 30, "height": 20, "name": "cat.png"}
    with default_storage.open(str(cat.asset.file.name)) as file:
        assert file.read() == picture()
    assert Image.open(default_storage.open(str(cat.asset.thumbnail.name))).size == (30, 20)


def test_a_converted_picture_is_known_again_by_what_was_sent(photos, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = zipped(cat=picture(kind="JPEG", exif=exif))
    assert loaded(photos, turned, "a.zip").loaded == 1
    task = Task.objects.get()
    assert (task.payload["width"], task.payload["height"]) == (20, 30)
    assert task.payload["meta"]["changes"] == ["turned upright"]
    # The next release of the decoder stores other bytes for the same file.
    monkeypatch.setattr("projects.data.media.pictures._encoded", lambda image, kind: (picture(1), "image/png"))
    assert counts(loaded(photos, turned, "b.zip")) == ("done", 0, 1, 0)


def test_jsonl_may_name_stored_pictures_of_its_own_organization_only(cast, photos):
    loaded(photos, zipped(cat=picture()), "a.zip")
    sha256 = Asset.objects.get().sha256
    row = {"external_id": "again", "asset": sha256}
    wrong = {"external_id": "wrong", "asset": sha256, "width": 9, "height": 9, "name": "x"}
    done = loaded(photos, lines(row, wrong, {"asset": "0" * 64}, {"image": "https://example.com/a.png"}))
    assert counts(done) == ("done", 1, 0, 3)
    assert [error["code"] for error in done.errors] == ["wrong-image-size", "unknown-asset", "unknown-asset"]
    assert done.errors[-1]["text"].endswith("load files, or a list of addresses.")
    assert Task.objects.get(external_id="again").payload["width"] == 30
    neighbour = make.project(cast.hilltop, "Cats", "image_regions", labels=[{"name": "Cat"}])
    done = loaded(make.batch(neighbour), lines(row))
    assert [error["code"] for error in done.errors] == ["unknown-asset"]


def test_a_closed_batch_takes_no_more(reports):
    batches.move(reports, "cancelled", by=None)
    done = loaded(reports, lines({"text": "x"}))
    assert done.state == "failed" and "closed or cancelled" in done.reason
    with pytest.raises(StateConflict):
        importing.load_all(reports, [importing.Row("line 1", None, {"text": "x"})], by=None)


class Killed(BaseException):
    """The process is gone: nothing behind this point runs."""


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_killed_load_goes_on_where_it_stopped(reports, monkeypatch, killed_after):
    monkeypatch.setattr(storing, "CHUNK_ROWS", 3)
    data = lines(*({"external_id": f"r-{n}", "text": f"Text {n}"} for n in range(8)), {"text": ""})
    started = kept(reports, data)
    chunks = 0

    def told(_) -> None:
        nonlocal chunks
        chunks += 1
        if chunks > killed_after:
            raise Killed

    with pytest.raises(Killed):
        importing.run(started.pk, told=told)
    started.refresh_from_db()
    assert (started.state, started.position) == ("running", 3 * (killed_after + 1))
    assert Task.objects.count() == min(8, started.position)
    assert counts(importing.run(started.pk)) == ("done", 8, 0, 1)
    assert Assignment.objects.count() == 16 and queue.audit().breaches == []


def test_a_chunk_that_fails_leaves_nothing_of_itself(reports, monkeypatch):
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    slots = iter([False, True])
    real = queue.open_slots

    def breaks(keys, **terms):
        if next(slots):
            raise OSError("disk full")
        return real(keys, **terms)

    monkeypatch.setattr(queue, "open_slots", breaks)
    started = kept(reports, lines(*({"text": f"Text {n}"} for n in range(4))))
    with pytest.raises(OSError, match="disk full"):
        importing.run(started.pk)
    started.refresh_from_db()
    assert (started.state, started.position, started.loaded) == ("failed", 2, 2)
    assert "OSError" in started.reason and Task.objects.count() == 2
    monkeypatch.setattr(queue, "open_slots", real)
    assert counts(importing.run(started.pk)) == ("done", 4, 0, 0)


def test_two_workers_on_one_file_load_it_once(reports, monkeypatch):
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    started = kept(reports, lines(*({"text": f"Text {n}"} for n in range(4))))
    again: list = []

    def told(_) -> None:
        if not again:
            again.append(None)
            importing.run(started.pk)

    assert counts(importing.run(started.pk, told=told)) == ("done", 4, 0, 0)
    assert Task.objects.count() == 4


def test_a_finished_load_is_not_repeated_and_its_file_goes(reports, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        done = loaded(reports, lines({"text": "x"}))
    assert not default_storage.exists(done.file.name)
    assert importing.run(done.pk).state == "done"


def test_receiving_a_file_has_a_worker_load_it(cast, reports):
    made = importing.receive(reports, ContentFile(b"hello"), name="a.txt", by=cast.mina)
    assert made.state == "waiting" and made.started_by == cast.mina
    job = ProcrastinateJob.objects.get(task_name="projects.jobs.run_import")
    assert job.args == {"import_key": made.pk} and job.queue_name == "imports"


def test_memory_of_a_load_does_not_grow_with_the_file(reports, monkeypatch):
    """Rows are taken from the reader no faster than chunks are committed."""
    monkeypatch.setattr(storing, "CHUNK_ROWS", 10)
    ahead = 0

    def rows() -> Iterator[importing.Row]:
        nonlocal ahead
        for n in range(100):
            ahead += 1
            assert ahead <= 10
            yield importing.Row(f"line {n}", None, {"text": f"Text {n}"})

    for done in importing.load(reports, rows(), by=None):
        ahead -= done.read
    assert ahead == 0 and Task.objects.count() == 100


def test_file_of_refused_rows_is_given_up_and_says_so(reports, monkeypatch):
    monkeypatch.setattr(sys.modules["projects.data.importing.receive"], "MOST_ERRORS", 3)
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    done = loaded(reports, "{\n" * 9)
    assert done.state == Import.State.FAILED and done.refused == 4
    assert done.reason == "4 rows were refused; what comes after them was not read."


def test_large_rows_make_small_chunks(reports, monkeypatch):
    monkeypatch.setattr(storing, "CHUNK_BYTES", 10_000)
    rows = [importing.Row(f"line {n}", None, {"text": f"Text {n}"}, size=6_000) for n in range(5)]
    assert [done.read for done in importing.load(reports, rows, by=None)] == [2, 2, 1]


def test_rows_count_by_the_memory_that_they_take_whatever_their_text_takes(reports, monkeypatch):
    monkeypatch.setattr(storing, "CHUNK_BYTES", 10_000)
    rows = [importing.Row(f"line {n}", None, {"text": f"Text {n}", "x": [[]] * 60}, size=200) for n in range(5)]
    assert [done.read for done in importing.load(reports, rows, by=None)] == [2, 2, 1]


@pytest.mark.parametrize("state", [Import.State.WAITING, Import.State.PLANNING, Import.State.RUNNING])
def test_who_comes_while_a_file_is_loaded_is_told_so_and_asks_again(cast, reports, state: str) -> None:
    batches.move(reports, "live", by=cast.mina)
    file = kept(reports, lines({"external_id": "a", "text": "Maria lives in Rome."}))
    Import.objects.filter(pk=file.pk).update(state=state)
    found = queue.claim(cast.alice, reports.project)
    assert (found.code, found.retry_seconds) == ("loading", 2)
    assert availability.of(cast.alice, [reports.project])[reports.project_id].nothing == found
    Import.objects.filter(pk=file.pk).update(started_at=timezone.now() - timedelta(minutes=1))
    assert queue.claim(cast.alice, reports.project).retry_seconds == 12
    Import.objects.filter(pk=file.pk).update(state=Import.State.WAITING)
    importing.run(file.pk)
    assert make.judged(cast.alice, reports.project, make.MARIA).task.external_id == "a"
    assert queue.claim(cast.alice, reports.project).code == "all-done"


@pytest.mark.parametrize("off", ["of an hour ago", "of a paused batch"])
def test_nobody_waits_for_a_file_that_brings_them_nothing(cast, reports, off: str) -> None:
    batches.move(reports, "live", by=cast.mina)
    file = kept(reports, lines({"external_id": "a", "text": "One"}))
    if off == "of an hour ago":
        Import.objects.filter(pk=file.pk).update(started_at=timezone.now() - timedelta(hours=1))
    else:
        batches.move(reports, "paused", by=cast.mina)
    assert queue.claim(cast.alice, reports.project).code == "empty"
