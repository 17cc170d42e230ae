"""Plain text: one item per line."""

from collections.abc import Iterator
from typing import BinaryIO

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.lines import each_line
from projects.data.reading.readers.listing import each_file, listed
from projects.data.reading.rows import Item, Row

ENDINGS = (".txt",)


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every text file, in the order of their names."""
    return after(each_file(files, ENDINGS, _rows), reading.skip)


def _rows(file: BinaryIO) -> Iterator[Item | Later]:
    return each_line(file, lambda place, line: Row(place, None, {"text": line}, size=len(line)))


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    return bool(names) and all(name.lower().endswith(ENDINGS) for name in names)


FORMAT = ImportFormat(
    key="text",
    title="Plain text",
    note="One text per line; blank lines are passed over.",
    task_types=("text_spans", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
