"""Moving a batch that is over out of the live tables, part by part.

A part is some hundred tasks with their assignments, drafts, annotations and verdicts. In one transaction its rows are
locked and read, its file is written and read back, a line for each task is kept, and the rows are deleted. So a crash
leaves each task either where it was or in the archive, and doing it again goes on at the next part. Money, grades,
known answers and events stay where they are.
"""

import hashlib
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import Sum
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from projects.data.archive import files, keeping
from projects.errors import WorkerCrashed
from projects.models import (
    Annotation,
    Archive,
    ArchivedTask,
    ArchivePart,
    Assignment,
    Batch,
    BatchCursor,
    BrokenReport,
    Comment,
    Correctable,
    Draft,
    Posterior,
    SecondLook,
    Task,
    Verdict,
)
from projects.workflow import batch_closing
from taskers.errors import NO_REASON, Problem, StateConflict
from taskers.models import Dispute, Person
from taskers.outbox.events import emit

JOB = "projects.jobs.archive_batch"
PART = 500  # tasks, and no more bytes of text than PART_BYTES, but always one task
PART_BYTES = 32 * 2**20  # as the database writes them; a part lies in memory several times over while it is written
PATIENCE = "5s"  # for a lock on a task that somebody looks at
# What hangs on a task, parents before children.
CHILDREN: files.Children = {
    "assignments": Assignment,
    "drafts": Draft,
    "annotations": Annotation,
    "verdicts": Verdict,
    "posteriors": Posterior,
    "second_looks": SecondLook,
    "comments": Comment,
    "reports": BrokenReport,
}
FIGURES = ("tasks", "wanted", "submitted", "decided", "in_review", "spent")

# Children before parents. What the database refuses to delete, it lets go once the task's line is in the archive.
DELETES = (
    "DELETE FROM projects_importedprediction WHERE task_id = ANY(%s)",
    "DELETE FROM projects_brokenreport WHERE task_id = ANY(%s)",
    "DELETE FROM projects_comment WHERE task_id = ANY(%s) AND thread_id IS NOT NULL",
    "DELETE FROM projects_comment WHERE task_id = ANY(%s)",
    "DELETE FROM projects_secondlook WHERE task_id = ANY(%s)",
    "DELETE FROM projects_posterior WHERE task_id = ANY(%s)",
    "DELETE FROM projects_taskwords WHERE task_id = ANY(%s)",
    "DELETE FROM projects_tasktag WHERE task_id = ANY(%s)",
    "DELETE FROM projects_reservation WHERE task_id = ANY(%s)",
    "DELETE FROM projects_bulktrace WHERE task_id = ANY(%s)",
    "DELETE FROM projects_verdictentry WHERE task_id = ANY(%s)",
    "DELETE FROM projects_draft d USING projects_assignment a WHERE a.id = d.assignment_id AND a.task_id = ANY(%s)",
    "DELETE FROM projects_annotation WHERE task_id = ANY(%s)",
    "DELETE FROM projects_verdict WHERE task_id = ANY(%s)",
    "DELETE FROM projects_assignment WHERE task_id = ANY(%s)",
    "DELETE FROM projects_task WHERE id = ANY(%s)",
)

# A reader of the outbox that has events before it which are settled by now. Readers look at rows that events name.
BEHIND = """
SELECT c.reader FROM taskers_cursor c WHERE EXISTS (
  SELECT FROM taskers_event e WHERE (e.transaction, e.id) > (c.transaction, c.event_id)
    AND e.subject = %s AND e.kind IN ('batch_closed', 'batch_cancelled'))
"""


# What each task of a part weighs with what hangs on it.
WEIGHTS = """
SELECT t.id, octet_length(t.payload::text)
  + coalesce((SELECT sum(octet_length(n.answer::text)) FROM projects_annotation n WHERE n.task_id = t.id), 0)
  + coalesce((SELECT sum(octet_length(v.answer::text)) FROM projects_verdict v WHERE v.task_id = t.id), 0)
  + coalesce((SELECT sum(octet_length(d.answer::text)) FROM projects_draft d
      JOIN projects_assignment a ON a.id = d.assignment_id WHERE a.task_id = t.id), 0)
FROM projects_task t WHERE t.id = ANY(%s) ORDER BY t.id
"""


def archive(batch: Batch, *, by: Person | None, told: Callable[[int], None] | None = None) -> Archive:
    """Move a closed or cancelled batch into files; `told` hears how many tasks each part took.

    Safe to run again, after a kill at any point too. Raises StateConflict, with the reason, where the batch isn't over:
    work in hands, tasks waiting for review, open disputes, readers of the outbox that have yet to see its end.
    """
    batch_closing.run(batch)
    found = _begin(batch, by)
    while moved := _move(found):
        if told:
            told(moved)
    return _finish(found, by)


@transaction.atomic
def request(batch: Batch, *, by: Person | None) -> Archive:
    """Have the worker archive a batch that is over. Raises StateConflict as `archive` does, but for readers that are
    behind: the worker waits for those. Asking again asks once more, where it got stuck."""
    _refuse_unless_over(batch)
    found, _ = Archive.objects.get_or_create(batch=batch, defaults={"started_by": by})
    if found.finished_at:
        raise StateConflict("This batch is archived already.", code="archived")
    Archive.objects.filter(pk=found.pk).update(**NO_REASON)
    app.configure_task(JOB, queue="jobs", lock=f"archive:{batch.pk}").defer(batch_key=batch.pk)
    return found


def run(batch_key: int) -> None:
    """Do what was requested; does nothing once it is done. A refusal is written down for the page and raised."""
    found = Archive.objects.select_related("batch__project__organization", "started_by").get(pk=batch_key)
    if found.finished_at:
        return
    try:
        archive(found.batch, by=found.started_by)
    except Problem as problem:
        Archive.objects.filter(pk=found.pk).update(reason=problem.text[:300], reason_of=problem.kept())
        raise


def end_crashed(batch_key: int, problem: WorkerCrashed) -> None:
    """Write down for the page that the job killed its workers; asking again begins it anew."""
    rows = Archive.objects.filter(batch=batch_key, finished_at=None)
    rows.update(reason=problem.text[:300], reason_of=problem.kept())


@transaction.atomic
def _begin(batch: Batch, by: Person | None) -> Archive:
    _refuse_unless_over(batch)
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [f"batch:{batch.public_id}"])
        if behind := [reader for (reader,) in cursor.fetchall()]:
            text = "The readers of events have yet to see the end of this batch (%(choices)s); try again soon."
            raise StateConflict(text, code="readers-behind", choices=", ".join(behind))
    return Archive.objects.get_or_create(batch=batch, defaults={"started_by": by})[0]


def _refuse_unless_over(batch: Batch) -> None:
    """Raises StateConflict while somebody still has to do something about the batch; locks it."""
    state = Batch.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=batch.pk)
    if state not in (Batch.State.CLOSED, Batch.State.CANCELLED):
        raise StateConflict("Only a closed or cancelled batch can be archived.", code="batch-open")
    # Known answers stay where they are, and may be in hands at any time.
    if Assignment.objects.held().filter(batch=batch, task__gold=None).exists():
        raise StateConflict("Some of this batch is still in progress.", code="work-in-progress")
    if Correctable.objects.filter(assignment__batch=batch, assignment__task__gold=None).exists():
        text = "Answers of this batch may still be corrected by whoever gave them; archive it when that time is over."
        raise StateConflict(text, code="still-correctable")
    if state == Batch.State.CLOSED and Task.objects.filter(batch=batch, withheld=Task.Withheld.REVIEW).exists():
        raise StateConflict("Tasks of this batch wait for review.", code="waits-for-review")
    if _disputed(batch):
        raise StateConflict("Work of this batch is disputed; answer the disputes first.", code="disputed")


def _disputed(batch: Batch) -> bool:
    open_ones = Dispute.objects.filter(organization=batch.project.organization_id, state=Dispute.State.OPEN)
    names = [subject.removeprefix("task:") for subject in open_ones.values_list("subject", flat=True)]
    tasks = [name for name in names if len(name) == 36]
    return Task.objects.filter(batch=batch, public_id__in=tasks).exists()


def _move(found: Archive) -> int:
    """One part; how many tasks it took, 0 when none is left."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            if Archive.objects.select_for_update(skip_locked=True).filter(pk=found.pk).first() is None:
                raise StateConflict("Another process is archiving this batch.", code="already-archiving")
            last = found.parts.order_by("-number").first()
            if tasks := _part(found, last.last_task if last else 0):
                _keep(found, tasks, last.number + 1 if last else 1)
                _delete([task.pk for task in tasks])
            return len(tasks)
    except IntegrityError as error:
        text = "Something that stays still refers to tasks of this batch."
        raise StateConflict(text, code="still-referred-to") from error
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        raise StateConflict("Somebody is working on tasks of this batch; try again.", code="busy") from error


def _part(found: Archive, after: int) -> list[Task]:
    """The next tasks of the batch, locked: at most PART, and PART_BYTES if that is more than one."""
    rows = Task.objects.filter(batch=found.batch_id, gold=None, pk__gt=after).order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute(WEIGHTS, [list(rows.values_list("pk", flat=True)[:PART])])
        weights = cursor.fetchall()
    sums = list(accumulate(int(weight) for _, weight in weights))
    most = max(1, bisect_right(sums, PART_BYTES))
    return list(rows.filter(pk__in=[key for key, _ in weights[:most]]).select_for_update(of=("self",)))


def _keep(found: Archive, tasks: Sequence[Task], number: int) -> None:
    """Write a part's file, and the lines that stay."""
    keys = [task.pk for task in tasks]
    children = {name: _rows(model, keys) for name, model in CHILDREN.items()}
    if any(row.state == Assignment.State.HELD for row in children["assignments"]):  # type: ignore[attr-defined]
        raise StateConflict("Some of this batch is still in progress.", code="work-in-progress")
    records = _records(tasks, children)
    data = files.write(records, Task, CHILDREN)
    name = _name(found.batch, f"{number:06d}-{hashlib.sha256(data).hexdigest()[:16]}.parquet")
    sha256 = keeping.keep(name, data)
    if files.read(keeping.fetch(name, sha256)) != records:
        raise keeping.Unreadable(f"{name} doesn't read as what was written; nothing was deleted.")
    part = ArchivePart.objects.create(
        archive=found,
        number=number,
        file=name,
        sha256=sha256,
        size=len(data),
        schema=files.SCHEMA,
        first_task=keys[0],
        last_task=keys[-1],
        rows={"tasks": len(tasks)} | {name: len(rows) for name, rows in children.items()},
        **_figures(tasks, children),
    )
    decided = {one.task_id for one in children["verdicts"] if one.superseded_at is None}  # type: ignore[attr-defined]
    ArchivedTask.objects.bulk_create(_line(task, part, task.pk in decided) for task in tasks)
    project = found.batch.project
    emit(
        "part_archived",
        organization_id=project.organization_id,
        project_key=project.public_id,
        subject=f"batch:{found.batch.public_id}",
        batch=found.batch_id,
        part=part.pk,
    )


def _rows(model: type[models.Model], keys: Sequence[int]) -> list[models.Model]:
    where = "assignment__task__in" if model is Draft else "task__in"
    return list(model._default_manager.filter(**{where: keys}).order_by("pk"))


def _records(tasks: Sequence[Task], children: dict[str, list[models.Model]]) -> list[files.Record]:
    """Each task with what hung on it. A draft hangs on its assignment."""
    tasks_of = {row.pk: row.task_id for row in children["assignments"]}  # type: ignore[attr-defined]
    hung: dict[int, dict[str, list[files.Record]]] = defaultdict(lambda: {name: [] for name in CHILDREN})
    for name, rows in children.items():
        for row in rows:
            task = tasks_of[row.assignment_id] if isinstance(row, Draft) else row.task_id  # type: ignore[attr-defined]
            hung[task][name].append(files.record_of(row))
    return [files.record_of(task) | hung[task.pk] for task in tasks]


def _figures(tasks: Sequence[Task], children: dict[str, list]) -> dict[str, int]:
    """What rollups.REBUILD would count of these tasks."""
    counting = [one for one in children["assignments"] if one.kind == "judge" and one.state == "submitted"]
    standing = [one for one in children["verdicts"] if one.superseded_at is None]
    return {
        "tasks": sum(task.wanted > 0 for task in tasks),
        "wanted": sum(task.wanted for task in tasks),
        "submitted": sum(one.voided_at is None for one in counting),
        "decided": len(standing),
        "in_review": sum(task.withheld == Task.Withheld.REVIEW for task in tasks),
        "spent": sum(len(one.agreements) for one in standing),
    }


def _line(task: Task, part: ArchivePart, decided: bool) -> ArchivedTask:
    return ArchivedTask(
        id=task.pk,
        public_id=task.public_id,
        project_id=task.project_id,
        part=part,
        asset_id=task.asset_id,
        other_asset_id=task.other_asset_id,
        external_id=task.external_id,
        payload_hash=task.payload_hash,
        decided=decided,
    )


def _delete(keys: list[int]) -> None:
    with connection.cursor() as cursor:
        for statement in DELETES:
            cursor.execute(statement, [keys])


def _name(batch: Batch, file: str) -> str:
    return f"archive/{batch.project.organization.public_id}/{batch.public_id}/{file}"


@transaction.atomic
def _finish(found: Archive, by: Person | None) -> Archive:
    """Write the manifest and say that it is done. What came after an earlier end is added."""
    found = (
        Archive.objects.select_for_update(of=("self",)).select_related("batch__project__organization").get(pk=found.pk)
    )
    manifest = json.dumps(manifest_of(found), indent=1).encode()
    name = _name(found.batch, f"manifest-{hashlib.sha256(manifest).hexdigest()[:16]}.json")
    if found.finished_at and found.manifest == name:
        return found
    keeping.keep(name, manifest)
    found.manifest, found.kept = name, Task.objects.filter(batch=found.batch).count()
    Archive.objects.filter(pk=found.pk).update(manifest=name, kept=found.kept, finished_at=Now(), **NO_REASON)
    BatchCursor.objects.filter(batch=found.batch).delete()
    project = found.batch.project
    emit(
        "batch_archived",
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"batch:{found.batch.public_id}",
        batch=found.batch_id,
        manifest=name,
    )
    found.refresh_from_db()
    return found


def manifest_of(found: Archive) -> dict:
    """What the archive of a batch holds: enough to read and check it without the database."""
    parts = found.parts.order_by("number")
    sums = parts.aggregate(**{name: Sum(name, default=0) for name in FIGURES})
    columns = ("file", "sha256", "size", "schema", "first_task", "last_task", "rows")
    return {
        "schema": files.SCHEMA,
        "organization": str(found.batch.project.organization.public_id),
        "project": str(found.batch.project.public_id),
        "batch": {"id": str(found.batch.public_id), "name": found.batch.name, "state": found.batch.state},
        "progress": sums,
        "parts": list(parts.values(*columns)),
    }
