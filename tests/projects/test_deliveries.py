"""Deliveries: numbered, immutable, the same however often their worker is killed, and what differs from the last."""

import gzip
import hashlib
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import queue
from projects.configuration import configure
from projects.data import archive, deliveries, exporting
from projects.data.deliveries import kept_files, making, picks, targets
from projects.errors import Refused
from projects.models import Delivery, Task, Verdict
from projects.reports import verdict_index
from projects.workflow import batches, submission
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.full_disk import full_disk
from tests.support.projects.delivering import (
    content,
    decided,
    delivered,
    differences_of,
    lines,
    manifest_of,
    names_in,
    run_job,
    stored,
)
from tests.support.projects.exporting import gallery

__all__ = ["gallery"]  # a fixture


@pytest.fixture(autouse=True)
def folder(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "outbox").mkdir()
    settings.DELIVERY_FOLDERS = [str(tmp_path / "outbox")]
    return tmp_path / "outbox"


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


def decide_anew(cast, task: Task) -> None:
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.MARIA_AND_OSLO)


def test_a_manager_orders_one_and_a_worker_makes_it(cast, project):
    decided(cast, project)
    ordered = deliveries.order(project, by=cast.mina, format="jsonl", note="For training only.")
    run_job(ordered)
    made = Delivery.objects.get(pk=ordered.pk)
    assert (made.state, made.number, made.tasks, made.written, made.files) == ("done", 1, 3, 3, 1)
    assert [row["external_id"] for row in lines(made)] == ["First-0", "First-1", "First-2"]
    data = content(made)
    assert (made.sha256, made.size) == (hashlib.sha256(data).hexdigest(), len(data))
    said = manifest_of(made)
    (file,) = said["files"]
    assert (file["sha256"], file["bytes"], file["name"]) == (made.sha256, made.size, "names-in-reports.jsonl")
    assert (said["note"], said["made_by"], said["tasks"]) == ("For training only.", str(cast.mina.public_id), 3)
    assert said["settings_version"] == 1 and [label["key"] for label in said["labels"]] == ["person", "place"]
    assert hashlib.sha256(kept(made.manifest)).hexdigest() == made.manifest_sha256
    assert Event.objects.get(kind="delivery_done").data == {"delivery": made.pk}
    assert delivered(project).number == 2


def picked(one: Delivery) -> Delivery:
    """As a worker leaves it that was killed once it was written down which tasks are in it."""
    Delivery.objects.filter(pk=one.pk).update(state="running", run=uuid4())
    making._pick(found := making._again(one.pk))
    return found


def kept(name: str) -> bytes:
    return b"".join(kept_files.fetch(name))


def test_whoever_follows_the_feed_from_there_misses_nothing(cast, project):
    decided(cast, project, 2)
    verdict_index.add(Event.objects.all())
    made = delivered(project)
    decided(cast, project, 1, "Second")
    verdict_index.add(Event.objects.filter(pk__gt=Event.objects.get(kind="delivery_done").pk))
    (line,) = verdict_index.since(project, made.position, 10)
    assert line.task.external_id == "Second-0"


def test_the_database_refuses_to_change_one_that_is_done(cast, project):
    decided(cast, project)
    made = delivered(project)
    for change in ({"note": "Mine"}, {"sha256": "0" * 64}, {"state": "failed"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Delivery.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()
    waiting = deliveries.order(project, by=None, format="jsonl")
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.filter(pk=waiting.pk).update(terms={})


def test_what_is_decided_later_changes_nothing_in_it(cast, project):
    first, _second = decided(cast, project, 2)
    ordered = picked(deliveries.order(project, by=None, format="jsonl"))
    before = [str(one.public_id) for one in Verdict.objects.order_by("task")]
    decide_anew(cast, first)
    decided(cast, project, 1, "Later")
    done = deliveries.run(ordered.pk)
    assert [row["verdict"]["id"] for row in lines(done)] == before


def test_what_differs_from_the_one_before_is_counted_and_listed(cast, project):
    first, _second, third = decided(cast, project)
    before = delivered(project)
    assert (before.before, before.added, before.changed, before.gone) == (None, 3, 0, 0)
    decide_anew(cast, first)
    queue.void(third.annotations.get().assignment, "banned", by=cast.mina)
    Verdict.objects.filter(task=third).update(superseded_at=timezone.now())
    decided(cast, project, 2, "Second")
    delivered(project, confidence=0.5)  # chose its tasks in another way
    after = delivered(project)
    assert (after.before, after.added, after.changed, after.gone) == (before, 2, 1, 1)
    assert differences_of(after) == [
        ("changed", "First-0"),
        ("gone", "First-2"),
        ("added", "Second-0"),
        ("added", "Second-1"),
    ]


def test_a_list_of_picks_that_is_none_is_lost_and_costs_no_memory(monkeypatch):
    for text in (bytes(64 << 20), b"[" * 50_000 + b"\n", b"{}\n", b"[1]\n"):
        packed = gzip.compress(text, 9)
        monkeypatch.setattr(picks, "fetch", lambda name, packed=packed: iter([packed]))
        tracemalloc.start()
        try:
            with pytest.raises(kept_files.Lost):
                list(picks.read("picks", hashlib.sha256(packed).hexdigest()))
            assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
        finally:
            tracemalloc.stop()


def test_tasks_are_chosen_by_batch_label_confidence_and_moment(cast, project):
    decided(cast, project, 2)
    decided(cast, project, 1, "Second", answer=make.OSLO)
    moment = timezone.now()
    with_both = decided(cast, project, 1, "Third", answer=make.MARIA_AND_OSLO)
    second = project.batches.get(name="Second")
    assert delivered(project, batch=str(second.public_id)).tasks == 1
    assert delivered(project, labels=["place"]).tasks == 2
    late = delivered(project, since=moment.isoformat())
    assert [row["external_id"] for row in lines(late)] == [with_both[0].external_id]
    sure = Verdict.objects.order_by("pk")[0].confidence
    assert delivered(project, confidence=sure).tasks == 4
    assert delivered(project, confidence=sure + 0.01).fault == "nothing-to-deliver"


def test_a_split_keeps_groups_together_and_is_the_same_each_time(cast, gallery):
    split = {"by": "herd", "shares": {"train": 40, "val": 30, "test": 30}}
    first, again = (delivered(gallery, format="jsonl", split=split) for _ in range(2))
    assert content(first) == content(again)
    herds: dict[str, set[str]] = {}
    for name in names_in(first):
        for row in read_in(first, name):
            herds.setdefault(row["payload"]["meta"]["herd"], set()).add(name)
    assert len(herds) == 3 and all(len(parts) == 1 for parts in herds.values())
    assert names_in(first) == ["train.jsonl", "val.jsonl", "test.jsonl"]


def read_in(one: Delivery, name: str) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(content(one))) as files:
        return [json.loads(line) for line in files.read(name).splitlines()]


def test_into_a_folder_it_goes_whole_with_its_manifest(cast, gallery, folder):
    made = delivered(gallery, format="yolo_detect", media=True, target="folder", place=str(folder))
    (at,) = folder.iterdir()
    assert at.name == f"zoo-0001-{str(made.public_id)[:8]}"
    said = json.loads((at / "manifest.json").read_text())
    assert {one["name"] for one in said["files"]} == {
        path.relative_to(at / "data").as_posix()
        for path in at.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    for one in said["files"]:
        assert hashlib.sha256((at / "data" / one["name"]).read_bytes()).hexdigest() == one["sha256"]
    assert (
        made.file == "" and made.files == len(said["files"]) and made.size == sum(one["bytes"] for one in said["files"])
    )


class Killed(BaseException):
    """The worker's process is no more."""


@pytest.mark.parametrize("target", ["download", "folder"])
def test_a_killed_worker_leaves_nothing_and_the_next_makes_the_same(cast, gallery, folder, monkeypatch, target):
    place = str(folder) if target == "folder" else ""
    whole = delivered(gallery, format="coco", media=True, target=target, place=place)
    ordered = deliveries.order(gallery, by=None, format="coco", said={"media": True}, target=target, place=place)
    taken = 0

    def until_killed(one, which=0):
        nonlocal taken
        taken += 1
        if taken == 3:
            raise Killed()
        return real(one, which)

    real = exporting.coco.pictures.pieces
    monkeypatch.setattr(exporting.coco.pictures, "pieces", until_killed)
    with pytest.raises(Killed):
        deliveries.run(ordered.pk)
    left = Delivery.objects.get(pk=ordered.pk)
    assert (left.state, left.file, left.tasks) == ("running", "", 5)
    if target == "folder":
        assert len([path for path in folder.iterdir() if not path.name.startswith(".")]) == 1
        (folder / f".{targets.name_of(making._again(left.pk))}.{left.run}.part" / "data").mkdir(parents=True)
    kept_files.keep(left, "half.zip", [b"half"])
    configure.rename(gallery, "Renamed", by=None)
    gallery.labels.create(key="later", name="Later", colour="#1971c2", position=9)
    done = deliveries.run(ordered.pk)
    assert done.state == "done" and (done.files, done.size) == (whole.files, whole.size)
    assert [one["sha256"] for one in manifest_of(done)["files"]] == [
        one["sha256"] for one in manifest_of(whole)["files"]
    ]
    if target == "folder":
        assert len(list(folder.iterdir())) == 2, "no part is left"
    else:
        assert done.sha256 == whole.sha256
    making.kept_files.sweep(done)
    assert len(stored(done)) == (4 if target == "download" else 3), "nor in the store"


def test_of_two_workers_at_one_delivery_one_makes_it(cast, project, monkeypatch):
    decided(cast, project)
    ordered = deliveries.order(project, by=None, format="jsonl")
    real = targets.TARGETS["download"]

    def slowly(shipment):
        if not Delivery.objects.get(pk=ordered.pk).file:
            monkeypatch.setitem(targets.TARGETS, "download", real)
            assert deliveries.run(ordered.pk).state == "done"  # meanwhile, by another
        return real.write(shipment)

    monkeypatch.setitem(targets.TARGETS, "download", real._replace(write=slowly))
    made = deliveries.run(ordered.pk)
    assert made.state == "done" and Event.objects.filter(kind="delivery_done").count() == 1
    assert content(made) and hashlib.sha256(content(made)).hexdigest() == made.sha256


def test_a_full_disk_is_named_and_leaves_nothing(cast, gallery, folder):
    for target, place in (("download", ""), ("folder", str(folder))):
        ordered = deliveries.order(
            gallery, by=None, format="yolo_detect", said={"media": True}, target=target, place=place
        )
        picked(ordered)
        with full_disk(most=400):
            failed = deliveries.run(ordered.pk)
        assert (failed.state, failed.fault) == ("failed", "disk-full") and "disk is full" in failed.reason
        assert not list(folder.iterdir()) and failed.file == ""
    done = deliveries.run(ordered.pk)
    assert (done.state, done.reason, done.reason_of) == ("done", "", {}) and len(list(folder.iterdir())) == 1


def test_nothing_to_deliver_is_said_and_leaves_nothing(cast, project):
    made = delivered(project)
    assert (made.state, made.fault) == ("failed", "nothing-to-deliver") and stored(made) == []
    assert Event.objects.filter(kind="delivery_failed").count() == 1


@pytest.mark.parametrize(
    ("format", "more", "code", "place"),
    [
        ("coco", {}, "wrong-format", "format"),
        ("jsonl", {"said": {"label_map": {"person": None, "place": None}}}, "label-map-empty", "label_map"),
        ("jsonl", {"said": {"label_map": {"nobody": "x"}}}, "unknown-label", "label_map"),
        ("jsonl", {"said": {"labels": ["nobody"]}}, "unknown-label", "labels"),
        ("jsonl", {"said": {"confidence": 2}}, "out-of-range", "confidence"),
        ("jsonl", {"said": {"since": "yesterday"}}, "not-a-time", "since"),
        ("jsonl", {"said": {"since": "2026-99-99T00:00:00Z"}}, "not-a-time", "since"),
        ("jsonl", {"said": {"split": {"shares": {"train": 80}}}}, "bad-shares", "split"),
        ("jsonl", {"said": {"split": {"shares": {"train": 80, "rest": 20}}}}, "bad-shares", "split"),
        ("jsonl", {"said": {"media": True}}, "wrong-terms", "media"),
        ("jsonl", {"said": {"masks": "gif"}}, "wrong-masks", "masks"),
        ("jsonl", {"said": {"colour": "red"}}, "unknown-term", "colour"),
        ("jsonl", {"said": {"batch": "not-a-key"}}, "unknown-batch", "batch"),
        ("jsonl", {"target": "moon"}, "wrong-target", "target"),
        ("jsonl", {"target": "folder", "place": "/etc"}, "place-not-allowed", "place"),
        ("jsonl", {"note": "x" * 3000}, "too-long", "note"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(cast, project, format, more, code, place):
    with pytest.raises(Refused) as refused:
        deliveries.order(project, by=cast.mina, format=format, **more)
    assert (refused.value.code, refused.value.place) == (code, place)
    assert not Delivery.objects.exists() and not ProcrastinateJob.objects.filter(task_name=making.JOB).exists()


def test_a_folder_that_is_allowed_no_more_is_said(cast, project, folder, settings):
    decided(cast, project)
    ordered = deliveries.order(project, by=None, format="jsonl", target="folder", place=str(folder))
    settings.DELIVERY_FOLDERS = []
    assert deliveries.run(ordered.pk).fault == "place-not-allowed" and not list(folder.iterdir())


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a//b", "", "a\0b"])
def test_no_file_leaves_its_folder(name):
    with pytest.raises(Refused) as refused:
        targets.checked(name)
    assert refused.value.code == "unsafe-path"


def test_tasks_that_are_called_like_paths_stay_in_the_folder(cast, gallery, folder):
    for number, task in enumerate(Task.objects.order_by("pk")):
        hostile = ("../../x.png", "/etc/passwd", "C:\\x\\..\\y.png", "a\0b/..", ". ./")[number]
        name = hostile.replace("\0", "\n")
        Task.objects.filter(pk=task.pk).update(payload=task.payload | {"name": name}, external_id=f"../{number}")
    for format in ("yolo_detect", "labelme", "voc", "cvat", "open_images", "datumaro", "label_studio", "parquet"):
        made = delivered(gallery, format=format, media=True, target="folder", place=str(folder))
        assert made.state == "done", made.reason
    assert {path.parent for path in folder.parent.rglob("x*.png")} and not (folder.parent.parent / "x.png").exists()
    assert {path.name[:3] for path in folder.iterdir()} == {"zoo"}


def test_archived_tasks_and_retired_labels_are_in_it(cast, project):
    decided(cast, project, 2)
    batch = project.batches.get()
    batches.move(batch, "closed", by=None)
    before, ordered = delivered(project), picked(deliveries.order(project, by=None, format="jsonl"))
    archive.archive(batch, by=None)
    configure.set_labels(project, make.LABELS[1:], by=None)
    assert [row["answer"] for row in lines(deliveries.run(ordered.pk))] == [row["answer"] for row in lines(before)]
    after = delivered(project)
    assert not Task.objects.filter(batch=batch).exists()
    assert (after.added, after.changed, after.gone) == (0, 0, 0)
    assert [row["answer"] for row in lines(after)] == [row["answer"] for row in lines(before)]
    assert [label["retired"] for label in after.labels if label["key"] == "person"] == [True]


def test_the_pictures_of_archived_tasks_are_looked_up_together(cast, gallery, folder):
    before = delivered(gallery, format="coco", media=True)
    batch = gallery.batches.get()
    Task.objects.filter(batch=batch, verdicts=None).delete()
    batches.move(batch, "closed", by=None)
    archive.archive(batch, by=None)
    with CaptureQueriesContext(connection) as asked:
        after = delivered(gallery, format="coco", media=True)
    assert after.sha256 == before.sha256
    assert sum('FROM "projects_asset"' in (one["sql"] or "") for one in asked) <= 3, "not once a task"


def test_a_picture_that_is_gone_fails_it_by_name(cast, gallery, folder):
    task = Task.objects.select_related("asset").order_by("pk")[1]
    task.asset.file.delete(save=False)
    made = delivered(gallery, format="voc", media=True, target="folder", place=str(folder))
    assert (made.state, made.fault) == ("failed", "media-gone") and task.external_id in made.reason
    assert not list(folder.iterdir()) and len(stored(made)) == 2, "only which tasks were to be in it"


def test_one_that_nobody_makes_any_more_can_be_gone_on_with(cast, project):
    decided(cast, project)
    ordered = deliveries.order(project, by=None, format="jsonl")
    with pytest.raises(StateConflict):
        deliveries.go_on(ordered)
    ProcrastinateJob.objects.filter(task_name=making.JOB).update(status="failed")
    deliveries.go_on(ordered)
    assert ProcrastinateJob.objects.filter(task_name=making.JOB, status="todo").count() == 1
    done = deliveries.run(ordered.pk)
    with pytest.raises(StateConflict):
        deliveries.go_on(done)
