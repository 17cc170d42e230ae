"""Bringing a batch back from the archive, part by part, each in one transaction. It may be killed and run again."""

from collections.abc import Callable

from django.core.files.storage import default_storage
from django.db import connection, transaction

from projects.data.archive import files, keeping
from projects.data.archive.moving import CHILDREN
from projects.data.importing.storing import lock_of
from projects.models import Archive, ArchivedTask, ArchivePart, Batch, Task
from taskers.errors import StateConflict
from taskers.models import Event, Person
from taskers.outbox.events import emit, emit_all, happening

# The same lock that a load takes: while rows move, no load looks for a used external_id in the wrong table.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(%s)"


def bring_back(batch: Batch, *, by: Person | None, told: Callable[[int], None] | None = None) -> None:
    """Put a batch's rows back into the live tables, as they were; the batch stays closed or cancelled.

    Raises StateConflict if it isn't archived, Unreadable if a file is gone or damaged: its part stays archived then.
    """
    if not Archive.objects.filter(batch=batch).exists():
        raise StateConflict("This batch isn't archived.", code="not-archived")
    while moved := _return(batch):
        if told:
            told(moved)
    with transaction.atomic():
        found = Archive.objects.select_for_update().get(batch=batch)
        manifest = found.manifest
        found.delete()
        emit(
            "batch_returned",
            organization_id=batch.project.organization_id,
            actor_id=by.pk if by else None,
            project_key=batch.project.public_id,
            subject=f"batch:{batch.public_id}",
            batch=batch.pk,
        )
        if manifest:
            transaction.on_commit(lambda: default_storage.delete(manifest))


@transaction.atomic
def _return(batch: Batch) -> int:
    """The last part; how many tasks came back, 0 when there is none."""
    if Archive.objects.select_for_update(skip_locked=True).filter(batch=batch).first() is None:
        raise StateConflict("Another process is moving this batch.", code="already-archiving")
    part = ArchivePart.objects.filter(archive=batch.pk).order_by("-number").first()
    if part is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [lock_of(batch.project_id)])
    records = files.read(keeping.fetch(part.file, part.sha256))
    ArchivedTask.objects.filter(part=part).delete()
    Task.objects.bulk_create(files.row_of(Task, {**one}) for one in records)
    for name, model in CHILDREN.items():
        rows = [files.row_of(model, row) for one in records for row in one.get(name) or ()]
        model._default_manager.bulk_create(rows)
    emit_all([_told(batch, one) for one in records if any(v["superseded_at"] is None for v in one["verdicts"])])
    part.delete()
    transaction.on_commit(lambda: default_storage.delete(part.file))
    return len(records)


def _told(batch: Batch, record: files.Record) -> Event:
    """Readers that index verdicts look at the task again."""
    return happening(
        "returned",
        organization_id=batch.project.organization_id,
        project_key=batch.project.public_id,
        subject=f"task:{record['public_id']}",
        batch=batch.pk,
        task=record["id"],
    )
