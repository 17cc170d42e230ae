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
from uuid import UUID

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.expressions import CombinedExpression

from projects.data import archive
from projects.data.archive import Kept
from projects.data.exporting.source_times import archived_times, times_of
from projects.errors import Refused
from projects.models import Annotation, AnswerTimes, Asset, Batch, Project, Task, Verdict

CHUNK = 200
TOGETHER = 100  # archived tasks whose pictures are looked up at once
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
    source_answered_at: datetime | None = None  # of an imported one, as for Annotation
    source_duration_ms: int | None = None


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
    source: AnswerTimes = AnswerTimes()

    @property
    def answered_at(self) -> datetime:
        """When the answer was given: at its source where it was imported with a date, else when it was decided."""
        return self.source.answered_at or self.at


class _Row(NamedTuple):
    """A verdict and its task as they are read: these columns, since models of them, of their batch and of who decided
    cost more than all that is done with them."""

    key: int
    id: UUID
    external_id: str
    batch: str
    payload: dict[str, Any]
    asset: int | None
    other_asset: int | None
    verdict_key: int
    verdict: UUID
    answer: dict[str, Any]
    confidence: float
    method: str
    settings_version: int
    decided_by: UUID | None
    note: str
    at: datetime
    source_answered_at: datetime | None
    source_duration_ms: int | None
    rests_on: Sequence[int]
    agreements: dict[str, float | None] = {}  # read where judgements are told


COLUMNS = (
    *("task_id", "task__public_id", "task__external_id", "task__batch__name", "task__payload"),
    *("task__asset_id", "task__other_asset_id"),
    *("pk", "public_id", "answer", "confidence", "method", "settings_version", "decided_by__public_id", "note", "at"),
    *("source_answered_at", "source_duration_ms", "rests_on"),
)
OF_JUDGEMENTS = ("agreements",)


class _Work(NamedTuple):
    """The same of an annotation."""

    task: int
    key: int
    id: UUID
    kind: str
    tasker: UUID
    tasker_kind: str
    answer: dict[str, Any]
    voided_at: datetime | None
    active_ms: int
    settings_version: int
    at: datetime
    source_answered_at: datetime | None
    source_duration_ms: int | None


WORK_COLUMNS = (
    *("task_id", "pk", "public_id", "assignment__kind", "tasker__public_id", "tasker__kind"),
    *("answer", "assignment__voided_at", "active_ms", "settings_version", "at"),
    *("source_answered_at", "source_duration_ms"),
)


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
    verdicts = Verdict.objects.current().filter(task__project=project)
    if batch is not None:
        verdicts = verdicts.filter(task__batch=batch)
    rows = _columns(verdicts, judgements)
    tasks = Task.objects.filter(**{"project": project} | ({} if batch is None else {"batch": batch}))
    last = 0
    while last < END:
        upto = _upto(tasks, last)
        chunk = [_Row(*row) for row in rows.filter(task_id__gt=last, task_id__lte=upto)]
        live = {row.key for row in chunk}
        kept = (one for one in archive.between(project, batch, last, upto) if one.task.pk not in live)
        yield from _merged(_live(chunk, judgements, media), _archived(kept, judgements, media))
        last = upto


def pinned(
    project: Project, pins: Iterable[Pin], *, judgements: bool = False, media: bool = False
) -> Iterator[Decided]:
    """The same of these verdicts, in the order of their tasks, also where others took their place or their tasks went
    into the archive. Raises Refused for one that is nowhere."""
    rows = _columns(Verdict.objects.all(), judgements)
    waiting = iter(pins)
    while some := list(islice(waiting, CHUNK)):
        while some:
            now = some[: _fitting([pin.verdict for pin in some])]
            some = some[len(now) :]
            chunk = [_Row(*row) for row in rows.filter(pk__in=[pin.verdict for pin in now])]
            found = dict(_live(chunk, judgements, media))
            wanted = {pin.task: pin.verdict for pin in now if pin.task not in found}
            found |= _from_archive(project, wanted, judgements, media)
            if len(found) < len(now):  # it came back from the archive between the two looks
                again = rows.filter(pk__in=[pin.verdict for pin in now if pin.task not in found])
                found |= dict(_live([_Row(*row) for row in again], judgements, media))
            if len(found) < len(now):
                text = "A task of this delivery is neither here nor in the archive any more."
                raise Refused(text, code="task-gone")
            yield from (found[pin.task] for pin in now)


def _columns(verdicts: QuerySet[Verdict], judgements: bool) -> QuerySet[Verdict, Any]:
    return verdicts.order_by("task_id").values_list(*COLUMNS, *(OF_JUDGEMENTS if judgements else ()))


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
    kept = (one for one in archive.between(project, None, min(wanted) - 1, max(wanted)) if one.task.pk in wanted)
    return {
        one.task.pk: _kept(one, verdict, judgements, media)
        for one in (_with_pictures(kept) if media else kept)
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


def _live(chunk: Sequence[_Row], judgements: bool, media: bool) -> Iterator[tuple[int, Decided]]:
    work = _judgements(chunk) if judgements else {}
    assets = _assets(chunk) if media else {}
    source_times = times_of({key: row.key for row in chunk for key in row.rests_on})
    for row in chunk:
        wanted = [key for key in (row.asset, row.other_asset) if key is not None] if media else []
        if not assets.keys() >= set(wanted):  # it went between the two reads, and its task with it
            raise media_gone(row.external_id)
        pictures = tuple(assets[key] for key in wanted)
        yield row.key, _one(row, work.get(row.key, []), pictures, source_times.get(row.key, []))


def media_gone(name: str) -> Refused:
    """That the picture of a task, by its external id, is nowhere."""
    text = "The picture of “%(name)s” is missing from the store; tell the operator."
    return Refused(text, code="media-gone", place=name, name=name)


def _archived(tasks: Iterable[Kept], judgements: bool, media: bool) -> Iterator[tuple[int, Decided]]:
    for one in _with_pictures(tasks) if media else tasks:
        for verdict in one.verdicts:
            if verdict.superseded_at is None:
                yield one.task.pk, _kept(one, verdict, judgements, media)


def _with_pictures(tasks: Iterable[Kept]) -> Iterator[Kept]:
    """The same, the pictures of many looked up together. Raises Refused where one is gone."""
    waiting = iter(tasks)
    while some := list(islice(waiting, TOGETHER)):
        keys = {key for one in some for key in (one.task.asset_id, one.task.other_asset_id) if key is not None}
        assets = Asset.objects.in_bulk(keys)
        for one in some:
            task = one.task
            if not {task.asset_id, task.other_asset_id} - {None} <= assets.keys():
                raise media_gone(task.external_id)
            task.asset, task.other_asset = assets.get(task.asset_id or 0), assets.get(task.other_asset_id or 0)
            yield one


def _kept(one: Kept, verdict: Verdict, judgements: bool, media: bool) -> Decided:
    row, task = _row_of(one.task, verdict), one.task
    current = [work for work in one.annotations if work.superseded_at is None] if judgements else []
    shown = tuple(asset for asset in (task.asset, task.other_asset) if asset) if media else ()
    times = archived_times(one.annotations, row.rests_on)
    return _one(row, [_judgement(row, _work_of(work)) for work in current], shown, times)


def _row_of(task: Task, verdict: Verdict) -> _Row:
    """An archived verdict as it would have been read of the tables."""
    return _Row(
        key=task.pk,
        id=task.public_id,
        external_id=task.external_id,
        batch=task.batch.name,
        payload=task.payload,
        asset=task.asset_id,
        other_asset=task.other_asset_id,
        verdict_key=verdict.pk,
        verdict=verdict.public_id,
        answer=verdict.answer,
        confidence=verdict.confidence,
        method=verdict.method,
        settings_version=verdict.settings_version,
        decided_by=verdict.decided_by.public_id if verdict.decided_by else None,
        note=verdict.note,
        at=verdict.at,
        source_answered_at=verdict.source_answered_at,
        source_duration_ms=verdict.source_duration_ms,
        rests_on=verdict.rests_on,
        agreements=verdict.agreements,
    )


def _work_of(row: Annotation) -> _Work:
    return _Work(
        task=row.task_id,
        key=row.pk,
        id=row.public_id,
        kind=row.assignment.kind,
        tasker=row.tasker.public_id,
        tasker_kind=row.tasker.kind,
        answer=row.answer,
        voided_at=row.assignment.voided_at,
        active_ms=row.active_ms,
        settings_version=row.settings_version,
        at=row.at,
        source_answered_at=row.source_answered_at,
        source_duration_ms=row.source_duration_ms,
    )


def _one(
    row: _Row, judgements: list[Judgement], pictures: tuple[Asset, ...], answers: Sequence[AnswerTimes]
) -> Decided:
    """`answers`: the times of those that the verdict rests on, as far as they are known."""
    own = AnswerTimes(row.source_answered_at, row.source_duration_ms)
    return Decided(
        id=str(row.id),
        external_id=row.external_id,
        batch=row.batch,
        payload=row.payload,
        answer=row.answer,
        verdict=str(row.verdict),
        confidence=row.confidence,
        method=row.method,
        settings_version=row.settings_version,
        decided_by=str(row.decided_by) if row.decided_by else None,
        note=row.note,
        at=row.at,
        judgements=judgements,
        pictures=pictures,
        key=row.key,
        verdict_key=row.verdict_key,
        source=AnswerTimes.together([own, *answers]),
    )


def _assets(chunk: Sequence[_Row]) -> dict[int, Asset]:
    """The pictures of these tasks: many tasks may show one."""
    keys = {key for row in chunk for key in (row.asset, row.other_asset) if key is not None}
    return Asset.objects.in_bulk(keys) if keys else {}


def _judgements(chunk: Sequence[_Row]) -> dict[int, list[Judgement]]:
    by_task = {row.key: row for row in chunk}
    current = Annotation.objects.current().filter(task__in=by_task).order_by("pk")
    found: dict[int, list[Judgement]] = defaultdict(list)
    for work in map(_Work._make, current.values_list(*WORK_COLUMNS)):
        found[work.task].append(_judgement(by_task[work.task], work))
    return found


def _judgement(row: _Row, work: _Work) -> Judgement:
    return Judgement(
        id=str(work.id),
        kind=work.kind,
        tasker=str(work.tasker),
        tasker_kind=work.tasker_kind,
        answer=work.answer,
        agreement=row.agreements.get(str(work.key)),
        supports=work.key in row.rests_on,
        voided=work.voided_at is not None,
        active_ms=work.active_ms,
        settings_version=work.settings_version,
        at=work.at,
        source_answered_at=work.source_answered_at,
        source_duration_ms=work.source_duration_ms,
    )
