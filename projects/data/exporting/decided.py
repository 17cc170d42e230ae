"""The decided tasks of a project, one after the other, in the memory of one chunk.

Read by key in short queries, with no transaction or cursor held: an export may take hours without
keeping the database from cleaning up. What is decided meanwhile may or may not be in it; each task is
in it once, with one verdict.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet

from projects.data import archive
from projects.data.archive import Kept
from projects.models import Annotation, Batch, Project, Verdict

CHUNK = 200
CHUNK_BYTES = 64 * 1024  # of answers and payloads, as the database stores them; in memory it is some fifty times that
STORED = Func(F("answer"), function="pg_column_size", output_field=IntegerField()) + Func(
    F("task__payload"), function="pg_column_size", output_field=IntegerField()
)
END = 2**63 - 1  # after every key


@dataclass(frozen=True)
class Judgement:
    """One answer that was handed in for a task, and what became of it."""

    id: str
    kind: str
    tasker: str
    tasker_kind: str
    answer: dict[str, Any]
    agreement: float | None
    supports: bool
    voided: bool
    active_ms: int
    settings_version: int
    at: datetime


@dataclass(frozen=True)
class Decided:
    """A decided task: what was asked, what holds, and on which work it rests."""

    id: str
    external_id: str
    batch: str
    payload: dict[str, Any]
    answer: dict[str, Any]
    verdict: str
    confidence: float
    method: str
    settings_version: int
    decided_by: str | None
    note: str
    at: datetime
    judgements: list[Judgement] = field(default_factory=list)


def decided(project: Project, batch: Batch | None = None, *, judgements: bool = False) -> Iterator[Decided]:
    """Each decided task of a project, or of one batch of it, in the order of loading; archived ones between the others.

    Live tasks are looked at before the archive, window by window, so that one which is moved meanwhile is met in one of
    the two; it is told once.
    """
    rows = Verdict.objects.current().filter(task__project=project)
    if batch is not None:
        rows = rows.filter(task__batch=batch)
    rows = rows.select_related("task__batch", "decided_by").order_by("task_id")
    last = 0
    while last < END:
        upto = _upto(rows, last)
        chunk = list(rows.filter(task_id__gt=last, task_id__lte=upto))
        live = {verdict.task_id for verdict in chunk}
        kept = (one for one in archive.between(project, batch, last, upto) if one.task.pk not in live)
        yield from _merged(_live(chunk, judgements), _archived(kept, judgements))
        last = upto


def _upto(rows: QuerySet[Verdict], last: int) -> int:
    """Where a chunk ends that begins behind a task: after at most CHUNK tasks, and fewer where they are large, since a
    reader may take hours over them while they are held. END where there are no more."""
    weights = rows.filter(task_id__gt=last).values_list("task_id", STORED)[:CHUNK]
    last, size = END, 0
    for task, weight in weights:
        last, size = task, size + weight
        if size >= CHUNK_BYTES:
            break
    return last


def _merged(*streams: Iterator[tuple[int, Decided]]) -> Iterator[Decided]:
    return (one for _, one in heapq.merge(*streams, key=lambda pair: pair[0]))


def _live(chunk: list[Verdict], judgements: bool) -> Iterator[tuple[int, Decided]]:
    work = _judgements(chunk) if judgements else {}
    for verdict in chunk:
        yield verdict.task_id, _one(verdict, work.get(verdict.task_id, []))


def _archived(tasks: Iterable[Kept], judgements: bool) -> Iterator[tuple[int, Decided]]:
    for one in tasks:
        for verdict in one.verdicts:
            if verdict.superseded_at is None:
                current = [row for row in one.annotations if row.superseded_at is None]
                work = [_judgement(verdict, row) for row in current] if judgements else []
                yield one.task.pk, _one(verdict, work)


def _one(verdict: Verdict, judgements: list[Judgement]) -> Decided:
    task = verdict.task
    return Decided(
        id=str(task.public_id),
        external_id=task.external_id,
        batch=task.batch.name,
        payload=task.payload,
        answer=verdict.answer,
        verdict=str(verdict.public_id),
        confidence=verdict.confidence,
        method=verdict.method,
        settings_version=verdict.settings_version,
        decided_by=str(verdict.decided_by.public_id) if verdict.decided_by else None,
        note=verdict.note,
        at=verdict.at,
        judgements=judgements,
    )


def _judgements(chunk: list[Verdict]) -> dict[int, list[Judgement]]:
    by_task = {verdict.task_id: verdict for verdict in chunk}
    rows = Annotation.objects.current().filter(task__in=by_task).select_related("tasker", "assignment").order_by("pk")
    found: dict[int, list[Judgement]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(_judgement(by_task[row.task_id], row))
    return found


def _judgement(verdict: Verdict, row: Annotation) -> Judgement:
    return Judgement(
        id=str(row.public_id),
        kind=row.assignment.kind,
        tasker=str(row.tasker.public_id),
        tasker_kind=row.tasker.kind,
        answer=row.answer,
        agreement=verdict.agreements.get(str(row.pk)),
        supports=row.pk in verdict.rests_on,
        voided=row.assignment.voided_at is not None,
        active_ms=row.active_ms,
        settings_version=row.settings_version,
        at=row.at,
    )
