"""Large JSON files part by part: the elements of the lists at the top, or one level below it, one at a time.

A file of any size needs the memory of its largest part. What the parts hold is as the file has it; numbers beyond all
reason become infinite, so that whoever checks them finds them out.
"""

import codecs
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from projects.data.limits import MAX_TEXT_BYTES, MIB
from projects.data.reading.readers.nesting import NestedTooDeep, check_depth, check_json
from projects.errors import Refused

PIECE = 256 * 1024
MAX_PIECE = 4 * MIB  # of a long part; with more, one odd letter in it would make four times as much of it in memory
LONG_NUMBER = 300  # digits
WHITE = " \t\r\n"
NEAR = 32  # characters: an error so near the end of what was read may be none once more is


class Part(NamedTuple):
    """An element of a list, or a value that is no list, and where it stands."""

    key: str  # of the list or value in the object at the top; "" where the list itself is at the top
    value: Any
    place: str  # "annotations[17]"; of an empty list, and of what is no list, its key


def parts(file: BinaryIO) -> Iterator[Part]:
    """The parts of a file, in its order. Raises Refused, with the place, from where on it can't be read."""
    scanner = _Scanner(file)
    first = scanner.next()
    if first == "":
        raise Refused("The file is empty.", code="empty-file")
    if first == "[":
        yield from scanner.elements("")
    elif first == "{":
        yield from scanner.members()
    else:
        raise Refused("JSON begins with a list or an object here.", code="not-json", place="character 1")
    if scanner.next():
        raise Refused("The file goes on behind its end.", code="not-json", place="its end")


def loads(text: str, place: str = "") -> Any:
    """A whole JSON text. Raises Refused."""
    check_json(text, place)
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Refused(
            "Not JSON: %(problem)s.",
            code="not-json",
            place=f"{place}, {where}" if place else where,
            problem=problem.msg,
        ) from None
    except RecursionError:
        raise NestedTooDeep(place) from None
    check_depth(value, place, text)
    return value


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONG_NUMBER else math.copysign(math.inf, -1 if digits[0] == "-" else 1)


DECODER = json.JSONDecoder(parse_int=_whole_number)


class _Scanner:
    """What was read of a file and not yet used."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._ended = False
        self._fill()
        self._text = self._text.removeprefix("\ufeff")

    def _fill(self, size: int = PIECE) -> None:
        """Read on; what was used is let go."""
        piece = self._file.read(size)
        try:
            more = self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError:
            raise Refused("The file is not UTF-8. Save it as UTF-8.", code="not-utf-8") from None
        self._ended = not piece
        self._text = self._text[self._at :] + more
        self._at = 0

    def next(self) -> str:
        """The next character that is no white space, which stays; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in WHITE:
                    return self._text[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._fill()

    def _take(self, wanted: str, place: str) -> str:
        found = self.next()
        if found == "":
            raise Refused("The file is cut off.", code="cut-off", place=place)
        if found not in wanted:
            text = "Not JSON: “%(found)s” stands where one of %(wanted)s should."
            raise Refused(text, code="not-json", place=place, found=found, wanted=" ".join(wanted))
        self._at += 1
        return found

    def elements(self, key: str) -> Iterator[Part]:
        """The elements of the list that begins here."""
        self._take("[", key)
        if self.next() == "]":
            self._at += 1
            return
        index = 0
        while True:
            place = f"{key}[{index}]"
            yield Part(key, self._value(place), place)
            if self._take(",]", place) == "]":
                return
            index += 1

    def members(self) -> Iterator[Part]:
        """The values of the object that begins here; of lists, their elements."""
        self._take("{", "its beginning")
        if self.next() == "}":
            self._at += 1
            return
        key = ""
        while True:
            before = f"behind “{key[:60]}”" if key else "its beginning"
            if self.next() != '"':
                self._take('"', before)
            key = self._value(before)
            self._take(":", before)
            if self.next() == "[":
                empty = True
                for part in self.elements(key):
                    yield part
                    empty = False
                if empty:
                    yield Part(key, [], key[:60])
            else:
                yield Part(key, self._value(key[:60]), key[:60])
            if self._take(",}", key[:60]) == "}":
                return

    def _value(self, place: str) -> Any:
        """The value that begins here, whole."""
        self.next()
        while True:
            check_json(self._text, place, self._at)
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as problem:
                self._more(problem, place)
                continue
            except RecursionError:
                raise NestedTooDeep(place) from None
            if end == len(self._text) and not self._ended:  # a number may go on
                self._fill()
                continue
            check_depth(value, place, self._text, self._at, end)
            self._at = end
            return value

    def _more(self, problem: json.JSONDecodeError, place: str) -> None:
        """Read on where that may mend it; Refused where it can't."""
        open_string = problem.msg.startswith("Unterminated string")
        if not open_string and problem.pos < len(self._text) - NEAR:
            raise Refused("Not JSON: %(problem)s.", code="not-json", place=place, problem=problem.msg)
        if self._ended:
            raise Refused("The file is cut off.", code="cut-off", place=place)
        left = len(self._text) - self._at
        if sys.getsizeof(self._text) > MAX_TEXT_BYTES:
            text = "What stands here is longer than %(most)s MiB: split it."
            raise Refused(text, code="too-long", place=place, most=MAX_TEXT_BYTES // MIB)
        self._fill(min(max(PIECE, left), MAX_PIECE))
