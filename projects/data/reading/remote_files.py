"""Files that lie with the process that started this one: listed, opened and read through the channel by the piece."""

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, cast

from projects.data.connectors.files import Entry
from projects.data.reading import messages
from projects.data.reading.channel import Channel

FIRST_PIECE = 16 * 1024  # bytes that are asked for behind a jump...
LARGEST_PIECE = 1024 * 1024  # ...and, twice as many each time, where a file is read on
MAX_ANSWER = 64 * 1024 * 1024  # bytes of a frame; a page of the list of files is the longest


class Stopped(BaseException):
    """The starter wants no more of what this process is reading."""


class Starter:
    """The process that started this one, as somebody to ask."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._stopped = False

    def begin(self) -> None:
        """What was stopped is over."""
        self._stopped = False

    def ask(self, *question: Any) -> Any:
        """The answer. Raises Refused, or Stopped."""
        if self._stopped:
            raise Stopped()
        self.channel.send(*question)
        answer = self.channel.receive(MAX_ANSWER)
        if answer[0] == "answer":
            return answer[1]
        if answer[0] == "stop":
            self._stopped = True
            raise Stopped()
        raise messages.problem_of(answer)

    def close(self, file: int) -> None:
        """A file is read."""
        with suppress(OSError):  # the starter is gone, and with it all files
            self.channel.send("close", file, now=False)


class RemoteFiles:
    """The starter's files."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter

    def entries(self) -> Iterator[Entry]:
        listing = self._starter.ask("entries")
        while page := self._starter.ask("more", listing):
            yield from (Entry(*fields) for fields in page)

    def open(self, name: str) -> BinaryIO:
        number, can_seek = self._starter.ask("open", name)
        return cast(BinaryIO, io.BufferedReader(_RemoteFile(self._starter, number, can_seek), LARGEST_PIECE))


class _RemoteFile(io.RawIOBase):
    def __init__(self, starter: Starter, number: int, can_seek: bool) -> None:
        self._starter = starter
        self._number = number
        self._can_seek = can_seek
        self._at = 0
        self._piece = FIRST_PIECE

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._can_seek

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if not self._can_seek:
            raise io.UnsupportedOperation("seek")
        base = 0 if whence == io.SEEK_SET else self._at
        if whence == io.SEEK_END:
            base = self._starter.ask("size", self._number)
        if base + offset < 0:
            raise OSError("negative seek value")
        if base + offset != self._at:
            self._piece = FIRST_PIECE
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._starter.ask("read", self._number, self._at, min(len(view), self._piece))
        view[: len(data)] = data
        self._at += len(data)
        self._piece = min(2 * self._piece, LARGEST_PIECE)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._starter.close(self._number)
