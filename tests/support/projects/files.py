"""Files that a test holds in its hand, and what a reader makes of them."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from projects.data.connectors.files import Entry, Files
from projects.data.importing import Fault, Row
from projects.data.reading import sandboxed
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.errors import Refused
from projects.task_types import TASK_TYPES


class Held:
    """Files in memory, by name; what isn't bytes is written as a text or as JSON."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        self.files = {name: _bytes(content) for name, content in files.items()}
        self.opened: list[str] = []

    def entries(self) -> Iterator[Entry]:
        for name in sorted(self.files):
            yield Entry(name, len(self.files[name]))

    def open(self, name: str) -> BinaryIO:
        if name not in self.files:
            raise Refused("There is no such file.", code="no-such-file", place=name)
        self.opened.append(name)
        return io.BytesIO(self.files[name])


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()


def read(key: str, files: Mapping[str, Any], task_type: str = "image_regions", **reading: Any) -> list[Row | Fault]:
    """All items of these files in a format, which is recognised as well."""
    held = Held(files)
    found = FORMATS[key] if "columns" in reading else recognised(held, key, task_type)
    return list(found.read(held, Reading(task_type, **reading)))


def in_sandbox(files: Files, key: str, task_type: str, **reading: Any) -> Iterator[Row | Fault]:
    """The items of files as an import reads them: in a process of its own."""
    with sandboxed.started("a place", is_upload=False) as process:
        yield from process.items(files, FORMATS[key], Reading(task_type, **reading))


def recognised(held: Any, key: str, task_type: str) -> ImportFormat:
    """The format that is recognised, which must be this one."""
    found = recognise(held, task_type)
    assert found.key == key, f"taken for {found.key}"
    return found


def rows(items: list[Row | Fault]) -> list[Row]:
    """The rows among the items; there must be no fault among them."""
    assert not [item for item in items if isinstance(item, Fault)], items
    return [item for item in items if isinstance(item, Row)]


def faults(items: list[Row | Fault]) -> list[tuple[str, str]]:
    """Place and code of each fault among the items."""
    return [(item.place, item.code) for item in items if isinstance(item, Fault)]


def lost(row: Row) -> list[tuple[str, str]]:
    """Place and code of what couldn't be kept of a row."""
    return [(one.place, one.code) for one in row.lost]


def answers(row: Row, task_type: str = "image_regions") -> list[dict]:
    """The answers that come with a row, which must be such as the task type takes."""
    room = TASK_TYPES[task_type]
    meta = {name: value for name, value in row.fields.items() if name in room.payload_fields}
    payload = room.check_payload(meta)
    return [room.check_answer(said.answer, payload, sorted(room.labels_used(said.answer))) for said in row.said]
