"""What a project asks for, as types; held to the server's own description as those in models.py."""

import dataclasses
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Attribute:
    """What is asked of each part with a label."""

    name: str
    kind: Literal["choice", "flag", "number", "text"]
    key: str | None = None
    choices: list[str] | None = None
    required: bool | None = None
    counts: bool | None = None
    default: str | None = None


@dataclass(frozen=True)
class Label:
    """A label of a project; its key is made from its name where none is given."""

    name: str
    key: str | None = None
    colour: str | None = None
    hotkey: str | None = None
    shapes: list[Literal["mask", "box", "polygon", "polyline", "point"]] | None = None
    attributes: list[Attribute] | None = None
    field: str | None = None
    parent: str | None = None


@dataclass(frozen=True)
class When:
    """Asked only where an earlier field is something."""

    field: str
    value: str = dataclasses.field(metadata={"wire": "is"})


@dataclass(frozen=True)
class Field:
    """What a classification asks for."""

    name: str
    kind: Literal["choice", "multiple", "tree", "number", "text"]
    key: str | None = None
    required: bool = True
    counts: bool | None = None
    weight: float | None = None
    when: When | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    unit: str | None = None
    longest: int | None = None
