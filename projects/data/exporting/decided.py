"""The decided tasks of a project, one after the other, in the memory of one chunk.

Read by key in short queries, with no transaction or cursor held: an export may take hours without
keeping the database from cleaning up. What is decided meanwhile may or may not be in it; each task is
in it once, with one verdict.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.expressions import CombinedExpression

from projects.data import archive
from projects.data.archive import Kept
from projects.errors import Refused
from projects.models import Annotation, Asset, Batch, Project, Task, Verdict

CHUNK = 200
CHUNK_BYTES = 64 * 1024  # of answers and payloads, as the database stores them; in memory it is some fifty times that


def _stored(answer: str, payload: str) -> CombinedExpression:
    """How many bytes the database keeps of a verdict's answer and its task's payload."""
    sizes = [Func(F(name), function="pg_column_size", output_field=IntegerField()) for name in (answer, payload)]
    return sizes[0] + sizes[1]


STORED, STORED_OF_TASK = _stored("answer", "task__payload"), _stored("verdicts__answer", "payload")
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
    pictures: tuple[Asset, ...] = ()  # of the task, where they were asked for; of a pair, both candidates'
    key: int = 0  # the task's
    verdict_key: int = 0


class Pin(NamedTuple):
    """Which verdict of which task is meant, whatever becomes of it later: by their keys."""

    task: int
    verdict: int


def decided(
    project: Project, batch: Batch | None = None, *, judgements: bool = False, media: bool = False
) -> Iterator[Decided]:
    """Each decided task of a project, or of one batch of it, in the order of loading; archived ones between the others.

    Live tasks are looked at before the archive, window by window, so that one which is moved meanwhile is met in one of
    the two; it is told once.
    """
    rows = Verdict.objects.current().filter(task__project=project)
    if batch is not None:
        rows = rows.filter(task__batch=batch)
    rows = rows.select_related(*_beside(media)).order_by("task_id")
    tasks = Task.objects.filter(**{"project": project} | ({} if batch is None else {"batch": batch}))
    last = 0
    while last < END:
        upto = _upto(tasks, last)
        chunk = list(rows.filter(task_id__gt=last, task_id__lte=upto))
        live = {verdict.task_id for verdict in chunk}
        kept = (one for one in archive.between(project, batch, last, upto) if one.task.pk not in live)
        yield from _merged(_live(chunk, judgements, media), _archived(kept, judgements, media))
        last = upto


def pinned(
    project: Project, pins: Iterable[Pin], *, judgements: bool = False, media: bool = False
) -> Iterator[Decided]:
    """The same of these verdicts, in the order of their tasks, also where others took their place or their tasks went
    into the archive. Raises Refused for one that is nowhere."""
    rows = Verdict.objects.select_related(*_beside(media)).order_by("task_id")
    waiting = iter(pins)
    while some := list(islice(waiting, CHUNK)):
        while some:
            now = some[: _fitting([pin.verdict for pin in some])]
            some = some[len(now) :]
            chunk = list(rows.filter(pk__in=[pin.verdict for pin in now]))
            found = dict(_live(chunk, judgements, media))
            wanted = {pin.task: pin.verdict for pin in now if pin.task not in found}
            found |= _from_archive(project, wanted, judgements, media)
            if len(found) < len(now):  # it came back from the archive between the two looks
                again = list(rows.filter(pk__in=[pin.verdict for pin in now if pin.task not in found]))
                found |= dict(_live(again, judgements, media))
            if len(found) < len(now):
                text = "A task of this delivery is neither here nor in the archive any more."
                raise Refused(text, code="task-gone")
            yield from (found[pin.task] for pin in now)


def _beside(media: bool) -> tuple[str, ...]:
    pictures = ("task__asset", "task__other_asset") if media else ()
    return ("task__batch", "decided_by", *pictures)


def _fitting(verdicts: Sequence[int]) -> int:
    """How many of these, in their order, are held at a time."""
    weights = dict(Verdict.objects.filter(pk__in=verdicts).values_list("pk", STORED))
    size = 0
    for number, verdict in enumerate(verdicts, start=1):
        size += weights.get(verdict, 0)
        if size >= CHUNK_BYTES:
            return number
    return len(verdicts)


def _from_archive(project: Project, wanted: dict[int, int], judgements: bool, media: bool) -> dict[int, Decided]:
    """Those of these tasks (key -> verdict's) that lie in the archive."""
    if not wanted:
        return {}
    kept = archive.between(project, None, min(wanted) - 1, max(wanted))
    return {
        one.task.pk: _kept(one, verdict, judgements, media)
        for one in kept
        for verdict in one.verdicts
        if wanted.get(one.task.pk) == verdict.pk
    }


def _upto(tasks: QuerySet[Task], last: int) -> int:
    """Where a chunk ends that begins behind a task: after at most CHUNK tasks, and fewer where they are large, since a
    reader may take hours over them while they are held. END where there are no more.

    Tasks and verdicts are both bound from below: of a merge of the two PostgreSQL would read the other from its very
    beginning, each time.
    """
    behind = tasks.filter(pk__gt=last, verdicts__superseded_at=None, verdicts__task__gt=last).order_by("pk")
    weights = behind.values_list("pk", STORED_OF_TASK)[:CHUNK]
    last, size = END, 0
    for task, weight in weights:
        last, size = task, size + weight
        if size >= CHUNK_BYTES:
            break
    return last


def _merged(*streams: Iterator[tuple[int, Decided]]) -> Iterator[Decided]:
    return (one for _, one in heapq.merge(*streams, key=lambda pair: pair[0]))


def _live(chunk: list[Verdict], judgements: bool, media: bool) -> Iterator[tuple[int, Decided]]:
    work = _judgements(chunk) if judgements else {}
    for verdict in chunk:
        yield verdict.task_id, _one(verdict, work.get(verdict.task_id, []), media)


def _archived(tasks: Iterable[Kept], judgements: bool, media: bool) -> Iterator[tuple[int, Decided]]:
    for one in tasks:
        for verdict in one.verdicts:
            if verdict.superseded_at is None:
                yield one.task.pk, _kept(one, verdict, judgements, media)


def _kept(one: Kept, verdict: Verdict, judgements: bool, media: bool) -> Decided:
    current = [row for row in one.annotations if row.superseded_at is None]
    return _one(verdict, [_judgement(verdict, row) for row in current] if judgements else [], media)


def _one(verdict: Verdict, judgements: list[Judgement], media: bool) -> Decided:
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
        pictures=tuple(one for one in (task.asset, task.other_asset) if one) if media else (),
        key=task.pk,
        verdict_key=verdict.pk,
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
