"""Files from the disk to the server, in pieces, so that one of any size takes the memory of one piece.

A large file goes in parts: each is sent as often as it takes, and what the server has it keeps for a day. It knows the
file by its sha256, so a command that is begun again goes on where the last one was cut off, with nothing kept here.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import SEEK_END, BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from tandem_client.codec import decoded
from tandem_client.errors import ApiError, BadInput, Conflict, FileChanged, UnexpectedAnswer
from tandem_client.transport import Request, Transport, at, new_key

Told = Callable[[int, int], object]  # bytes so far, and in all
PART = 4 * 1024 * 1024  # bytes of a part, where the server takes as many: what a broken line costs
LARGE = 2 * PART  # a file from which on it goes in parts
LONGEST_NAME = 200  # characters that the server keeps of a file's name: its last ones, with the ending
LOST_PLACES = 5  # how often a server may say that it is elsewhere
OCTETS = "application/octet-stream"
PLACE = ("imports", "uploads")


@dataclass(frozen=True)
class Upload:
    """A file that comes in parts, and how much of it the server has."""

    id: str
    batch: str
    name: str
    size: int
    sha256: str
    received: int
    part: int
    begun_at: datetime
    touched_at: datetime
    expires_at: datetime
    made: str | None = field(metadata={"wire": "import"})  # the import that it became


class Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, progress: Told | None) -> None:
        self.file, self.progress = file, progress
        self.size = file.seek(0, SEEK_END)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self.file.read(size)
        if self.progress:
            self.progress(self.file.tell(), self.size)
        return piece

    def seek(self, place: int, whence: int = 0) -> int:
        """Go elsewhere; to the beginning, when it is sent once more."""
        return self.file.seek(place, whence)

    def tell(self) -> int:
        """Where it is."""
        return self.file.tell()


def in_parts(transport: Transport, batch_id: str, path: Path, *, progress: Told | None = None) -> Any:
    """Send a file in parts, from where an earlier try was cut off; gives the import that it becomes, as JSON.

    Raises FileChanged where it isn't, at the end, what it was at the beginning; BadInput where it can't be read.
    """
    try:
        with path.open("rb") as file:
            return _Sending(transport, path, file, progress).to(batch_id)
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror or error}.") from None


class _Sending:
    """One file on its way."""

    def __init__(self, transport: Transport, path: Path, file: BufferedReader, progress: Told | None) -> None:
        self.transport, self.path, self.file, self.progress = transport, path, file, progress
        self.mark = _mark(file)
        self.size = os.fstat(file.fileno()).st_size

    def to(self, batch_id: str) -> Any:
        """All of it, into a batch."""
        digest = hashlib.file_digest(self.file, "sha256").hexdigest()
        self._see_that_it_is_the_same()
        body = {"batch": batch_id, "name": self.path.name[-LONGEST_NAME:], "size": self.size, "sha256": digest}
        found = self._asked(Request("POST", at(*PLACE), json=body, key=new_key()))
        lost = 0
        while found.received < self.size:
            before = found.received
            try:
                found = self._part(found)
            except Conflict as conflict:
                if conflict.code != "wrong-offset":
                    raise
                found = self._asked(Request("GET", at(*PLACE, found.id)))  # it says where to go on
            lost += found.received <= before
            if lost > LOST_PLACES:
                raise UnexpectedAnswer(f"The server doesn't get on with {self.path}: it has {found.received} bytes.")
        return self._finished(found)

    def _asked(self, request: Request) -> Upload:
        found = decoded(Upload, self.transport.ask(request))
        if self.progress:
            self.progress(found.received, self.size)
        return found

    def _part(self, found: Upload) -> Upload:
        self.file.seek(found.received)
        piece = self.file.read(min(found.part, PART))
        self._see_that_it_is_the_same()
        path, query = at(*PLACE, found.id), {"offset": found.received}
        return self._asked(Request("PUT", path, query=query, content=piece, content_type=OCTETS))

    def _finished(self, found: Upload) -> Any:
        self._see_that_it_is_the_same()
        try:
            return self.transport.ask(Request("POST", at(*PLACE, found.id, "finish"), json={}, key=new_key()))
        except ApiError as problem:
            if problem.code != "checksum-differs":
                raise
            raise FileChanged(f"{self.path} isn't what it was when it was begun; nothing of it was loaded.") from None

    def _see_that_it_is_the_same(self) -> None:
        if _mark(self.file) != self.mark:
            raise FileChanged(f"{self.path} changed while it was sent; nothing of it was loaded.")


def _mark(file: BufferedReader) -> Mapping[str, int]:
    """What changes with what a file holds."""
    said = os.fstat(file.fileno())
    return {"size": said.st_size, "written": said.st_mtime_ns}
