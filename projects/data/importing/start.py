"""A manager loads data: the batch it goes into, the file, and the job that reads it, all or nothing."""

from django.core.files.base import File
from django.db import transaction

from projects.data import importing
from projects.models import Batch, Import, Project
from projects.workflow import batches
from taskers.models import Person


@transaction.atomic
def load_file(
    project: Project,
    file: File,
    *,
    name: str,
    by: Person,
    batch: Batch | None = None,
    batch_name: str = "",
    live: bool = True,
) -> Import:
    """Take a file into a batch, a new one unless one is given; `live` hands its tasks out as soon as they are in.

    Raises Refused (what is wrong with the file) or StateConflict (a batch of that name exists, or takes no more).
    """
    target = batch or batches.create(project, batch_name, by=by)
    if live and target.state == Batch.State.DRAFT:
        target = batches.move(target, Batch.State.LIVE, by=by)
    return importing.receive(target, file, name=name, by=by)
