"""The things of one image: what several drew of each, matched whatever they call it, and one shape from theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.inference import arguments, deadline, vector_shapes
from projects.inference.agreement import shape_ious
from projects.inference.boxes import fuse_boxes, fuse_points
from projects.inference.curves import fuse_lines, fuse_polygons
from projects.inference.masks import canonical, edge_doubt, fused_mask, with_shapes
from projects.inference.matching import cluster


@dataclass(frozen=True)
class Cluster:
    """What was drawn of one thing: in which answers (number of the answer, index of the region), and the regions."""

    members: list[tuple[int, int]]
    regions: list[Mapping[str, Any]]

    @property
    def who(self) -> list[int]:
        """The answers that have it, in the order of the regions."""
        return [who for who, _ in self.members]


def fuse_shapes(shapes: Sequence[Mapping[str, Any]], trust: Sequence[float]) -> dict[str, Any]:
    """The fused shape of one thing: the place that knows the kinds of shape. BadArgument for none or a mixture, and for
    weights that are not."""
    deadline.check()
    kind = arguments.kinds("shapes", shapes, vector_shapes.LIKENESS.keys() | {"mask"})
    trust = arguments.weights("trust", trust, len(shapes)).tolist()
    if kind == "box":
        return vector_shapes.box(fuse_boxes([vector_shapes.box_of(shape) for shape in shapes], trust).box)
    if kind == "mask":
        return fused_mask(shapes, trust)
    if kind == "point":
        x, y = fuse_points([(shape["x"], shape["y"]) for shape in shapes], trust)
        return vector_shapes.median_point(shapes) | {
            "x": vector_shapes.tidy(float(x)),
            "y": vector_shapes.tidy(float(y)),
        }
    return _fuse_curves(shapes, np.asarray(trust, dtype=float))


def edge_of(shapes: Sequence[Mapping[str, Any]], trust: Sequence[float]) -> float | None:
    """How far the edge of one thing is in doubt, in pixels; None of what only one drew, or of curves and points.
    BadArgument for weights that are not."""
    arguments.weights("trust", trust, len(shapes))
    kinds = {shape["type"] for shape in shapes}
    if len(shapes) == 1:
        return None
    if kinds == {"box"}:
        return fuse_boxes([vector_shapes.box_of(shape) for shape in shapes], trust).spread
    return edge_doubt(shapes, trust) if kinds == {"mask"} else None


def _fuse_curves(shapes: Sequence[Mapping[str, Any]], trust: NDArray[np.float64]) -> dict[str, Any]:
    """Polygons or lines, fused; where nothing fused can be had, the one most like all."""
    central = vector_shapes.most_central(shapes, trust)
    if len(shapes) == 1:
        return central
    if central["type"] == "polyline":
        points = fuse_lines([shape["points"] for shape in shapes], list(shapes).index(central), trust)
        return {"type": "polyline", "points": _tidy(points)}
    drawn = [np.asarray(shape["points"], dtype=float) for shape in shapes]
    ring = fuse_polygons([shape["points"] for shape in shapes], shape_ious(shapes, shapes), trust)
    if ring is None:
        return central
    # A smoothed outline may reach a hair beyond what anybody drew, and so beyond the image.
    low, high = np.min([s.min(0) for s in drawn], axis=0), np.max([s.max(0) for s in drawn], axis=0)
    points = _apart(_tidy(np.clip(ring if vector_shapes.ring_area(ring) > 0 else ring[::-1], low, high).tolist()))
    if len(points) < 3 or vector_shapes.crosses_itself(points) or not vector_shapes.ring_area(points):
        return central
    first = points.index(min(points))
    return {"type": "polygon", "points": points[first:] + points[:first]}


def _apart(points: list[list[float]]) -> list[list[float]]:
    """Without places that only say the one before again."""
    return [point for n, point in enumerate(points) if point != points[n - 1]]


def _tidy(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[vector_shapes.tidy(value) for value in point] for point in points]


def things_in(answers: Sequence[Mapping[str, Any]], iou: float) -> list[Cluster]:
    """The things of one image: matched, whatever their label, at IoU ≥ `iou`."""
    drawn = [
        (who, n, region, shape)
        for who, answer in enumerate(answers)
        for n, (region, shape) in enumerate(with_shapes(answer))
    ]
    drawn.sort(key=lambda item: (canonical(item[2]), item[0]))
    shapes = [shape for *_, shape in drawn]
    groups = cluster(shape_ious(shapes, shapes), [who for who, *_ in drawn], iou)
    return [Cluster([drawn[i][:2] for i in group], [drawn[i][2] for i in group]) for group in groups]
