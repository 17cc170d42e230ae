"""Checks that every room shares: is this JSON of the right shape, and may it be stored?

Each function returns the value in canonical form or raises Refused with the place of the fault,
written as a path from the root of the answer: "regions[2].shape.counts".
"""

import math
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from projects.errors import Refused
from taskers.errors import Word

MAX_ATTRIBUTES = 50
MAX_META_DEPTH = 8
MAX_META_VALUES = 1000
PART_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SOURCES = ("human", "suggestion", "edited")
KINDS_ASKED = {"flag": Word("a flag"), "number": Word("a number"), "text": Word("a text")}


def kind(value: object) -> Word:
    """The JSON name of a value's type, for error sentences."""
    if value is None:
        return Word("null")
    if isinstance(value, bool):
        return Word("true or false")
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return Word(names.get(type(value), type(value).__name__))


def an_object(value: object, place: str, required: Collection[str], optional: Collection[str] = ()) -> dict:
    """A JSON object that has every required field and no field that nobody knows."""
    if not isinstance(value, dict):
        raise Refused("Expected an object here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
    for name in required:
        if name not in value:
            raise Refused(
                "The field “%(name)s” is missing.", code="missing-field", place=joined(place, name), name=name
            )
    for name in value:
        if name not in required and name not in optional:
            shown = clipped(name)
            raise Refused(
                "The field “%(shown)s” is not known here.",
                code="unknown-field",
                place=joined(place, shown),
                shown=shown,
            )
    return value


def a_list(value: object, place: str, at_most: int, too_many: str) -> list:
    """A JSON list of at most `at_most` items; `too_many` is the code for a longer one."""
    if not isinstance(value, list):
        raise Refused("Expected a list here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
    if len(value) > at_most:
        raise Refused(
            "%(number)s is too many; at most %(at_most)s are allowed.",
            code=too_many,
            place=place,
            number=len(value),
            at_most=at_most,
        )
    return value


def an_integer(value: object, place: str, low: int, high: int, code: str = "out-of-range") -> int:
    """A whole number in [low, high]. True and 1.0 are not whole numbers here."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(
            "Expected a whole number here, found %(found)s.", code="wrong-shape", place=place, found=kind(value)
        )
    if not low <= value <= high:
        shown = value if abs(value) < 10**12 else Word("a number with too many digits")
        raise Refused(
            "Expected a number from %(low)s to %(high)s, found %(shown)s.",
            code=code,
            place=place,
            low=low,
            high=high,
            shown=shown,
        )
    return value


def a_text(value: object, place: str, longest: int, *, blank: bool = False) -> str:
    """Text that PostgreSQL can store: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        raise Refused("Expected text here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
    if len(value) > longest:
        raise Refused(
            "The text has %(number)s characters; at most %(longest)s are allowed.",
            code="too-long",
            place=place,
            number=len(value),
            longest=longest,
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
        raise Refused("The id “%(value)s” is used twice in this answer.", code="duplicate-id", place=place, value=value)
    seen.add(value)
    return value


def under_labels(answer: dict[str, Any], parts: str, labels: Mapping[str, str | None]) -> tuple[dict[str, Any], bool]:
    """An answer whose `parts` carry a label each, under other labels; parts whose label maps to None are left out."""
    kept = [{**part, "label": label} for part in answer[parts] if (label := labels.get(part["label"])) is not None]
    return {**answer, parts: kept}, len(kept) < len(answer[parts])


def under_label(answer: dict[str, Any], parts: str, label: str) -> dict[str, Any]:
    """An answer without those of its `parts` that carry another label."""
    return {**answer, parts: [part for part in answer[parts] if part["label"] == label]}


def a_label(value: object, place: str, labels: Collection[str]) -> str:
    """A label key of this project."""
    if not isinstance(value, str):
        raise Refused("Expected a label here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
    if value not in labels:
        raise Refused("This project has no label “%(value)s”.", code="unknown-label", place=place, value=clipped(value))
    return value


def some_labels(labels: Sequence[Mapping]) -> None:
    """Refused where there is no label to mark anything with."""
    if not labels:
        raise Refused("Without a label nothing can be marked: add one.", code="no-labels", place="labels")


def rule_of(labels: Collection[str], label: str) -> Mapping[str, Any]:
    """What a label asks of the parts that carry it ({"shapes"?, "attributes"?}); nothing where only keys are known."""
    return labels[label] or {} if isinstance(labels, Mapping) else {}


def described(part: Mapping, place: str, asked: Sequence[Mapping] | None = None) -> dict[str, Any]:
    """A part's attributes and provenance. One that is required and has a default is filled with it where it is open.

    The provenance says of attributes that nobody touched: "untouched", those whose value is the label's default still
    and that nobody is said to have set.
    """
    given, source = part.get("attributes", {}), part.get("provenance")
    defaults = {one["key"]: one for one in asked or () if "default" in one}
    filled: list[str] = []
    if isinstance(given, dict):
        filled = [key for key, one in defaults.items() if one.get("required") and given.get(key) in (None, "")]
        given = given | {key: defaults[key]["default"] for key in filled}
    kept = attributes(given, joined(place, "attributes"), asked)
    told = provenance(source, joined(place, "provenance"))
    said = {*told.pop("untouched", ()), *filled}
    same = [
        key for key in sorted(said & kept.keys()) if asked is None or kept[key] == defaults.get(key, {}).get("default")
    ]
    return {"attributes": kept, "provenance": told | ({"untouched": same} if same else {})}


def attributes(value: object, place: str, asked: Sequence[Mapping] | None = None) -> dict[str, Any]:
    """Attributes of a part: short names, plain values; keys sorted so that equal means equal.

    `asked` is what the label asks for (projects/configuration/label_attributes.py): such a value must be what it takes,
    and is left out when blank; Refused without one that is required. Others are kept as they came: the label may have
    asked for them once.
    """
    if not isinstance(value, dict):
        raise Refused("Expected an object here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
    if len(value) > MAX_ATTRIBUTES:
        raise Refused(
            "At most %(most)s attributes are allowed.",
            code="too-many-attributes",
            place=place,
            most=MAX_ATTRIBUTES,
        )
    known = {one["key"]: one for one in asked or ()}
    for name, item in value.items():
        a_text(name, place, 64)
        _scalar(item, joined(place, name))
        if name in known and item not in (None, ""):
            _as_asked(known[name], item, joined(place, name))
    for name, one in known.items():
        if one.get("required") and value.get(name) in (None, ""):
            place = joined(place, name)
            raise Refused("“%(name)s” is still open.", code="missing-attribute", place=place, name=one["name"])
    return {name: value[name] for name in sorted(value) if name not in known or value[name] not in (None, "")}


def _as_asked(asked: Mapping, item: object, place: str) -> None:
    """One value against what the label asks for under its name."""
    right = {
        "flag": isinstance(item, bool),
        "number": isinstance(item, (int, float)) and not isinstance(item, bool),
        "text": isinstance(item, str),
        "choice": item in asked.get("choices", ()),
    }
    if not right[asked["kind"]]:
        wanted = ", ".join(asked["choices"]) if asked["kind"] == "choice" else KINDS_ASKED[asked["kind"]]
        raise Refused(
            "“%(name)s” takes %(wanted)s, not %(item)s.",
            code="wrong-attribute",
            place=place,
            name=asked["name"],
            wanted=wanted,
            item=clipped(item),
        )


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
        raise Refused(
            "Expected a plain value here, found %(found)s.", code="wrong-shape", place=place, found=kind(value)
        )


def provenance(value: object, place: str) -> dict[str, Any]:
    """Where a part came from: {"source", "suggestion", "model"}, and "untouched" where it names attributes (described);
    absent means drawn by a person.

    The suggestion may be missing where several were merged, but a person's own part never names one.
    """
    if value is None:
        return {"source": "human", "suggestion": None, "model": None}
    found = an_object(value, place, ("source",), ("suggestion", "model", "untouched"))
    source, suggestion, model = found["source"], found.get("suggestion"), found.get("model")
    if source not in SOURCES:
        raise Refused(
            "The source must be one of: %(choices)s.",
            code="bad-provenance",
            place=joined(place, "source"),
            choices=", ".join(SOURCES),
        )
    if model is not None:
        a_text(model, joined(place, "model"), 200)
    if suggestion is not None:
        suggestion = _a_uuid(suggestion, joined(place, "suggestion"))
        if source == "human":
            text = "A part drawn by a person names no suggestion."
            raise Refused(text, code="bad-provenance", place=joined(place, "suggestion"))
    names = a_list(found.get("untouched", []), joined(place, "untouched"), MAX_ATTRIBUTES, "too-many-attributes")
    said = [a_text(one, joined(place, "untouched"), 64) for one in names]
    return {"source": source, "suggestion": suggestion, "model": model} | ({"untouched": said} if said else {})


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
        raise Refused("Expected an object here, found %(found)s.", code="wrong-shape", place=place, found=kind(value))
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
