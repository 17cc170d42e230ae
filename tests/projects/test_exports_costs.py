"""Exports in constant memory, piece by piece, and so many at a time."""

import gc
import random
import re
import tracemalloc

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.data import exporting as exports
from projects.data import importing
from projects.data.exporting import decided as reading
from projects.data.exporting.slots import Slots, TooManyExports
from projects.models import Task, Verdict
from tests.support import make
from tests.support.projects.exporting import exported, photos, reports

pytestmark = pytest.mark.slow

__all__ = ["photos", "reports"]  # fixtures


def many(project, number: int, **more) -> None:
    """A project with many decided tasks, whose answers hold something more."""
    batch = make.batch(project, "Many")
    rows = [
        importing.Row(f"line {n}", f"many-{n}", {"text": f"Text {n} of Ada Lovelace. " * 20}) for n in range(number)
    ]
    importing.load_all(batch, rows, by=None)
    Verdict.objects.bulk_create(
        Verdict(
            task=task,
            answer={"spans": [make.span(0, 4)]} | more,
            confidence=1,
            method="majority_v1",
            settings_version=1,
        )
        for task in Task.objects.filter(batch=batch)
    )


@pytest.mark.parametrize("key", ["jsonl", "conll", "bioes", "docbin", "brat", "label_studio", "parquet"])
def test_memory_of_an_export_does_not_grow_with_the_project(cast, key, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 20)
    monkeypatch.setattr(exports, "PIECE", 4096)
    project = make.project(cast.riverside, wanted=1)
    many(project, 600)
    monkeypatch.setattr("projects.data.exporting.docbin.SPOOLED", 4096)
    monkeypatch.setattr("projects.data.exporting.zipping.SPOOLED", 4096)
    monkeypatch.setattr("projects.data.exporting.parquet_folder.GROUP_ROWS", 20)
    sum(map(len, exports.export(project, key)))  # imports and caches
    tracemalloc.start()
    try:
        sent = sum(map(len, exports.export(project, key)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 5_000 and peak < 1_500_000


def test_each_chunk_is_read_from_where_the_last_one_ended(cast, monkeypatch):
    """On both sides of the join: of a merge PostgreSQL reads the side without a bound from its very beginning."""
    monkeypatch.setattr(reading, "CHUNK", 5)
    project = make.project(cast.riverside, wanted=1)
    many(project, 12)
    with CaptureQueriesContext(connection) as asked:
        assert sum(1 for _ in reading.decided(project)) == 12
    bound = [one["sql"] for one in asked if "pg_column_size" in one["sql"]]
    assert len(bound) == 4, "the last one finds nothing"
    for sql in bound:
        assert re.search(r'"projects_task"\."id" > \d', sql) and re.search(r'"projects_verdict"\."task_id" > \d', sql)


def test_large_answers_are_read_few_at_a_time(cast):
    project = make.project(cast.riverside, wanted=1)
    many(project, 9, noise=random.Random(1).randbytes(30_000).hex())  # which the database makes little smaller
    tracemalloc.start()
    try:
        exporting = exports.export(project, "jsonl")
        assert sum(map(len, exporting)) > 9 * 60_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * 200_000, "of nine tasks, two or three are held at a time"


def test_the_stream_for_http_is_the_same_file_piece_by_piece(cast, reports, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 50)
    many(reports, 5)

    stream = exports.in_thread(exports.export(reports, "conll"))

    async def read() -> list[bytes]:
        return [piece async for piece in stream]

    pieces = async_to_sync(read)()
    assert len(pieces) == 6 and b"".join(pieces) == exported(reports, "conll")


def test_a_reader_that_goes_away_leaves_no_temporary_files(cast, photos, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 1)
    made = []
    real = exports.coco.tempfile.SpooledTemporaryFile

    def spooled(**terms):
        made.append(real(**terms))
        return made[-1]

    monkeypatch.setattr(exports.coco.tempfile, "SpooledTemporaryFile", spooled)

    stream = exports.in_thread(exports.export(photos, "coco"))

    async def leave() -> None:
        for _ in range(5):
            await anext(stream)
        await stream.aclose()

    async_to_sync(leave)()
    assert made and all(one.closed for one in made)


@pytest.fixture
def slots(monkeypatch) -> Slots:
    slots = Slots(person=2, organization=3, all=4)
    monkeypatch.setattr(exports, "SLOTS", slots)
    return slots


def test_stalled_exports_are_so_many_and_then_refused_by_name(cast, reports, slots):
    client = Client()
    client.force_login(cast.mina)
    address = reverse("export-download", args=[reports.public_id, "jsonl"])
    stalled = [client.get(address) for _ in range(2)]
    refused = client.get(address, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-exports")
    stalled.clear()  # their readers went away
    gc.collect()
    assert client.get(address).status_code == 200


def test_export_that_was_read_to_its_end_or_never_begun_gives_its_place_back(cast, reports, slots):
    client = Client()
    client.force_login(cast.mina)
    address = reverse("export-download", args=[reports.public_id, "jsonl"])
    assert async_to_sync(_all)(client.get(address).streaming_content)
    exports.download(reports, "jsonl", by=cast.mina)  # and nobody keeps it
    gc.collect()
    assert not slots.taken


async def _all(pieces) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_one_organizations_exports_leave_room_for_anothers(cast):
    slots = Slots(person=2, organization=3, all=4)
    given = [slots.take(person, 1) for person in (1, 1, 2)]
    for person, organization in ((1, 2), (3, 1)):
        with pytest.raises(TooManyExports):
            slots.take(person, organization)
    slots.take(4, 2)
    with pytest.raises(TooManyExports):
        slots.take(5, 3)
    for give_back in given:
        give_back(), give_back()
    assert slots.taken == {("person", 4): 1, ("organization", 2): 1, ("all", 0): 1}
