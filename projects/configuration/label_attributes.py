"""What a label asks of each part that carries it, as a manager writes it down and as the database holds it.

Written: one attribute a line, with what it takes in brackets, and behind these what else holds of it. Held: {"key",
"name", "kind", "choices"?, "required"?, "counts"?}; what isn't said of it isn't there.

    Pose (standing, sitting, lying) required     one of these, and nothing is handed in without it
    Occluded (flag) counts                       yes or no; who says otherwise of a mark disagrees about it
    Legs (number) required, counts
    Remark (text)
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import slugify

from projects.errors import Refused
from projects.models import limits

KINDS = ("flag", "number", "text")
BRACKETS = {"(", ")"}
MARKS = ("required", "counts")  # what may be said behind the brackets
LINE = re.compile(r"(?P<name>[^()]{1,60}?)\s*\((?P<takes>[^()]{1,4000})\)(?P<marks>[\s,a-z]{0,40})")


def read(text: str, place: str = "attributes", known: Sequence[Mapping] = ()) -> list[dict[str, Any]]:
    """The attributes in a text; Refused with the line that can't be read. One that is called like one of the `known`
    keeps that one's key."""
    keys = {one["name"]: one["key"] for one in known}
    found: list[dict[str, Any]] = []
    for number, line in enumerate((one.strip() for one in text.splitlines()), start=1):
        if not line:
            continue
        match = LINE.fullmatch(line)
        marks = match["marks"].replace(",", " ").split() if match else []
        if match is None or not set(marks) <= set(MARKS):
            raise Refused(
                "Line %(number)s isn't a name with what it takes in brackets, such as: Occluded (flag).",
                code="bad-attribute",
                place=place,
                number=number,
            )
        name, takes = match["name"].strip(), match["takes"].strip()
        held = {"name": name, "key": keys.get(name, "")} | dict.fromkeys(marks, True)
        if takes.lower() in KINDS:
            found.append(held | {"kind": takes.lower()})
        else:
            found.append(held | {"kind": "choice", "choices": takes.split(",")})
    return checked(found, place)


def checked(attributes: Sequence[Mapping], place: str = "attributes") -> list[dict[str, Any]]:
    """Attributes in the form in which they are held; Refused if they aren't any."""
    plain: list[dict[str, Any]] = []
    if not isinstance(attributes, (list, tuple)) or len(attributes) > limits.ATTRIBUTES:
        raise Refused(
            "Attributes are a list of at most %(most)s.", code="bad-attribute", place=place, most=limits.ATTRIBUTES
        )
    for index, one in enumerate(attributes):
        at = f"{place}[{index}]"
        if not isinstance(one, Mapping) or one.get("kind") not in (*KINDS, "choice"):
            raise Refused(
                "An attribute takes %(choices)s or a choice.", code="bad-attribute", place=at, choices=", ".join(KINDS)
            )
        name = " ".join(str(one.get("name") or "").split())[: limits.KEY]
        key = (str(one.get("key") or "").strip() or slugify(name, allow_unicode=True).replace("-", "_"))[: limits.KEY]
        if not key or any(key == other["key"] for other in plain):
            raise Refused("Each attribute needs a name of its own.", code="bad-attribute", place=at)
        if not name or BRACKETS & set(name):
            raise Refused("An attribute has a name without brackets.", code="bad-attribute", place=at)
        held = {"key": key, "name": name, "kind": one["kind"]}
        if one["kind"] == "choice":
            held["choices"] = _choices(one.get("choices"), at)
        plain.append(held | {mark: True for mark in MARKS if one.get(mark)})
    return plain


def written(attributes: Sequence[Mapping]) -> str:
    """Attributes as a manager may edit them; `read` makes the same of it."""
    return "\n".join(_line(one) for one in attributes)


def _line(one: Mapping) -> str:
    takes = ", ".join(one["choices"]) if one["kind"] == "choice" else one["kind"]
    return f"{one['name']} ({takes}) {', '.join(mark for mark in MARKS if one.get(mark))}".rstrip()


def _choices(value: object, place: str) -> list[str]:
    choices = [" ".join(str(one).split())[: limits.KEY] for one in value] if isinstance(value, (list, tuple)) else []
    choices = list(dict.fromkeys(one for one in choices if one))
    if any(BRACKETS & set(one) or "," in one for one in choices):
        raise Refused("A choice has no brackets and no commas.", code="bad-attribute", place=place)
    if not limits.CHOICES.holds(len(choices)):
        raise Refused("A choice is between two to fifty different words.", code="bad-attribute", place=place)
    return choices
