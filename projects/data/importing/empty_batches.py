"""Batches that were created for a file of which nothing came in: they go, and the file is listed with another batch."""

from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q

from projects.models import Batch, Import, Task, Upload


def leave(file_import: Import) -> None:
    """Delete the batch of an import that is over if it was created for it and is empty, and list the import with the
    batch that has its rows, as far as can be told. Where the project has no other batch, it stays."""
    if not file_import.makes_batch:
        return
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=file_import.batch_id)
        other = _other_batch(file_import)
        if other is None or not _is_empty(batch, file_import):
            return
        try:
            with transaction.atomic():
                Import.objects.filter(pk=file_import.pk).update(batch=other)
                batch.delete()
        except ProtectedError:  # something rests on it that was set up meanwhile
            return
    file_import.batch = other


def _is_empty(batch: Batch, file_import: Import) -> bool:
    if batch.state != Batch.State.DRAFT or Task.objects.filter(batch=batch).exists():
        return False
    others = Import.objects.filter(batch=batch).exclude(pk=file_import.pk)
    return not others.exists() and not Upload.objects.filter(batch=batch).exists()


def _other_batch(file_import: Import) -> Batch | None:
    """The newest batch that a file of this name was loaded into, else the newest that has tasks."""
    batches = Batch.objects.filter(project=file_import.batch.project_id).exclude(pk=file_import.batch_id)
    filled = batches.filter(Q(imports__loaded__gt=0) | Exists(Task.objects.filter(batch=OuterRef("pk"))))
    rows = filled.select_related("project__organization").order_by("-pk")
    return rows.filter(imports__name=file_import.name).first() or rows.first()
