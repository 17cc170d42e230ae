"""The kinds that verdicts are cut into for an audit, so that the rare and the doubtful are looked at too.

A new way to cut is one function and one line of `CUTS`. Each says of one verdict to which kind it belongs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from projects.task_types.protocol import TaskType

# From the least on; the first that a number reaches.
STEPS = ((0.95, "0.95"), (0.8, "0.8"), (0.6, "0.6"), (0.0, "0"))


@dataclass(frozen=True)
class Drawable:
    """What a cut may ask of a verdict: its answer, how sure it was, and the lowest standing of those it rests on."""

    answer: Mapping[str, Any]
    confidence: float
    standing: float | None


def by_confidence(room: TaskType, one: Drawable) -> str:
    """How sure the method was."""
    return _step(one.confidence)


def by_standing(room: TaskType, one: Drawable) -> str:
    """The lowest standing of those whose answers it rests on."""
    return "unknown" if one.standing is None else _step(one.standing)


def by_label(room: TaskType, one: Drawable) -> str:
    """The label that it uses, the first of several in the alphabet; nothing where it uses none."""
    return min(room.labels_used(dict(one.answer)), default="nothing")


CUTS: dict[str, Callable[[TaskType, Drawable], str]] = {
    "confidence": by_confidence,
    "standing": by_standing,
    "label": by_label,
}


def _step(value: float) -> str:
    return next((name for least, name in STEPS if value >= least), "0")
