"""Reading archived tasks, in the order of their keys, in the memory of the few parts that overlap."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from projects.data.archive import files, keeping
from projects.data.archive.moving import CHILDREN
from projects.models import (
    Annotation,
    Archive,
    ArchivedTask,
    ArchivePart,
    Assignment,
    Batch,
    BrokenReport,
    Comment,
    Draft,
    Posterior,
    Project,
    SecondLook,
    Task,
    Verdict,
)
from taskers.models import Person


@dataclass(frozen=True)
class Kept:
    """A task as it was, with what hung on it; rows that aren't in the database."""

    task: Task
    assignments: list[Assignment]
    drafts: list[Draft]
    annotations: list[Annotation]
    verdicts: list[Verdict]
    posteriors: list[Posterior]
    second_looks: list[SecondLook]
    comments: list[Comment]
    reports: list[BrokenReport]

    def __lt__(self, other: "Kept") -> bool:
        return self.task.pk < other.task.pk


def between(project: Project, batch: Batch | None, low: int, high: int) -> Iterator[Kept]:
    """The archived tasks of a project, or of one batch, with low < key <= high. A part is read when its turn comes."""
    rows = ArchivePart.objects.filter(archive__batch__project=project, last_task__gt=low, first_task__lte=high)
    if batch is not None:
        rows = rows.filter(archive=batch.pk)
    opened: list[Kept] = []
    for part in rows.select_related("archive__batch").order_by("first_task"):
        while opened and opened[0].task.pk < part.first_task:
            yield heapq.heappop(opened)
        for one in tasks_of(part):
            if low < one.task.pk <= high:
                heapq.heappush(opened, one)
    while opened:
        yield heapq.heappop(opened)


def tasks_of(part: ArchivePart) -> list[Kept]:
    """Everything in one part. Raises Unreadable when its file is gone or isn't what was written."""
    found = [_kept(record) for record in files.read(keeping.fetch(part.file, part.sha256))]
    people = Person.objects.in_bulk(
        {row.tasker_id for one in found for row in one.annotations}
        | {row.decided_by_id for one in found for row in one.verdicts if row.decided_by_id}
    )
    for one in found:
        one.task.batch = part.archive.batch
        assignments = {row.pk: row for row in one.assignments}
        for annotation in one.annotations:
            annotation.assignment, annotation.tasker = (
                assignments[annotation.assignment_id],
                people[annotation.tasker_id],
            )
        for verdict in one.verdicts:
            verdict.task, verdict.decided_by = one.task, people.get(verdict.decided_by_id or 0)
    return found


def _kept(record: files.Record) -> Kept:
    hung = {
        name: [files.row_of(model, row) for row in record.pop(name, None) or ()] for name, model in CHILDREN.items()
    }
    return Kept(files.row_of(Task, record), **hung)  # type: ignore[arg-type]


def find(line: ArchivedTask) -> Kept:
    """One archived task as it was."""
    part = ArchivePart.objects.select_related("archive__batch").get(pk=line.part_id)
    return next(one for one in tasks_of(part) if one.task.pk == line.pk)


def check(found: Archive) -> list[str]:
    """Read every file of an archive again; what is wrong with it, in words, or nothing."""
    wrong = []
    for part in found.parts.select_related("archive__batch").order_by("number"):
        try:
            keys = {one.task.pk for one in tasks_of(part)}
        except keeping.Unreadable as problem:
            wrong.append(problem.text)
            continue
        if keys != set(part.archived_tasks.values_list("pk", flat=True)):
            wrong.append(f"{part.file} holds other tasks than the lines that were kept.")
        if Task.objects.filter(pk__in=keys).exists():
            wrong.append(f"Tasks of {part.file} are in the live table too.")
    return wrong
