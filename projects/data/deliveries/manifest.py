"""What is in a delivery: each file with its sha256 and bytes, and how all of it came about."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from projects.data.exporting.format import Entry
from projects.models import Delivery

SPOOLED = 4 * 1024 * 1024
PIECE = 256 * 1024


class Manifest:
    """One that grows with the files as they are written: their lines wait in a temporary file."""

    def __init__(self, of: Delivery) -> None:
        self.of = of
        self.files = self.size = 0
        self.lines: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115  closed by `close`

    def close(self) -> None:
        self.lines.close()

    def noting(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same files, each noted down once it was read to its end."""
        for entry in entries:
            yield entry._replace(pieces=self._counted(entry))

    def _counted(self, entry: Entry) -> Iterator[bytes]:
        seen, size = hashlib.sha256(), 0
        for piece in entry.pieces:
            seen.update(piece)
            size += len(piece)
            yield piece
        line = {"name": entry.name, "bytes": size, "sha256": seen.hexdigest()}
        self.lines.write((b",\n" if self.files else b"\n") + json.dumps(line, ensure_ascii=False).encode())
        self.files += 1
        self.size += size

    def document(self) -> Iterator[bytes]:
        """The manifest as JSON, once all files are written."""
        yield json.dumps(told_of(self.of), ensure_ascii=False, indent=1)[:-2].encode() + b',\n "files": ['
        self.lines.seek(0)
        while piece := self.lines.read(PIECE):
            yield piece
        yield b"\n]}\n"


def told_of(one: Delivery) -> dict[str, Any]:
    """How a delivery came about, in plain values."""
    return {
        "delivery": str(one.public_id),
        "number": one.number,
        "project": {"id": str(one.project.public_id), "name": one.project.name, "task_type": one.project.task_type},
        "format": one.format,
        "terms": one.terms,
        "note": one.note,
        "made_by": str(one.made_by.public_id) if one.made_by else None,
        "made_at": one.made_at.isoformat(),
        "settings_version": one.settings_version,
        "labels": one.labels,
        "feed_position": one.position,
        "tasks": one.tasks,
        "differences": {
            "before": one.before.number if one.before else None,
            "added": one.added,
            "changed": one.changed,
            "gone": one.gone,
        },
    }
