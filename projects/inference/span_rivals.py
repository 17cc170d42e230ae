"""Spans that are one thing under several names: marked by some under one label and by others under another.

Two labels that anybody gave to one place at once are no rivals: there both may be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from projects.inference import geometry

SAME = 0.5  # from this share of their joint length on, two spans are about one thing

Span = Mapping[str, Any]
Mark = tuple[int, int, str]  # a stretch of the text, and its label


@dataclass(frozen=True)
class Rivals:
    """Names that compete, in order, and the spans of each answer at places where they do, which don't meet."""

    labels: Sequence[str]
    spans: list[list[Span]]


def find_rivals(spans: Sequence[Sequence[Span]]) -> list[Rivals]:
    """The places where answers call one thing differently; `spans` are those of each answer.

    What meets or touches such a thing under one of its names belongs to the place as well.
    """
    givers: dict[Mark, set[int]] = {}
    for who, some in enumerate(spans):
        for span in some:
            givers.setdefault(_mark(span), set()).add(who)
    marks = sorted(givers)
    renamed = _renamed(marks, givers)
    if not renamed:
        return []
    links = np.array([*renamed, *_meeting(marks)])
    grid = scipy.sparse.coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(marks), len(marks)))
    _, found = scipy.sparse.csgraph.connected_components(grid, directed=False)
    places: dict[int, list[Mark]] = {}
    for mark, place in zip(marks, found.tolist(), strict=True):
        places.setdefault(place, []).append(mark)
    layers = _layers([some for some in places.values() if len({label for _, _, label in some}) > 1])
    layer_of = {mark: number for number, (_, some) in enumerate(layers) for mark in some}
    made = [Rivals(labels, [[] for _ in spans]) for labels, _ in layers]
    for who, some in enumerate(spans):
        for span in some:
            if (number := layer_of.get(_mark(span))) is not None:
                made[number].spans[who].append(span)
    return made


def _layers(places: Sequence[Sequence[Mark]]) -> list[tuple[tuple[str, ...], list[Mark]]]:
    """Places of the same names together, as long as they don't meet; the places come in the order of the text."""
    made: list[tuple[tuple[str, ...], list[Mark]]] = []
    open_now: dict[tuple[str, ...], list[tuple[int, list[Mark]]]] = {}  # names -> the end and the marks of each layer
    for some in places:
        names = tuple(sorted({label for _, _, label in some}))
        end = max(one for _, one, _ in some)
        layers = open_now.setdefault(names, [])
        free = next((at for at, (reached, _) in enumerate(layers) if reached < some[0][0]), None)
        if free is None:
            layers.append((end, list(some)))
            made.append((names, layers[-1][1]))
        else:
            layers[free][1].extend(some)
            layers[free] = (end, layers[free][1])
    return made


def _mark(span: Span) -> Mark:
    return span["start"], span["end"], span["label"]


def _renamed(marks: Sequence[Mark], givers: Mapping[Mark, set[int]]) -> list[tuple[int, int]]:
    """Pairs of marks of one thing under two names, by their places among `marks`."""
    labels = np.array([label for _, _, label in marks], dtype=object)
    if len(set(labels)) < 2:
        return []
    bounds = np.array([(start, end) for start, end, _ in marks])
    alike = geometry.span_overlaps(bounds, bounds)
    other = (alike.data >= SAME) & (alike.row < alike.col) & (labels[alike.row] != labels[alike.col])
    pairs = list(zip(alike.row[other].tolist(), alike.col[other].tolist(), strict=True))
    both = {frozenset((labels[i], labels[j])) for i, j in pairs if givers[marks[i]] & givers[marks[j]]}
    return [(i, j) for i, j in pairs if frozenset((labels[i], labels[j])) not in both]


def _meeting(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Pairs of marks of one label that meet or touch, each with the one before that reaches furthest."""
    furthest: dict[str, int] = {}
    found = []
    for place, (start, end, label) in enumerate(marks):
        before = furthest.get(label)
        if before is not None and marks[before][1] >= start:
            found.append((before, place))
        if before is None or marks[before][1] <= end:
            furthest[label] = place
    return found
