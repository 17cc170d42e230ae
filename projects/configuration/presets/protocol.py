"""What a preset of the gallery says: a project ready to be made, and one task of it, answered, to show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.task_types.protocol import Answer, Payload

DRAWN = 64 * "0"  # the asset of a sample that is drawn here


@dataclass(frozen=True)
class Preset:
    """A pattern of a project, under a key that stays. Its labels and settings are as configure's verbs take them."""

    key: str
    title: object  # in words that are translated when they are read, as the next two
    what: object  # what it is for, in a line
    task_type: str
    instructions: object
    payload: Payload  # a task of it
    answer: Answer  # and what somebody may say of that
    labels: Sequence[Mapping[str, Any]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    scene: str = ""  # SVG: what is in the sample's picture, in its pixels


def drawn(width: int, height: int) -> Payload:
    """The payload of a picture that a preset draws itself."""
    return {"asset": DRAWN, "width": width, "height": height, "name": "sample.svg"}


def fields(*said: tuple[str, object]) -> Answer:
    """An answer that fills these in."""
    return {"fields": [{"field": name, "value": value} for name, value in said]}


def spans(text: str, *marked: tuple[str, str]) -> Answer:
    """An answer that marks the first place of each of these words with a label."""
    found = [(text.index(words), len(words), label) for words, label in marked]
    return {
        "spans": [
            {"id": f"s{number}", "start": start, "end": start + length, "label": label}
            for number, (start, length, label) in enumerate(found)
        ]
    }


def regions(*drawn: tuple[str, Mapping[str, Any]]) -> Answer:
    """An answer of these shapes, each with its label."""
    return {"regions": [{"id": f"r{n}", "label": label, "shape": shape} for n, (label, shape) in enumerate(drawn)]}
