"""What a label asks of each part that carries it: {"key", "name", "kind", "choices"?, "required"?, "counts"?,
"default"?}, where what isn't said of one isn't there.

A choice takes one of its choices, a flag yes or no. Without one that is required nothing is handed in; who says
otherwise of one that counts disagrees about the part. A part begins with the defaults.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import slugify

from projects.errors import Refused
from projects.models import limits
from projects.task_types import shape

KINDS = ("flag", "number", "text")
BRACKETS = {"(", ")"}
MARKS = ("required", "counts")


def checked(attributes: Sequence[Mapping], place: str = "attributes") -> list[dict[str, Any]]:
    """Attributes in the form in which they are held; Refused, with the place of the fault, if they aren't any."""
    if not isinstance(attributes, (list, tuple)) or len(attributes) > limits.ATTRIBUTES:
        raise Refused(
            "Attributes are a list of at most %(most)s.", code="bad-attribute", place=place, most=limits.ATTRIBUTES
        )
    kept = {_key(one): _name(one) for one in attributes if isinstance(one, Mapping) and _key(one)}
    plain: list[dict[str, Any]] = []
    for index, one in enumerate(attributes):
        plain.append(_attribute(one, f"{place}[{index}]", kept))
        if any(plain[-1]["key"] == other["key"] for other in plain[:-1]):
            raise _twice(f"{place}[{index}].name")
    return plain


def check_names(attributes: Sequence[Mapping], place: str = "attributes") -> None:
    """Refused where two are called the same, whatever their keys: people couldn't tell them apart."""
    names = [one["name"] for one in attributes]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _twice(f"{place}[{index}].name")


def _attribute(one: object, place: str, kept: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(one, Mapping) or one.get("kind") not in (*KINDS, "choice"):
        raise Refused(
            "An attribute takes %(choices)s or a choice.",
            code="bad-attribute",
            place=f"{place}.kind",
            choices=", ".join(KINDS),
        )
    name = _name(one)
    key = _key(one) or _made(name, kept)
    if not name or not key:
        raise _twice(f"{place}.name")
    if BRACKETS & set(name):
        raise Refused("An attribute has a name without brackets.", code="bad-attribute", place=f"{place}.name")
    held = {"key": key, "name": name, "kind": one["kind"]}
    if one["kind"] == "choice":
        held["choices"] = _choices(one.get("choices"), f"{place}.choices")
    if one.get("default") not in (None, ""):
        held["default"] = _default(one["default"], held, f"{place}.default")
    return held | {mark: True for mark in MARKS if one.get(mark)}


def _default(value: object, held: Mapping, place: str) -> Any:
    """What a part begins with: as the attribute takes it."""
    if isinstance(value, str):
        value = _read(" ".join(value.split()), held["kind"])
    short = not isinstance(value, str) or len(value) <= limits.KEY
    try:
        if short:
            return shape.attributes({held["key"]: value}, place, [held])[held["key"]]
    except Refused:
        pass
    text = "“%(name)s” can't begin with that: say something that it takes, in at most %(most)s characters."
    raise Refused(text, code="bad-attribute", place=place, name=held["name"], most=limits.KEY)


def _read(text: str, kind: str) -> Any:
    """A default in words, as programs say it, as the attribute takes it; what can't be read stays words."""
    if kind == "flag":
        return {"true": True, "false": False}.get(text, text)
    if kind == "number":
        try:
            return float(text) if set(text) & set(".eE") else int(text)
        except ValueError:
            return text
    return text


def _twice(place: str) -> Refused:
    return Refused("Each attribute needs a name of its own.", code="bad-attribute", place=place)


def _name(one: Mapping) -> str:
    return " ".join(str(one.get("name") or "").split())[: limits.KEY]


def _key(one: Mapping) -> str:
    return str(one.get("key") or "").strip()[: limits.KEY]


def _made(name: str, kept: Mapping[str, str]) -> str:
    """A key from a name: not that of one which had the name before it was called something else."""
    plain = slugify(name, allow_unicode=True).replace("-", "_")[: limits.KEY]
    others = (f"{plain[: limits.KEY - 3]}_{number}" for number in range(2, limits.ATTRIBUTES + 2))
    return next(key for key in (plain, *others) if kept.get(key, name) == name)


def _choices(value: object, place: str) -> list[str]:
    choices = [" ".join(str(one).split())[: limits.KEY] for one in value] if isinstance(value, (list, tuple)) else []
    choices = list(dict.fromkeys(one for one in choices if one))
    if any(BRACKETS & set(one) or "," in one for one in choices):
        raise Refused("A choice has no brackets and no commas.", code="bad-attribute", place=place)
    if not limits.CHOICES.holds(len(choices)):
        raise Refused("A choice is between two to fifty different words.", code="bad-attribute", place=place)
    return choices
