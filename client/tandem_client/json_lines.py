"""Rows as JSON Lines, in pieces of what one request takes."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tandem_client.codec import given
from tandem_client.errors import BadInput
from tandem_client.models import Fault

ROWS, BYTES = 1000, 1024 * 1024  # of one request: what is sent again when the line breaks, and held in memory
MOST_FAULTS = 10_000  # of all requests that are kept; counts tell the others
LINE = re.compile(r"line (\d+)")
JSON_LINES = "application/x-ndjson"


def json_line(row: object) -> bytes:
    """A row as one line. Raises BadInput where JSON can't say it."""
    try:
        return json.dumps(given(row), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except (ValueError, TypeError, UnicodeEncodeError) as error:
        raise BadInput(f"A row can't be written as JSON: {error}.") from None


def pieces(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines in lists, each of as much as one request takes."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and (len(held) >= ROWS or size + len(line) > BYTES):
            yield held
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield held


def body_of(piece: Iterable[bytes]) -> bytes:
    """Lines as one body."""
    return b"".join(line if line.endswith(b"\n") else line + b"\n" for line in piece)


def moved(fault: Fault, passed: int) -> Fault:
    """The fault of a row, told by its place among all rows instead of those after `passed`."""
    return replace(fault, place=LINE.sub(lambda found: f"line {int(found[1]) + passed}", fault.place, count=1))
