"""Checks that every room shares: is this JSON of the right shape, and may it be stored?

Each function returns the value in canonical form or raises Refused with the place of the fault,
written as a path from the root of the answer: "regions[2].shape.counts".
"""

import math
import re
import uuid
from collections.abc import Collection
from typing import Any

from projects.errors import Refused

MAX_ATTRIBUTES = 50
MAX_META_DEPTH = 8
MAX_META_VALUES = 1000
PART_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SOURCES = ("human", "suggestion", "edited")


def kind(value: object) -> str:
    """The JSON name of a value's type, for error sentences."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def an_object(value: object, place: str, required: Collection[str], optional: Collection[str] = ()) -> dict:
    """A JSON object that has every required field and no field that nobody knows."""
    if not isinstance(value, dict):
        raise Refused(f"Expected an object here, found {kind(value)}.", code="wrong-shape", place=place)
    for name in required:
        if name not in value:
            raise Refused(f"The field “{name}” is missing.", code="missing-field", place=joined(place, name))
    for name in value:
        if name not in required and name not in optional:
            shown = clipped(name)
            raise Refused(f"The field “{shown}” is not known here.", code="unknown-field", place=joined(place, shown))
    return value


def a_list(value: object, place: str, at_most: int, too_many: str) -> list:
    """A JSON list of at most `at_most` items; `too_many` is the code for a longer one."""
    if not isinstance(value, list):
        raise Refused(f"Expected a list here, found {kind(value)}.", code="wrong-shape", place=place)
    if len(value) > at_most:
        raise Refused(f"{len(value)} is too many; at most {at_most} are allowed.", code=too_many, place=place)
    return value


def an_integer(value: object, place: str, low: int, high: int, code: str = "out-of-range") -> int:
    """A whole number in [low, high]. True and 1.0 are not whole numbers here."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"Expected a whole number here, found {kind(value)}.", code="wrong-shape", place=place)
    if not low <= value <= high:
        shown = value if abs(value) < 10**12 else "a number with too many digits"
        raise Refused(f"Expected a number from {low} to {high}, found {shown}.", code=code, place=place)
    return value


def a_text(value: object, place: str, longest: int, *, blank: bool = False) -> str:
    """Text that PostgreSQL can store: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        raise Refused(f"Expected text here, found {kind(value)}.", code="wrong-shape", place=place)
    if len(value) > longest:
        raise Refused(
            f"The text has {len(value)} characters; at most {longest} are allowed.",
            code="too-long",
            place=place,
        )
    if not blank and not value.strip():
        raise Refused("The text is empty.", code="blank", place=place)
    if "\x00" in value:
        raise Refused("The text holds a NUL character, which cannot be stored.", code="nul-character", place=place)
    if not storable(value):
        raise Refused("The text holds half of a surrogate pair.", code="broken-unicode", place=place)
    return value


def storable(text: str) -> bool:
    """False if the text holds a lone surrogate, which no UTF-8 database can store."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def a_part_id(value: object, place: str, seen: set[str]) -> str:
    """The id of a region or span: short, printable, and used once in the answer."""
    if not isinstance(value, str) or not PART_ID.fullmatch(value):
        raise Refused(
            "An id is 1 to 64 letters, digits, dots, colons, dashes or underscores.",
            code="bad-id",
            place=place,
        )
    if value in seen:
        raise Refused(f"The id “{value}” is used twice in this answer.", code="duplicate-id", place=place)
    seen.add(value)
    return value


def a_label(value: object, place: str, labels: Collection[str]) -> str:
    """A label key of this project."""
    if not isinstance(value, str):
        raise Refused(f"Expected a label here, found {kind(value)}.", code="wrong-shape", place=place)
    if value not in labels:
        raise Refused(f"This project has no label “{clipped(value)}”.", code="unknown-label", place=place)
    return value


def attributes(value: object, place: str) -> dict[str, Any]:
    """Free attributes of a part: short names, plain values; keys sorted so that equal means equal."""
    if not isinstance(value, dict):
        raise Refused(f"Expected an object here, found {kind(value)}.", code="wrong-shape", place=place)
    if len(value) > MAX_ATTRIBUTES:
        raise Refused(f"At most {MAX_ATTRIBUTES} attributes are allowed.", code="too-many-attributes", place=place)
    for name, item in value.items():
        a_text(name, place, 64)
        _scalar(item, joined(place, name))
    return {name: value[name] for name in sorted(value)}


def _scalar(value: object, place: str) -> None:
    if isinstance(value, str):
        a_text(value, place, 1000, blank=True)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Refused("Infinity and NaN cannot be stored.", code="not-a-number", place=place)
    elif isinstance(value, int):
        if abs(value) > 2**53:
            raise Refused("The number has more digits than JavaScript can hold.", code="out-of-range", place=place)
    elif value is not None:
        raise Refused(f"Expected a plain value here, found {kind(value)}.", code="wrong-shape", place=place)


def provenance(value: object, place: str) -> dict[str, str | None]:
    """Where a part came from: {"source", "suggestion", "model"}; absent means drawn by a person.

    The suggestion may be missing where several were merged, but a person's own part never names one.
    """
    if value is None:
        return {"source": "human", "suggestion": None, "model": None}
    found = an_object(value, place, ("source",), ("suggestion", "model"))
    source, suggestion, model = found["source"], found.get("suggestion"), found.get("model")
    if source not in SOURCES:
        text = f"The source must be one of: {', '.join(SOURCES)}."
        raise Refused(text, code="bad-provenance", place=joined(place, "source"))
    if model is not None:
        a_text(model, joined(place, "model"), 200)
    if suggestion is not None:
        suggestion = _a_uuid(suggestion, joined(place, "suggestion"))
        if source == "human":
            text = "A part drawn by a person names no suggestion."
            raise Refused(text, code="bad-provenance", place=joined(place, "suggestion"))
    return {"source": source, "suggestion": suggestion, "model": model}


def _a_uuid(value: object, place: str) -> str:
    if isinstance(value, str) and len(value) <= 45:
        try:
            return str(uuid.UUID(value))
        except ValueError:
            pass
    raise Refused("A suggestion is named by its id.", code="bad-provenance", place=place)


def meta(value: object, place: str) -> dict[str, Any]:
    """Whatever the customer wants back with the result: any JSON object, within reason."""
    if not isinstance(value, dict):
        raise Refused(f"Expected an object here, found {kind(value)}.", code="wrong-shape", place=place)
    _walk(value, place, MAX_META_DEPTH, [MAX_META_VALUES])
    return value


def _walk(value: object, place: str, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise Refused("The extra data is too deep or has too many values.", code="too-large", place=place)
    if isinstance(value, dict):
        for name, item in value.items():
            a_text(name, place, 200, blank=True)
            _walk(item, joined(place, name), depth - 1, left)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{place}[{index}]", depth - 1, left)
    elif isinstance(value, str):
        a_text(value, place, 10_000, blank=True)
    else:
        _scalar(value, place)


def joined(place: str, name: object) -> str:
    """The path of a field below a place."""
    return f"{place}.{clipped(name)}" if place else clipped(name)


def clipped(value: object, longest: int = 60) -> str:
    """A value from outside, made short and printable so that it may stand in a sentence."""
    text = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")
    return text if len(text) <= longest else text[: longest - 1] + "…"
