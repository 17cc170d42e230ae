"""Values as files write them, made what the project asks for: most formats know texts alone.

"true" becomes a flag, "4" a number, 4 the choice “4”; what can't be it is told, and leaves the rest of its part alone.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from projects.data.reading.rows import Fault
from projects.errors import Refused
from projects.task_types.shape import clipped

FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
PARTED = "; "  # several options of one cell of a table
EXACT = 2**53  # up to here a float is the whole number that it says
WHOLE = re.compile(r"[+-]?[0-9]{1,300}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def attributes(
    found: Mapping[str, Any], asked: Sequence[Mapping[str, Any]], place: str
) -> tuple[dict[str, Any], list[Fault]]:
    """The attributes of a part, those that its label asks for as it asks for them; and those that can't be that."""
    known = {one["name"]: one for one in asked} | {one["key"]: one for one in asked}
    kept: dict[str, Any] = {}
    lost: list[Fault] = []
    for name, value in found.items():
        one = known.get(name)
        fitted = value if one is None or value in (None, "") else _attribute(value, one)
        if one is not None and fitted is None and value not in (None, ""):
            text = "“%(name)s” isn't asked for like that: %(value)s. The rest is kept."
            refused = Refused(text, code="wrong-attribute", name=one["name"], value=clipped(value))
            lost.append(Fault.of(refused, f"{place}.attributes.{name}"[:200]))
        else:
            kept[one["key"] if one else name] = fitted
    return kept, lost


def _attribute(value: Any, asked: Mapping[str, Any]) -> Any:
    """The value as it is asked for; None where it can't be that."""
    match asked["kind"]:
        case "flag":
            return value if isinstance(value, bool) else FLAGS.get(str(value).strip().lower())
        case "number":
            return number(value)
        case "text":
            return _text(value) if isinstance(value, str | int | float) else None
    wanted = _text(value)
    same = (one for one in asked.get("choices", ()) if str(one).casefold() == wanted.casefold())
    return wanted if wanted in asked.get("choices", ()) else next(same, None)


def number(value: Any) -> Any:
    """A number, which may be written as a text; None for what is none."""
    if isinstance(value, bool):
        return None
    found = _written(value.strip()) if isinstance(value, str) else value
    if isinstance(found, float):
        if not math.isfinite(found):
            return None
        return int(found) if abs(found) <= EXACT and found == int(found) else found
    return found if isinstance(found, int) else None


def _written(text: str) -> int | float | None:
    if WHOLE.fullmatch(text):
        return int(text)  # digit by digit: a float would be another number beyond EXACT
    return float(text) if NUMBER.fullmatch(text) else None


def field(value: Any, kind: str) -> Any:
    """What a file says of a field, as the field's kind has it; as it is where it can't be that."""
    if kind == "number" and isinstance(value, str):
        found = number(value)
        return value if found is None else found
    if kind == "text" and isinstance(value, list):  # a cell that looked like several options
        return PARTED.join(map(str, value))
    if kind == "text" and isinstance(value, int | float):
        return _text(value)
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
