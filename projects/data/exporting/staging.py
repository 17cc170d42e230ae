"""The beginning of an export, made before any of it is sent.

What goes wrong in it is refused with its reason, and an export that is complete by then leaves with its length. A
larger one has no length: the server ends it with its last chunk, so a client can tell an export that broke off.
"""

import tempfile
from collections.abc import Generator
from contextlib import closing
from typing import IO, NamedTuple

from projects.data.exporting.pieces import pieces_of

STAGED_BYTES = 8 * 1024 * 1024  # of an export without a bound; one with a bound is staged as a whole
SPOOLED_BYTES = 1024 * 1024  # in memory; more lies in a temporary file


class StagedExport(NamedTuple):
    """The pieces to send, and how many bytes they are together; None where that isn't known yet."""

    pieces: Generator[bytes, None, None]
    length: int | None


def stage(pieces: Generator[bytes, None, None], limit: int | None) -> StagedExport:
    """Make at least `limit` bytes of an export, or with None all of it. Raises whatever goes wrong in them."""
    # Closed with the pieces.
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115
    size = 0
    try:
        for piece in pieces:
            spool.write(piece)
            size += len(piece)
            if limit is not None and size >= limit:
                return StagedExport(_staged_and_rest(spool, pieces), None)
    except BaseException:
        spool.close()
        pieces.close()
        raise
    return StagedExport(_staged_and_rest(spool, pieces), size)


def _staged_and_rest(spool: IO[bytes], rest: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    with closing(rest):
        with spool:
            yield from pieces_of(spool)
        yield from rest
