"""What a file from outside is held in while it is read, and what may go wrong before it is."""

import tempfile
from typing import IO, BinaryIO, cast

from taskers.errors import Problem

IN_MEMORY = 16 * 1024 * 1024
MOST = 10 * 1024**3  # bytes of one file


class Disconnected(Problem):
    """The place can't be asked any more: nothing of it is refused, and loading can go on from here."""

    code = "no-connection"
    status = 502


def holder() -> IO[bytes]:
    """Somewhere to write a file; on disk, once it is large, and gone when it is closed."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))


def from_start(held: IO[bytes]) -> BinaryIO:
    """The same, to be read."""
    held.seek(0)
    return cast(BinaryIO, held)
