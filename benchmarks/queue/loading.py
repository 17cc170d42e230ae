"""Loading JSONL through an import, against a bare COPY of the same tasks and their open judgements."""

import io
import json
import resource
import time
from collections.abc import Iterator

import psycopg
from django.db import connection

from benchmarks import database
from benchmarks.queue import fixtures
from benchmarks.queue.measure import Row, at_most
from projects.data import importing
from projects.data.importing.choices import Choices
from projects.data.reading.readers.jsonl import read_jsonl
from projects.data.reading.rows import Said
from projects.models import Batch
from projects.reports import progress
from projects.workflow import batches
from taskers.models import Organization

COPY_TASKS = """
COPY projects_task (id, project_id, batch_id, external_id, payload, payload_hash, wanted) FROM STDIN
"""
COPY_SLOTS = "COPY projects_assignment (task_id, batch_id, slot) FROM STDIN"
WANTED = 3
MARKS = [{"start": 0, "end": 5, "label": "A"}, {"start": 6, "end": 11, "label": "B"}]
SAID = (Said({"spans": MARKS}, score=0.9, predicted=True),)


def measure(owner: Organization, tasks: int) -> tuple[list[Row], Batch]:
    """Once each: both take long enough to be steady. Memory is this process's, which does the loading.

    With it comes the batch that was loaded, a draft still.
    """
    bare = _bare(owner, tasks)
    batch = batches.create(fixtures.project(owner, "Loaded"), "Loaded", by=None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours = _imported(batch, tasks)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    while progress.catch_up():
        pass
    plain, predicted = _with_answers(owner, tasks, ()), _with_answers(owner, tasks, SAID)
    rows = [
        at_most(
            f"loading {tasks:,} rows with pre-annotations / without",
            f"{predicted:.1f} s / {plain:.1f} s",
            predicted / plain,
            2,
        ),
        at_most(f"loading {tasks:,} text tasks / bare COPY", f"{ours:.1f} s / {bare:.1f} s", ours / bare, 3),
        at_most("memory growth while loading, MB", f"{grown:.0f} MB", grown, 200),
    ]
    return rows, batch


def _bare(owner: Organization, tasks: int) -> float:
    project = fixtures.project(owner, "Bare copy")
    batch = batches.create(project, "Bare", by=None)
    params = connection.get_connection_params()
    plain = {key: params[key] for key in ("dbname", "user", "password", "host", "port") if params.get(key)}
    with psycopg.connect(**plain) as server, server.cursor() as cursor:
        cursor.execute("SELECT nextval('projects_task_id_seq')")
        (first,) = cursor.fetchone() or (1,)
        start = time.perf_counter()
        with cursor.copy(COPY_TASKS) as copy:
            for number in range(tasks):
                payload = json.dumps({"text": f"{number} {fixtures.TEXT}"})
                copy.write_row((first + number, project.pk, batch.pk, f"b{number}", payload, f"{number:064d}", WANTED))
        with cursor.copy(COPY_SLOTS) as copy:
            for slot in range(WANTED):
                for number in range(tasks):
                    copy.write_row((first + number, batch.pk, slot))
        server.commit()
        taken = time.perf_counter() - start
    database.as_owner(f"SELECT setval('projects_task_id_seq', {first + tasks})")
    return taken


def _imported(batch: Batch, tasks: int) -> float:
    file = io.BufferedReader(Lines(tasks))
    start = time.perf_counter()
    loaded = sum(done.loaded for done in importing.load(batch, read_jsonl(file), by=None))
    assert loaded == tasks, loaded
    return time.perf_counter() - start


def _with_answers(owner: Organization, tasks: int, said: tuple[Said, ...]) -> float:
    """How long rows take that were read already, with what a file says of them."""
    project = fixtures.project(owner, f"Answers {len(said)}")
    batch = batches.create(project, "Answers", by=None)
    keys = list(project.labels.values_list("key", flat=True))
    choices = Choices(answers="prediction", source="Detector", labels={"A": keys[0], "B": keys[-1]})
    rows = (
        importing.Row(f"line {number}", f"s{number}", {"text": f"{number} {fixtures.TEXT}"}, size=300, said=said)
        for number in range(tasks)
    )
    start = time.perf_counter()
    loaded = sum(done.loaded for done in importing.load(batch, rows, by=None, choices=choices))
    assert loaded == tasks, loaded
    return time.perf_counter() - start


class Lines(io.RawIOBase):
    """A JSONL file of any length that takes no room."""

    def __init__(self, tasks: int) -> None:
        self._rest = b""
        self._rows = self._make(tasks)

    def _make(self, tasks: int) -> Iterator[bytes]:
        for number in range(tasks):
            row = {"external_id": f"l{number}", "payload": {"text": f"{number} {fixtures.TEXT}"}}
            yield json.dumps(row).encode() + b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while len(self._rest) < len(buffer):
            row = next(self._rows, None)
            if row is None:
                break
            self._rest += row
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
