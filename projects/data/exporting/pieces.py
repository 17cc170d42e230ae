"""What leaves, as bytes: JSON without a space too many, and files that are written first, piece by piece."""

import json
from collections.abc import Iterator
from typing import IO

PIECE = 256 * 1024  # bytes


def as_json(value: object) -> bytes:
    """A value in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """All that was written to a file, from its beginning. It is read as it is asked for, so it has to stay open."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
