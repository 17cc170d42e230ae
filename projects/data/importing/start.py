"""A manager loads data: the batch it goes into, the files or the place, and the job that reads them, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.db import transaction

from projects.data import importing
from projects.data.connectors import upload
from projects.models import Batch, Connector, Import, Project
from projects.workflow import batches
from taskers.models import Person


@dataclass(frozen=True)
class Into:
    """Where data goes: a batch that is there, or a new one; handed out as soon as the first of it is in, if `live`; and
    when loading waits for a choice."""

    batch: Batch | None = None
    batch_name: str = ""
    live: bool = True
    stop: str = Import.Stop.NEEDED


@transaction.atomic
def load_files(project: Project, files: Sequence[File], into: Into, *, by: Person) -> Import:
    """Take files into a batch; several are one import.

    Raises Refused (what is wrong with the files) or StateConflict (a batch of that name exists, or takes no more).
    """
    target = _target(project, into, by)
    terms: dict[str, Any] = {"by": by, "stop": into.stop, "makes_live": into.live}
    terms["makes_batch"] = into.batch is None
    if len(files) == 1:
        return importing.receive(target, files[0], name=str(files[0].name), **terms)
    with upload.together(files) as packed:
        name = f"{len(files)} files.zip"
        return importing.receive(target, File(packed, name), name=name, **terms)


@transaction.atomic
def load_from(
    project: Project, connector: Connector, into: Into, *, by: Person, media: str = Import.Media.COPIED
) -> Import:
    """Take what a kept place has, and the project hasn't, into a batch. Raises StateConflict."""
    target = _target(project, into, by)
    terms: dict[str, Any] = {"by": by, "stop": into.stop, "media": media, "makes_live": into.live}
    return importing.receive_from(connector, target, makes_batch=into.batch is None, **terms)


def _target(project: Project, into: Into, by: Person) -> Batch:
    return into.batch or batches.create(project, into.batch_name, by=by)
