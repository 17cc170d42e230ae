"""How deep a value from outside nests, and how much memory it takes: asked before more is done with it."""

import re
from typing import Any

from projects.data.limits import MAX_DEPTH, MAX_VALUE_BYTES, MIB
from projects.errors import Refused

# What each character of JSON that parts values comes to in memory, by CPython 3.11 on a machine of 64 bits.
OF_A_COMMA, OF_A_COLON, OF_A_BRACKET = 40, 72, 72
OF_AN_ENTRY, OF_A_VALUE = 56, 32
LARGER = (str, dict, list, tuple)  # what is more than a number
MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)  # a string, or a bracket outside of all strings


class NestedTooDeep(Refused):
    """It is nested deeper than %(most)s levels, which nothing that is read here is."""

    code = "too-deep"

    def __init__(self, place: str = "", most: int = MAX_DEPTH) -> None:
        """`place` is where, `most` how many levels it may have."""
        super().__init__(place=place, most=most)


class TooManyValues(Refused):
    """What stands here would take more than %(most)s MiB of memory: split it."""

    code = "too-large"

    def __init__(self, place: str = "") -> None:
        """`place` is where."""
        super().__init__(place=place, most=MAX_VALUE_BYTES // MIB)


def check_json(text: str, place: str = "", start: int = 0) -> None:
    """Raises TooManyValues where the value of JSON that begins at `start` would take too much memory once it is parsed.
    The text may go on behind it, or break off before its end."""
    if _estimate(text, start, len(text)) <= MAX_VALUE_BYTES:
        return
    if _estimate(text, start, _end(text, start)) > MAX_VALUE_BYTES:  # where it ends takes seconds to find out
        raise TooManyValues(place)


def _estimate(text: str, start: int, end: int) -> int:
    """Bytes that the values in a part of a JSON text take in memory, its strings' letters aside."""
    if (end - start) * OF_A_BRACKET < MAX_VALUE_BYTES:  # however many there are
        return 0
    brackets = text.count("[", start, end) + text.count("{", start, end)
    commas, colons = text.count(",", start, end), text.count(":", start, end)
    return brackets * OF_A_BRACKET + commas * OF_A_COMMA + colons * OF_A_COLON


def _end(text: str, start: int) -> int:
    """Where the value that begins at `start` ends; the end of the text where it breaks off."""
    depth = 0
    for match in MARKS.finditer(text, start):
        mark = match[0][0]
        depth += (mark in "[{") - (mark in "]}")
        if not depth:
            return match.end()
    return len(text)


def check_depth(value: Any, place: str, text: str, start: int = 0, end: int | None = None) -> None:
    """Raises NestedTooDeep for a value whose lists and objects lie deeper than MAX_DEPTH levels. It was parsed from
    this part of a JSON text, which often has too few brackets for that."""
    brackets = text.count("[", start, end) + text.count("{", start, end)
    if brackets > MAX_DEPTH and nests_deeper(value, MAX_DEPTH):
        raise NestedTooDeep(place)


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects lie within each other deeper than so many levels."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        level = [
            inner
            for holder in level
            for inner in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(inner, dict | list) and inner
        ]
        if not level:
            return False
    return True


def memory_of(value: Any) -> int:
    """Bytes of memory that a value of JSON takes, roughly."""
    total, waiting = OF_A_VALUE, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, dict):
            total += OF_AN_ENTRY + (OF_AN_ENTRY + 2 * OF_A_VALUE) * len(one)
            waiting += [inner for inner in one.values() if isinstance(inner, LARGER)]
        elif isinstance(one, list | tuple):
            total += OF_AN_ENTRY + (8 + OF_A_VALUE) * len(one)
            waiting += [inner for inner in one if isinstance(inner, LARGER)]
    return total
