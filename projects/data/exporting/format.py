"""What an export format is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from projects.models import Batch, Project

# Takes a project, and a batch of it or None for all; yields the file's bytes, piece by piece, while it
# reads. Holds one chunk of tasks in memory; what must stand later in the file than it is read is spooled
# to a temporary file.
Write = Callable[[Project, Batch | None], Iterator[bytes]]


class ExportFormat(NamedTuple):
    """One way to write down the decided tasks of a project."""

    key: str
    title: str
    note: str  # what a manager should know before choosing it
    ending: str
    media_type: str
    write: Write
    whole: bool = False  # told of a project alone, not of a batch
