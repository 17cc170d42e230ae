"""Marks whose attributes count are told apart by them as by their label: a cat that sits is no cat that lies. Pure.

`counted` says which do: {label: [attribute, …]}. What isn't among them is only collected, and tells nothing apart.
A flag that nobody touched says no, and 4.0 is 4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Counted = Mapping[str, Sequence[str]]
Part = Mapping[str, Any]


def by_attributes(answer: Mapping[str, Any], parts: str, counted: Counted | None) -> Mapping[str, Any]:
    """The answer with parts under labels that say what counts of them; for comparing alone, such labels are nobody's.
    One whose labels count nothing is itself."""
    if not counted or not any(part["label"] in counted for part in answer[parts]):
        return answer
    return {**answer, parts: [_told(part, counted.get(part["label"], ())) for part in answer[parts]]}


def differing(said: Part, right: Part, counted: Counted | None) -> list[str]:
    """The attributes that count and aren't alike in two parts of one label."""
    asked = (counted or {}).get(right["label"], ())
    return [key for key in asked if _value(said, key) != _value(right, key)]


def _told(part: Part, keys: Sequence[str]) -> Part:
    if not keys:
        return part
    return {**part, "label": f"{part['label']}\x1f{','.join(_value(part, key) for key in keys)}"}


def _value(part: Part, key: str) -> str:
    """What it says of an attribute, so that what means the same is the same. Nothing is taken for no: only flags know a
    no, and one that must be answered is."""
    value = part["attributes"].get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(False if value is None else value)
