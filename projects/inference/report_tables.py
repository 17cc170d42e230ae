"""What answers are to coefficients: tables of tasks by taskers, one for each field, or one for all labels of parts.

Where an answer fills in fields, each is a table of its own: of choices their numbers, of numbers themselves. Where it
has parts, a unit is a task and a label, and its value how many parts carry the label; these are one table.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answer = Mapping[str, Any]

MOST_PARTS = 20  # more parts of one label in one answer count as this many


@dataclass(frozen=True)
class Answered:
    """One task: who answered what, and the `period` (a day, as an ordinal) of its newest answer."""

    period: int
    answers: Mapping[Any, Answer]


@dataclass(frozen=True)
class Field:
    """One field of answers: `value` reads it, something that can be a key, or a number on the interval scale; None
    where it was left open."""

    key: str
    scale: Literal["nominal", "interval"]
    value: Callable[[Any], Any]


@dataclass(frozen=True)
class Asked:
    """What the task type knows: `agreement` of two answers in [0, 1]; `measures` of them by name; `part_list`, the
    field that holds the parts; `fields`, where answers have those instead, and `used`, the labels in such an answer;
    `outlines`, how alike the outlines of masks are, which is slow and therefore asked of the first pairs only."""

    labels: Sequence[str]
    agreement: Callable[[Answer, Answer], float]
    measures: Callable[[Answer, Answer], Mapping[str, Sequence[float]]]
    part_list: str
    fields: Sequence[Field] = ()
    used: Callable[[Any], set[str]] = lambda answer: set()
    outlines: Callable[[Answer, Answer], Sequence[float]] = lambda first, second: ()


@dataclass(frozen=True)
class Tables:
    """(tasks, units of one, taskers) values, -1 where not answered: `nominal` and, where values have an order,
    `counted`, one of each field or one in all; `numbers`, (tasks, taskers) of each number field, NaN where left open;
    and of each label who gave it."""

    nominal: Sequence[Ints]
    counted: Sequence[Ints]
    numbers: Mapping[str, Floats]
    labels: Mapping[str, Ints]
    fields: Mapping[str, Ints]  # of the nominal fields by their keys; none where answers have parts


def tables(tasks: Sequence[Answered], taskers: Sequence[Hashable], asked: Asked) -> Tables:
    """The tables of these tasks, in the order of the taskers."""
    at = {who: place for place, who in enumerate(taskers)}
    if not asked.fields:
        counts = _counts(tasks, at, asked)
        there = np.minimum(counts, 1)
        labels = {label: there[:, n] for n, label in enumerate(asked.labels)}
        return Tables([there], [counts], {}, labels, {})
    classes = {one.key: _classes(tasks, at, one, asked.labels) for one in asked.fields if one.scale == "nominal"}
    numbers = {one.key: _numbers(tasks, at, one) for one in asked.fields if one.scale == "interval"}
    units = [one[:, None] for one in classes.values()]
    ordered = [one for one in units if one.max(initial=-1) < len(asked.labels)]
    return Tables(units, ordered, numbers, _used(tasks, at, asked), classes)


def _counts(tasks: Sequence[Answered], at: Mapping[Hashable, int], asked: Asked) -> Ints:
    place = {label: n for n, label in enumerate(asked.labels)}
    counts = np.full((len(tasks), len(place), len(at)), -1, dtype=np.int64)
    for n, one in enumerate(tasks):
        for who, answer in one.answers.items():
            counts[n, :, at[who]] = 0
            for part in answer[asked.part_list]:
                if part["label"] in place:
                    counts[n, place[part["label"]], at[who]] += 1
    return np.minimum(counts, MOST_PARTS)


def _classes(tasks: Sequence[Answered], at: Mapping[Hashable, int], field: Field, labels: Sequence[str]) -> Ints:
    """Labels are numbered in their order; sets and paths of labels in one of their own. One that is gone is none."""
    said = {(n, who): field.value(answer) for n, one in enumerate(tasks) for who, answer in one.answers.items()}
    known = set(labels)
    several = {value for value in said.values() if isinstance(value, tuple) and known.issuperset(value)}
    number = {value: n for n, value in enumerate([*labels, *sorted(several)])}
    found = np.full((len(tasks), len(at)), -1, dtype=np.int64)
    for (n, who), value in said.items():
        found[n, at[who]] = number.get(value, -1)
    return found


def _numbers(tasks: Sequence[Answered], at: Mapping[Hashable, int], field: Field) -> Floats:
    found = np.full((len(tasks), len(at)), np.nan)
    for n, one in enumerate(tasks):
        for who, answer in one.answers.items():
            value = field.value(answer)
            found[n, at[who]] = np.nan if value is None else float(value)
    return found


def _used(tasks: Sequence[Answered], at: Mapping[Hashable, int], asked: Asked) -> dict[str, Ints]:
    """Who gave which label; whoever said only what is gone said nothing."""
    found = {label: np.full((len(tasks), len(at)), -1, dtype=np.int64) for label in asked.labels}
    for n, one in enumerate(tasks):
        for who, answer in one.answers.items():
            used = asked.used(answer)
            if used and used.isdisjoint(found):
                continue
            for label, table in found.items():
                table[n, at[who]] = int(label in used)
    return found
