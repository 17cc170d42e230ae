"""Which label people give where another was decided: a table of labels by labels, with the tasks of each cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from projects.inference import geometry
from projects.inference.agreement import shape_ious
from projects.inference.vector_shapes import with_reach

Answer = Mapping[str, Any]
Pairs = list[tuple[str, str]]

NOTHING = ""  # no such part: missed, or added
MEETS = 0.5  # the likeness from which two parts are about the same thing, whatever their labels
MOST_TASKS = 50  # of one cell
MOST_PARTS = 300  # of one answer


def confusion(
    tasks: Iterable[tuple[int, Answer, Sequence[Answer]]], compare: Callable[[Answer, Answer], Pairs]
) -> dict[str, list[dict[str, Any]]]:
    """The cells of the table as plain values: {"decided", "said", "number", "tasks"}, the largest first. `tasks` are
    (key, what was decided, what people said); `compare` pairs the labels of both."""
    number: dict[tuple[str, str], int] = defaultdict(int)
    which: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, decided, answers in tasks:
        found = [pair for answer in answers for pair in compare(decided, answer)]
        for pair in found:
            number[pair] += 1
        for pair in dict.fromkeys(found):
            which[pair] += [key] if len(which[pair]) < MOST_TASKS else []
    cells = sorted(number, key=lambda pair: (-number[pair], pair))
    return {
        "cells": [{"decided": pair[0], "said": pair[1], "number": number[pair], "tasks": which[pair]} for pair in cells]
    }


def of_choice(choice: Callable[[Any], str | None]) -> Callable[[Answer, Answer], Pairs]:
    """For answers that are one label."""
    return lambda decided, said: [(choice(decided) or NOTHING, choice(said) or NOTHING)]


def of_spans(decided: Answer, said: Answer) -> Pairs:
    """For spans: those that meet are about the same."""
    first, second = decided["spans"][:MOST_PARTS], said["spans"][:MOST_PARTS]
    bounds = [[(one["start"], one["end"]) for one in some] for some in (first, second)]
    return _pairs(first, second, geometry.match(geometry.span_overlaps(*bounds), MEETS))  # type: ignore[arg-type]


def of_regions(decided: Answer, said: Answer) -> Pairs:
    """For regions: those of one kind of shape that meet are about the same."""
    first, second = decided["regions"][:MOST_PARTS], said["regions"][:MOST_PARTS]
    likeness = shape_ious(*(with_reach([one["shape"] for one in some]) for some in (first, second)))
    return _pairs(first, second, geometry.match(likeness, MEETS))


def _pairs(first: Sequence[Answer], second: Sequence[Answer], matched: Sequence[tuple[int, int]]) -> Pairs:
    met = {one for one, _other in matched}, {other for _one, other in matched}
    return [
        *((first[one]["label"], second[other]["label"]) for one, other in matched),
        *((part["label"], NOTHING) for at, part in enumerate(first) if at not in met[0]),
        *((NOTHING, part["label"]) for at, part in enumerate(second) if at not in met[1]),
    ]
