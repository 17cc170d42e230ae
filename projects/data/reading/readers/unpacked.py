"""Files laid down in a folder of their own, for programs that read folders and nothing else."""

import os
from pathlib import Path, PurePosixPath

from projects.data.connectors import disk_room
from projects.data.connectors.files import Files
from projects.data.reading.readers.listing import PIECE, shown, wanted
from projects.data.reading.rows import Fault
from projects.errors import Refused
from taskers.errors import StorageFull, sentence

MAX_FILES = 500_000
MAX_BYTES = 50 * 2**30
LONGEST_NAME = 1000


def unpack(files: Files, folder: Path) -> list[Fault]:
    """Write every file below the folder, under its own name; what has no safe name is told instead. No link is made.

    What counts is what was written, whatever a file says of its size. Raises Refused beyond all reason,
    and StorageFull.
    """
    faults: list[Fault] = []
    written = 0
    for number, entry in enumerate(wanted(files), start=1):
        if number > MAX_FILES:
            raise Refused("There are too many files; split the set.", code="too-large")
        path = PurePosixPath(entry.name)
        if not _is_safe(path, entry.name):
            text = "The path leads out of the folder or holds characters that no path should."
            faults.append(Fault(shown(entry.name), "unsafe-path", text))
            continue
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            written += _copied(files, entry.name, target, MAX_BYTES - written)
        except OSError as problem:
            if problem.errno in disk_room.FULL:
                raise StorageFull() from None
            reason = os.strerror(problem.errno or 0)
            text = sentence("The file can't be laid down: %(reason)s.", reason=reason)
            faults.append(Fault(shown(entry.name), "unsafe-path", text))
    return faults


def _is_safe(path: PurePosixPath, name: str) -> bool:
    return not (
        path.is_absolute()
        or not path.parts
        or ".." in path.parts
        or "\\" in name
        or not name.isprintable()
        or len(name) > LONGEST_NAME
    )


def _copied(files: Files, name: str, target: Path, left: int) -> int:
    """How many bytes were written."""
    written = 0
    with files.open(name) as file, target.open("xb") as copy:
        while piece := file.read(PIECE):
            written += len(piece)
            if written > left:
                text = "The files take up more than %(most)s GB, which is more than is unpacked; split the set."
                raise Refused(text, code="too-large", most=MAX_BYTES // 2**30)
            disk_room.check(target.parent, len(piece))
            copy.write(piece)
    return written
