"""Lines of JSON that hold other tools' answers: each an object, by its place."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.lines import not_utf8, numbered, too_long
from projects.data.reading.rows import Fault
from projects.errors import Refused

Line = tuple[str, int, dict[str, Any] | Fault]  # its place, its size, and what it holds or why it can't be read


def objects(file: BinaryIO) -> Iterator[Line]:
    """Each line that isn't blank. Raises Refused where there is none."""
    seen = False
    for number, raw in numbered(file):
        seen = True
        place = f"line {number}"
        yield (place, len(raw or b""), _object(place, number, raw))
    if not seen:
        raise Refused("The file is empty.", code="empty-file")


def value_of(line: str) -> Any:
    """What one line says. Raises Refused, whose place is the column alone."""
    try:
        return loads(line)
    except Refused as refused:
        refused.place = refused.place.rpartition(", ")[2]
        raise


def _object(place: str, number: int, raw: bytes | None) -> dict[str, Any] | Fault:
    if raw is None:
        return too_long(number)
    try:
        value = value_of(raw.decode("utf-8"))
    except UnicodeDecodeError as problem:
        return not_utf8(place, problem.start + 1)
    except Refused as refused:
        return Fault.of(refused, place)
    return value if isinstance(value, dict) else Fault(place, "wrong-shape", "Each line must be one JSON object.")
