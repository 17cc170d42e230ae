"""How long comparing and merging answers takes, told before it is begun: seconds on one core, rather too many. Pure.

Answers are compared where they are handed in, so what a few people could make slow is told from their sizes alone: by
the pairs of parts that meet, and by what one such pair costs, measured on shapes made to be slow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import geometry, vector_shapes

Parts = Sequence[Mapping[str, Any]]
Floats = NDArray[np.float64]

MOST_PARTS = 6_000  # of all answers to one task, beyond which their table alone fills the memory: for ever
PART = 1.5e-7  # of the table of all parts with all
PAIR = 2e-6  # of parts that meet, whatever they are
JOIN = 2e-6  # of two parts that hang together, when they are clustered
CLUSTERED = geometry.LARGEST_EXACT  # parts that hang together beyond which clustering is of another kind
CHARACTER = 6e-9  # of two masks' run lengths
POINT = {"polygon": 2e-6, "polyline": 5e-7}  # of two outlines
MEGAPIXEL = 0.12  # of one mask that is fused, which grows faster than its window
GROWTH = 1.4
ROWS = 256  # of the table that are looked at together


def spans(answers: Sequence[Parts]) -> float:
    """Of answers that are spans."""
    bounds = np.array([(one["start"], one["end"]) for parts in answers for one in parts], dtype=np.int64).reshape(-1, 2)
    bounds = bounds[np.argsort(bounds[:, 0], kind="stable")]
    joint = _hanging_together(bounds)
    return (len(answers) + 1) * (
        2 * PAIR * overlaps(bounds) + JOIN * float((joint * np.minimum(joint, CLUSTERED)).sum())
    )


def overlaps(bounds: NDArray[np.int64]) -> int:
    """How many pairs of [start, end), in the order of their starts, have something in common."""
    starts, ends = bounds[:, 0], bounds[:, 1]
    return int((np.searchsorted(starts, ends, side="left") - np.arange(len(bounds)) - 1).clip(0).sum())


def regions(answers: Sequence[Parts], enough: float = np.inf) -> float:
    """Of answers that are regions; counting ends where it comes to more than `enough`."""
    found = [one["shape"] for parts in answers for one in parts]
    if len(found) > MOST_PARTS:
        return np.inf
    times, total = len(answers) + 1, 0.0
    for seconds in (len(found) ** 2 * PART, *_meeting(found), _fusing(found) / times):
        total += times * seconds
        if total > enough:
            break
    return total


def comparing(parts: Parts, enough: float = np.inf) -> float:
    """Of the regions of one answer with such as lie in the same places; counting ends beyond `enough`."""
    total = 0.0
    for seconds in _meeting([one["shape"] for one in parts]):
        total += seconds
        if total > enough:
            break
    return total


def _meeting(shapes: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """What the pairs of shapes of one kind cost that meet, some rows of their table at a time."""
    for kind in ("mask", "polygon", "polyline"):
        here = [shape for shape in shapes if shape["type"] == kind]
        if not here:
            continue
        sizes = np.array([len(shape["counts"] if kind == "mask" else shape["points"]) for shape in here], dtype=float)
        boxes = np.array([_corners(shape) for shape in here], dtype=float)
        within = vector_shapes.FAR if kind == "polyline" else 0.0
        rows, columns = [], []
        for start in range(0, len(here), ROWS):
            row, column = np.nonzero(vector_shapes.boxes_meet(boxes[start : start + ROWS], boxes, within))
            rows.append(row + start)
            columns.append(column)
            yield _pairs(kind, sizes[row + start], sizes[column])
        joint = _components(np.concatenate(rows), np.concatenate(columns), len(here))
        yield JOIN * float((joint * np.minimum(joint, CLUSTERED)).sum())


def _pairs(kind: str, first: Floats, second: Floats) -> float:
    sizes = float((first + second).sum())
    if kind == "mask":
        return PAIR * len(first) + CHARACTER * sizes
    return 10 * PAIR * len(first) + POINT[kind] * sizes


def _fusing(shapes: Sequence[Mapping[str, Any]]) -> float:
    areas = [np.prod(geometry.mask_box(shape)[2:]) / 1e6 for shape in shapes if shape["type"] == "mask"]
    return MEGAPIXEL * float(np.power(areas, GROWTH).sum()) if areas else 0.0


def _corners(shape: Mapping[str, Any]) -> list[float]:
    x, y, width, height = geometry.mask_box(shape) if shape["type"] == "mask" else vector_shapes.box_of(shape)
    return [x, y, x + width, y + height]


def _hanging_together(bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many hang together in each chain of spans, which are in the order of their starts."""
    if not len(bounds):
        return np.zeros(0, dtype=np.int64)
    reached = np.maximum.accumulate(bounds[:, 1])
    begins = np.flatnonzero(np.concatenate(([True], bounds[1:, 0] >= reached[:-1])))
    return np.diff(np.append(begins, len(bounds)))


def _components(rows: NDArray[np.int64], columns: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    _, part = scipy.sparse.csgraph.connected_components(
        scipy.sparse.coo_array((np.ones(len(rows), bool), (rows, columns)), (count, count)), directed=False
    )
    return np.bincount(part)
