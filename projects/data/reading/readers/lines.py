"""Text files line by line, so that a file of any size needs the memory of one line.

All are UTF-8, with or without a byte order mark. Places are 1-based line numbers, as editors show them.
"""

import codecs
from collections.abc import Callable, Iterator
from typing import BinaryIO

from projects.data.reading.readers.going_on import Later
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused
from taskers.errors import sentence

MAX_LINE = 4 * 1024 * 1024  # bytes
WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Line = tuple[int, bytes | None]  # number, and the bytes without line end; None where it was too long


def each_line(file: BinaryIO, parse: Callable[[str, str], Item]) -> Iterator[Item | Later]:
    """What `parse` makes of each line that isn't blank, by its place and text. Refused where there is none."""
    seen = 0
    for number, line in numbered(file):
        seen += 1
        yield Later(_parsed, number, line, parse)
    if not seen:
        raise Refused("The file is empty.", code="empty-file")


def _parsed(number: int, line: bytes | None, parse: Callable[[str, str], Item]) -> Item:
    place = f"line {number}"
    if line is None:
        return too_long(number)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as problem:
        return not_utf8(place, problem.start + 1)
    return parse(place, text)


def numbered(file: BinaryIO, *, blanks: bool = False) -> Iterator[Line]:
    """Numbered lines; a line longer than MAX_LINE is read past in pieces and told as None."""
    number = 0
    while piece := file.readline(MAX_LINE + 2):
        number += 1
        if number == 1:
            piece = _unmarked(piece)
        if len(piece) > MAX_LINE and not piece.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
            continue
        line = piece.rstrip(b"\r\n")
        if blanks or line.strip():
            yield number, line


def _unmarked(piece: bytes) -> bytes:
    if piece.startswith(WIDE_MARKS) or b"\x00" in piece[:4]:
        raise Refused("The file is not UTF-8 (it looks like UTF-16). Save it as UTF-8.", code="not-utf-8")
    return piece.removeprefix(codecs.BOM_UTF8)


def too_long(number: int) -> Fault:
    """The fault of a line beyond all reason."""
    return Fault(
        f"line {number}", "too-long", sentence("The line is longer than %(most)s MiB.", most=MAX_LINE // 2**20)
    )


def not_utf8(place: str, column: int | None) -> Fault:
    """The fault of a line that is no UTF-8, from this byte on where it is known."""
    where = f"{place}, byte {column}" if column else place
    return Fault(where, "not-utf-8", "The row is not UTF-8. Save the file as UTF-8 and load it again.")
