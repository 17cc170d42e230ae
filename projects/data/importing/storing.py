"""From rows to tasks: in chunks, each one transaction, so that a killed load goes on where it stopped.

Loading is idempotent: a row's external_id names its task in the project, so the same row again is known,
and another payload under a used external_id is a conflict that changes nothing.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from projects import queue
from projects.data.connectors.left_media import Left
from projects.data.importing.callbacks import keep as keep_callbacks
from projects.data.importing.choices import Choices
from projects.data.importing.crowd_room import OwnTasks
from projects.data.importing.kept_answers import AnswersKept, Brought
from projects.data.importing.loaded import Loaded
from projects.data.importing.row_check import AUTO, Ready
from projects.data.importing.row_intake import RowIntake
from projects.data.media import assets
from projects.data.reading.rows import Item, Row, memory_of_row
from projects.models import Batch, Project, Task
from projects.quality.gold import authoring
from projects.task_types.preference import PAIR
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.outbox.events import emit

CHUNK_ROWS = 2000
CHUNK_BYTES = 32 * 1024 * 1024
KEPT_FAULTS = 1000  # of one request
MOST_COLUMNS = 100  # fields of a batch's rows that have a column of their own in a table; the others share one
OPEN_STATES = (Batch.State.DRAFT, Batch.State.LIVE, Batch.State.PAUSED)
LOCK_SPACE = 0x496E746B << 32  # our number space of PostgreSQL's advisory locks; the project's key fills the rest

DICE = random.SystemRandom()

COPY = """COPY projects_task
(id, project_id, batch_id, asset_id, other_asset_id, external_id, payload, payload_hash, wanted) FROM STDIN"""
NEW_KEYS = "SELECT nextval(pg_get_serial_sequence('projects_task', 'id')) FROM generate_series(1, %s)"


@dataclass(frozen=True)
class Target:
    """Where rows go."""

    batch: Batch
    project: Project
    wanted: int
    by: Person | None
    since: datetime  # when the load began
    intake: RowIntake
    answers: AnswersKept
    left: Left  # pictures that aren't copied in


def load(
    batch: Batch,
    items: Iterable[Item],
    *,
    by: Person | None,
    choices: Choices | None = None,
    left: Left | None = None,
    committing: Callable[[Loaded], None] | None = None,
    own: OwnTasks | None = None,
) -> Iterator[Loaded]:
    """Make tasks of rows, with the judgements each should have; yields what became of each chunk. What rows say of
    their answers becomes what was chosen.

    Tasks of `own` get room for answers of later chunks, and are not decided before `crowd_room.decide` is called.

    A chunk's tasks, open assignments and event are one transaction, in which `committing` is called last.
    Raises StateConflict when the batch takes no more tasks.
    """
    target = _target(batch, by, choices or Choices(), left or Left())
    target.answers.own = own
    for chunk in _chunks(items):
        with transaction.atomic():
            done = _load_chunk(target, chunk)
            if committing:
                committing(done)
        yield done


def load_all(batch: Batch, items: Iterable[Item], *, by: Person | None) -> Loaded:
    """Load the rows of one request; all of them or, on a crash, whole chunks. The first KEPT_FAULTS faults are kept."""
    total = Loaded()
    for done in load(batch, items, by=by):
        total.loaded += done.loaded
        total.known += done.known
        total.read += done.read
        total.ids += done.ids
        total.unnamed += done.unnamed
        total.columns = known_columns(total.columns, done.columns)
        total.answered += done.answered
        total.losses += done.losses[: KEPT_FAULTS - len(total.losses)]
        total.refused += len(done.faults)
        total.faults += done.faults[: KEPT_FAULTS - len(total.faults)]
    return total


def _target(batch: Batch, by: Person | None, choices: Choices, left: Left) -> Target:
    project = Project.objects.select_related("organization").get(pk=batch.project_id)
    wanted = project.settings_now().wanted
    answers = AnswersKept.of(project, choices, by)
    return Target(batch, project, wanted, by, timezone.now(), RowIntake.of(project, answers), answers, left)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += memory_of_row(item) if isinstance(item, Row) else 0
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _load_chunk(target: Target, chunk: list[Item]) -> Loaded:
    done = Loaded(read=len(chunk))
    _lock(target)
    new, there = target.intake.take(chunk, done)
    keys = _copy(target, new) if new else []
    if new:
        queue.open_slots(keys, since=target.since)
        keep_callbacks((key, row.callback) for key, row in zip(keys, new, strict=True))
        _keep_known(target, keys, new)
        done.loaded, done.first_task = len(new), keys[0]
        if target.answers.own:
            target.answers.own.begin(keys[0])
        done.ids = sum(row.id is not None for row in new)
        done.unnamed = sum(row.external_id.startswith(AUTO) for row in new)
        done.columns = _keep_columns(target, new)
        emit(
            "loaded",
            organization_id=target.project.organization_id,
            actor_id=target.by.pk if target.by else None,
            project_key=target.project.public_id,
            subject=f"batch:{target.batch.public_id}",
            batch=target.batch.pk,
            tasks=len(new),
            wanted=sum(target.answers.wanted(row, target.wanted) for row in new),
        )
    made = [Brought(key, row, True) for key, row in zip(keys, new, strict=True)]
    done.answered, lost = target.answers.keep([*made, *there])
    done.losses += lost
    return done


def _keep_known(target: Target, keys: list[int], rows: list[Ready]) -> None:
    """Rows that came with their right answer are known answers from the start: nobody is asked to judge them."""
    known = {key: row.known for key, row in zip(keys, rows, strict=True) if row.known}
    tasks = Task.objects.select_related("project__organization").in_bulk(list(known))
    for key, one in known.items():  # in the order of the rows
        authoring.keep(
            tasks[key],
            one.answer,
            by=target.by,
            dice=DICE,
            course=one.course,
            explanation=one.explanation,
            shown=one.shown,
        )


def _keep_columns(target: Target, rows: list[Ready]) -> list[str]:
    """The names of what these rows bring as meta, kept with the batch, so that a table of its tasks has its columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row.payload.get("meta") or ()))
    before = Batch.objects.values_list("columns", flat=True).get(pk=target.batch.pk)
    if before is not None and (more := known_columns(before, columns)) != before:
        Batch.objects.filter(pk=target.batch.pk).update(columns=more)
    return columns[:MOST_COLUMNS]


def known_columns(before: list[str], columns: list[str]) -> list[str]:
    """Both, each once and as they came; beyond the first MOST_COLUMNS none has a name of its own."""
    return list(dict.fromkeys([*before, *columns]))[:MOST_COLUMNS]


def lock_of(project_key: int) -> int:
    """The advisory lock under which tasks come into a project."""
    return LOCK_SPACE | (project_key & 0xFFFFFFFF)


def _lock(target: Target) -> None:
    """One chunk at a time per project, so that what is looked up stays true; and the batch stays open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_of(target.project.pk)])
    rows = Batch.objects.select_for_update(no_key=True).filter(pk=target.batch.pk)
    if rows.values_list("state", flat=True).first() not in OPEN_STATES:
        raise StateConflict("This batch is closed or cancelled; load into another one.", code="batch-closed")


def _copy(target: Target, rows: list[Ready]) -> list[int]:
    pictures = [row.picture for row in rows if row.picture is not None]
    stored = target.left.store(target.project.organization, pictures) if pictures else {}
    named = {one for row in rows for one in _assets_of(row.payload) if one} - set(stored)
    if named:
        stored |= assets.find(target.project.organization, named)
    with connection.cursor() as cursor:
        cursor.execute(NEW_KEYS, [len(rows)])
        keys = [key for (key,) in cursor.fetchall()]
        with cursor.copy(COPY) as copy:
            for key, row in zip(keys, rows, strict=True):
                shown = [stored[one].pk if one else None for one in _assets_of(row.payload)]
                payload = json.dumps(row.payload, ensure_ascii=False)
                place = (key, target.project.pk, target.batch.pk, *shown)
                wanted = target.answers.wanted(row, target.wanted)
                copy.write_row((*place, row.external_id, payload, row.digest, wanted))
    return keys


def _assets_of(payload: dict[str, Any]) -> tuple[str | None, str | None]:
    """The pictures that a task shows: its own or its first candidate's, and its second's."""
    first, second = (payload.get(name, {}).get("asset") for name in PAIR)
    return payload.get("asset", first), second
