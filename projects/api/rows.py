"""Tasks, and predictions of them, in the body of a request: a JSON list, or JSON Lines read as they come."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from typing import IO, Any, TypeVar

from rest_framework.parsers import BaseParser, JSONParser

from projects.data.importing import Fault, Item, Prediction, Row, read_predictions
from projects.data.limits import MAX_DEPTH
from projects.data.reading.readers.jsonl import read_jsonl
from projects.data.reading.readers.nesting import nests_deeper
from projects.data.reading.rows import told
from projects.errors import Refused

LONGEST_LIST = 8 * 1024 * 1024  # bytes; a list is held in memory whole, at some 25 times its size
MOST_ROWS = 100_000  # of a list
MOST_VALUES = 1_000_000  # of a body, by its commas: an empty object of three bytes takes 72 in memory
MOST_ERRORS = 1000


class TooLarge(Refused):
    """This list is too long to send at once; send it as JSON Lines (application/x-ndjson)."""

    code = "too-large"
    status = 413


class TooDeep(Refused):
    """The body's lists and objects lie too deep within each other."""

    code = "too-deep"


class BoundedJSON(JSONParser):
    """A JSON body of at most LONGEST_LIST bytes and MAX_DEPTH levels."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        body = stream.read(LONGEST_LIST + 1)
        if len(body) > LONGEST_LIST or body.count(b",") > MOST_VALUES:
            raise TooLarge()
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise TooDeep() from None
        if nests_deeper(data, MAX_DEPTH):
            raise TooDeep()
        return data


class JSONLines(BaseParser):
    """The body itself, unread."""

    media_type = "application/x-ndjson"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        return stream


def items_of(data: object) -> Iterator[Item]:
    """The tasks of a parsed body: of a list, or of a stream of lines. Raises Refused when it is neither."""
    return _read(data, read_jsonl, "tasks")


def predictions_of(data: object) -> Iterator[Prediction | Fault]:
    """The predictions of a parsed body, likewise."""
    return _read(data, read_predictions, "predictions")


One = TypeVar("One", Row | Fault, Prediction | Fault)


def _read(data: object, reader: Callable[[Any], Iterator[One]], name: str) -> Iterator[One]:
    """A list goes through the same reader as a file would: its item n is line n + 1."""
    if hasattr(data, "readline"):
        return reader(data)
    if not isinstance(data, list):
        raise Refused("Send a list, or JSON Lines as application/x-ndjson.", code="wrong-shape")
    if not data:
        return iter(())
    if len(data) > MOST_ROWS:
        raise TooLarge()
    lines = "\n".join(json.dumps(row) for row in data)
    return (_renamed(item, name) for item in reader(BytesIO(lines.encode())))


def _renamed(item: One, name: str) -> One:
    line, _, rest = item.place.partition(",")
    place = f"{name}[{int(line.removeprefix('line ')) - 1}]{',' if rest else ''}{rest}"
    if isinstance(item, Row):
        return replace(item, place=place)
    return item._replace(place=place)


def errors_of(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """The first refusals, as the wire shows them."""
    return [told(fault.kept()) for fault, _ in zip(faults, range(MOST_ERRORS), strict=False)]
