"""The line between the process that reads files and the one that started it: four bytes of length, then a message."""

import socket
import struct
from typing import Any

from projects.data.reading import messages
from projects.data.reading.messages import Malformed

LENGTH = struct.Struct(">I")


class Ended(Exception):
    """The other process has closed its end."""


class Channel:
    """One end of the line between the two processes. Frames leave together, once they are many or an answer is due."""

    BUFFER = 64 * 1024  # bytes that wait to be sent, and that are read at once where frames are read ahead

    def __init__(self, line: socket.socket, *, read_ahead: bool) -> None:
        self._line = line
        self._file = line.makefile("rb", self.BUFFER if read_ahead else 0)
        self._outbox: list[bytes] = []
        self._size = 0
        self._sending = False

    def send(self, *message: Any, now: bool = True) -> bool:
        """Send a frame; not `now` means with the next ones. Returns whether none waits to be sent. Raises OSError where
        nobody reads any more.

        A file may be closed, and say so, by Python's collector while another frame is on its way: it waits for that.
        """
        data = messages.packed(list(message))
        self._outbox += (LENGTH.pack(len(data)), data)
        self._size += len(data)
        if (now or self._size > self.BUFFER) and not self._sending:
            self.flush()
        return not self._outbox

    def flush(self) -> None:
        """Send what waits."""
        self._sending = True
        try:
            while self._outbox:
                waiting, self._outbox, self._size = self._outbox, [], 0
                self._line.sendall(b"".join(waiting))
        finally:
            self._sending = False

    def receive(self, max_bytes: int = messages.MAX_FRAME_BYTES) -> list[Any]:
        """The next frame: its kind and what comes with it. Raises Malformed, Ended, OSError."""
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if length > max_bytes:
            raise Malformed(f"a frame of {length} bytes")
        message = messages.unpacked(self._exactly(length))
        if not isinstance(message, list) or not message or type(message[0]) is not str:
            raise Malformed("a frame without a kind")
        return message

    def _exactly(self, number: int) -> bytes:
        data = self._file.read(number)
        if len(data) == number:
            return data
        pieces = [data]
        while data and (number := number - len(data)):
            data = self._file.read(number)
            pieces.append(data)
        if number:
            raise Ended()
        return b"".join(pieces)

    def fileno(self) -> int:
        """The descriptor of this end."""
        return self._line.fileno()

    def close(self) -> None:
        """Close this end."""
        self._file.close()
        self._line.close()
