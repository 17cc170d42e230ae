"""Uploaded files that killed worker after worker: moved aside, so that no job opens them again.

The file's name says that it is in quarantine, so the import and the disk can't disagree. An operator looks at it and
releases it, or throws it away, with `manage.py quarantine`.
"""

from pathlib import Path, PurePosixPath

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import QuerySet

from projects.data.importing.receive import UNDER_WAY, end
from projects.errors import Quarantined, WorkerCrashed
from projects.models import Import
from taskers.errors import StateConflict

UPLOADS, QUARANTINE = "imports", "quarantine"  # folders of the media storage


def files() -> QuerySet[Import]:
    """The imports whose files are in quarantine, the newest first."""
    return Import.objects.filter(file__startswith=f"{QUARANTINE}/").select_related("batch__project").order_by("-pk")


@transaction.atomic
def end_crashed(import_key: int, problem: WorkerCrashed) -> None:
    """End an import whose job killed its workers, as failed, and put its file into quarantine. What was loaded before
    stays, and one that is over is left alone. A connector's files lie elsewhere and are not moved."""
    file_import = _locked(import_key)
    if file_import.state not in UNDER_WAY:
        return
    if not file_import.file:
        end(file_import, Import.State.FAILED, problem)
        return
    _move(file_import, QUARANTINE)
    end(file_import, Import.State.FAILED, Quarantined(name=file_import.name, **problem.values))


@transaction.atomic
def release(import_key: int) -> Import:
    """Take a file out of quarantine: the import has failed, and may be gone on with. Raises StateConflict."""
    file_import = _locked(import_key)
    if not file_import.in_quarantine:
        raise StateConflict("The file of this import is not in quarantine.")
    _move(file_import, UPLOADS)
    return file_import


def _locked(import_key: int) -> Import:
    rows = Import.objects.select_related("batch__project", "started_by").select_for_update(of=("self",))
    return rows.get(pk=import_key)


def _move(file_import: Import, folder: str) -> None:
    """Both names exist until the transaction is committed, so that a kill at any moment leaves a file to be named."""
    storage, old = file_import.file.storage, str(file_import.file.name)
    new = f"{folder}/{PurePosixPath(old).name}"
    _give_second_name(storage, old, new)
    Import.objects.filter(pk=file_import.pk).update(file=new)
    file_import.file.name = new
    transaction.on_commit(lambda: storage.delete(old))


def _give_second_name(storage: Storage, old: str, new: str) -> None:
    source, target = Path(storage.path(old)), Path(storage.path(new))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # of a transaction that was rolled back
    if source.exists():  # else somebody took it away: there is nothing that could be opened
        try:
            target.hardlink_to(source)
        except OSError:  # a file system that gives a file one name only
            storage.save(new, storage.open(old))
