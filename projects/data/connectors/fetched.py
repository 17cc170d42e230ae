"""What a file from outside is held in while it is read, and what may go wrong before it is."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from projects.errors import Refused
from taskers.errors import Problem

IN_MEMORY = 16 * 1024 * 1024
MOST = 10 * 1024**3  # bytes of one file


class Disconnected(Problem):
    """The place can't be asked any more: nothing of it is refused, and loading can go on from here."""

    code = "no-connection"
    status = 502


# Where in the form of a bucket the fault lies that its server told of; elsewhere it is the bucket's host.
PLACES = {"no-such-bucket": "bucket", "wrong-credentials": "key"}


@contextmanager
def first_question(place: str) -> Iterator[None]:
    """Asking a bucket as it is added, so that one that isn't there is refused then. One whose key may not list it is
    there, and may be written to. Raises Refused; `place` is where its host stands in the form."""
    try:
        yield
    except Disconnected as problem:
        if problem.code != "access-denied":
            fault = PLACES.get(problem.code, place)
            raise Refused(problem.template, code=problem.code, place=fault, **problem.values) from None


def holder() -> IO[bytes]:
    """Somewhere to write a file; on disk, once it is large, and gone when it is closed."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))


def from_start(held: IO[bytes]) -> BinaryIO:
    """The same, to be read."""
    held.seek(0)
    return cast(BinaryIO, held)
