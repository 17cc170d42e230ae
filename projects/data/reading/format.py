"""What an import format is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.rows import Item


@dataclass(frozen=True)
class Reading:
    """What a reader is told beside the files."""

    task_type: str
    skip: int = 0  # items to pass over: those that an earlier run committed
    columns: Mapping[str, str] = field(default_factory=dict)  # of a table: its column -> the field it becomes


# Yields rows and faults in an order that is the same each time, so that `skip` means what it meant before; holds one
# row in memory. Raises Refused only if the files as a whole can't be read.
Read = Callable[[Files, Reading], Iterator[Item]]


class ImportFormat(NamedTuple):
    """One way in which data is written down, by whoever has it."""

    key: str
    title: str
    note: str  # what becomes of it here, and what is lost
    task_types: tuple[str, ...]
    endings: tuple[str, ...]  # of file names; what holds many files comes as a zip, a tar or a folder besides
    recognises: Callable[[Files], bool]  # whether these files look like it; quick, opens few of them
    read: Read
