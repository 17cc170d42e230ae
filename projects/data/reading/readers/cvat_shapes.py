"""CVAT's shapes, in the words that its XML and its backups share: a kind, numbers, a turn in degrees."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from projects.data.reading.readers.marks import REGIONS, Marks, ellipse, turned_box
from projects.errors import Refused

MAX_POINTS = 100_000


def mark(
    marks: Marks,
    place: str,
    kind: str,
    label: str,
    numbers: Sequence[float],
    turn: float = 0,
    attributes: Mapping[str, Any] | None = None,
    score: float | None = None,
) -> None:
    """Mark a shape of CVAT's; what it can't become is told."""
    try:
        _mark(marks, place, kind, label, numbers, turn, dict(attributes or {}), score)
    except Refused as refused:
        marks.lose(refused.place or place, refused.code, refused.sentence)
    except (ValueError, IndexError, OverflowError, TypeError):
        marks.lose(place, "wrong-shape", "The coordinates are no such shape.")


def _mark(
    marks: Marks,
    place: str,
    kind: str,
    label: str,
    numbers: Sequence[float],
    turn: float,
    attributes: dict[str, Any],
    score: float | None,
) -> None:
    if kind == "points":
        visible = not attributes.pop("occluded", False)
        for at, (x, y) in enumerate(places(numbers)):
            where = place if len(numbers) == 2 else f"{place}, point {at + 1}"
            marks.region(where, label, {"type": "point", "x": x, "y": y, "visible": visible}, attributes, score)
    elif kind in ("box", "rectangle"):
        left, top, right, bottom = numbers
        marks.region(place, label, turned_box(left, top, right - left, bottom - top, turn), attributes, score)
    elif kind in ("polygon", "polyline"):
        marks.region(place, label, {"type": kind, "points": places(numbers)}, attributes, score)
    elif kind == "ellipse":
        x, y, across, down = numbers
        marks.region(place, label, ellipse(x, y, across, down, turn), attributes, score)
        marks.lose(place, "kept-as-polygon", "The ellipse is kept as a polygon.")
    elif kind == "mask":
        if marks.task_type == REGIONS:
            marks.mask(place, label, _pixels(marks, numbers), attributes, score)
        else:
            marks.region(place, label, {})
    else:
        raise Refused("There is no place here for a “%(kind)s”.", code="unknown-shape", kind=kind[:40])


def depth(z_order: object) -> float:
    """Where a shape lies: what has more lies on top, and so is drawn later; among equals the later one does."""
    try:
        found = float(str(z_order))
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def places(numbers: Sequence[float]) -> list[list[float]]:
    """Numbers in a row as places. Raises Refused."""
    if len(numbers) % 2 or not numbers or len(numbers) > 2 * MAX_POINTS:
        raise Refused("Places are an even number of numbers.", code="wrong-shape")
    return [[numbers[at], numbers[at + 1]] for at in range(0, len(numbers), 2)]


def _pixels(marks: Marks, numbers: Sequence[float]) -> np.ndarray:
    """The pixels of a mask: run lengths row by row within a box, whose corners come last, both of them in it."""
    runs, (left, top, right, bottom) = [int(one) for one in numbers[:-4]], (int(one) for one in numbers[-4:])
    width, height = right - left + 1, bottom - top + 1
    if left < 0 or top < 0 or width < 1 or height < 1 or right >= marks.width or bottom >= marks.height:
        raise Refused("The mask reaches out of the image.", code="wrong-mask-size")
    if min(runs, default=-1) < 0 or max(runs) > width * height or sum(runs) != width * height:
        text = "The mask covers %(total)s pixels; its box has %(pixels)s."
        raise Refused(text, code="malformed-mask", total=sum(runs), pixels=width * height)
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    pixels = np.zeros((marks.height, marks.width), dtype=bool)
    pixels[top : bottom + 1, left : right + 1] = inside
    return pixels
