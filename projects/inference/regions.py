"""regions_v1: what is really in each image, from region answers on many images.

Instances of one image are matched over all its taskers; whether a matched thing exists, and what it is,
are two questions to `classification`: every tasker who answered the image said "there" or "not there" of
each thing, and who saw it said its label. So a tasker who misses much weighs little when missing. Shapes
are fused by `masks` and `boxes`, weighted by how close each tasker is to the others in general.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.inference import arguments, deadline, vector_shapes
from projects.inference.agreement import shape_ious
from projects.inference.boxes import CLOSENESS, fuse_boxes, fuse_points
from projects.inference.classification import estimate
from projects.inference.curves import fuse_lines, fuse_polygons
from projects.inference.masks import canonical, edge_doubt, fused_mask, with_shapes
from projects.inference.matching import cluster

# A tasker's mean closeness is shrunk to the crowd's as if this many shapes had been seen besides.
TRUST_PRIOR = 4.0


@dataclass(frozen=True)
class Thing:
    """One matched thing of one image: its fused `shape`, most probable `label`, the probability that it
    `exists` and that the label is right, and who drew it (tasker, index of the region)."""

    shape: dict[str, Any]
    label: str
    exists: float
    label_confidence: float
    drawn_by: list[tuple[Hashable, int]]


@dataclass(frozen=True)
class ImageEstimate:
    """All things ever drawn in an image. `confidence` is the agreement (2 × matched / sizes) with the
    truth to be expected of the `kept` ones."""

    things: list[Thing]
    confidence: float

    @property
    def kept(self) -> list[Thing]:
        return [thing for thing in self.things if thing.exists > 0.5]


@dataclass
class Cluster:
    """What was drawn of one thing: by whom (tasker, index of the region), and the regions."""

    image: int
    members: list[tuple[Hashable, int]]
    regions: list[Mapping[str, Any]]


def infer_regions(images: Sequence[Mapping[Hashable, Mapping[str, Any]]], iou: float = 0.5) -> list[ImageEstimate]:
    """Estimate all images together. `images[i]` maps tasker → image_regions answer; shapes of one thing
    must be of one kind. Instances match, whatever their label, at IoU ≥ `iou`."""
    arguments.chance("iou", iou)
    taskers = sorted({who for image in images for who in image}, key=repr)
    clusters = [one for i, image in enumerate(images) for one in things_in(i, image, iou)]
    if not clusters:
        return [ImageEstimate([], 1.0 if image else 0.0) for image in images]
    exists = _existence(clusters, images, taskers)
    labels, confidences = _labels(clusters, taskers)
    trust = _trust(clusters, taskers)
    things: list[list[Thing]] = [[] for _ in images]
    for n, one in enumerate(clusters):
        weights = [trust[who] for who, _ in one.members]
        shape = fuse_shapes([region["shape"] for region in one.regions], weights)
        things[one.image].append(Thing(shape, labels[n], float(exists[n]), float(confidences[n]), one.members))
    return [ImageEstimate(found, _expected_agreement(found)) for found in things]


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


def things_in(image: int, answers: Mapping[Hashable, Mapping[str, Any]], iou: float) -> list[Cluster]:
    """The things of one image: matched, whatever their label, at IoU ≥ `iou`."""
    drawn = [
        (who, n, region, shape)
        for who, answer in answers.items()
        for n, (region, shape) in enumerate(with_shapes(answer))
    ]
    drawn.sort(key=lambda item: (canonical(item[2]), repr(item[0])))
    shapes = [shape for *_, shape in drawn]
    owners = {who: n for n, who in enumerate(answers)}
    groups = cluster(shape_ious(shapes, shapes), [owners[who] for who, *_ in drawn], iou)
    found = []
    for group in groups:
        members = [(drawn[i][0], drawn[i][1]) for i in group]
        found.append(Cluster(image, members, [drawn[i][2] for i in group]))
    return found


def _existence(
    clusters: Sequence[Cluster], images: Sequence[Mapping[Hashable, Any]], taskers: Sequence[Hashable]
) -> NDArray[np.float64]:
    number = {who: n for n, who in enumerate(taskers)}
    triples = [
        (n, number[who], int(who in dict(one.members))) for n, one in enumerate(clusters) for who in images[one.image]
    ]
    task, worker, said = np.array(triples).T
    return estimate(task, worker, said, (len(clusters), len(taskers), 2)).posterior[:, 1]


def _labels(clusters: Sequence[Cluster], taskers: Sequence[Hashable]) -> tuple[list[str], NDArray[np.float64]]:
    names = sorted({region["label"] for one in clusters for region in one.regions})
    number = {who: n for n, who in enumerate(taskers)}
    triples = [
        (n, number[who], names.index(region["label"]))
        for n, one in enumerate(clusters)
        for (who, _), region in zip(one.members, one.regions, strict=True)
    ]
    task, worker, said = np.array(triples).T
    result = estimate(task, worker, said, (len(clusters), len(taskers), len(names)))
    return [names[k] for k in result.answer], result.confidence


def _trust(clusters: Sequence[Cluster], taskers: Sequence[Hashable]) -> dict[Hashable, float]:
    """How close each tasker's shapes are to the others' of the same thing, on the whole, shrunk."""
    total, count = dict.fromkeys(taskers, 0.0), dict.fromkeys(taskers, 0)
    for one in clusters:
        if len(one.members) < 2:
            continue
        shapes = [region["shape"] for region in one.regions]
        table = shape_ious(shapes, shapes)
        means = (table.sum(1) - np.diag(table)) / (len(shapes) - 1)
        for (who, _), mean in zip(one.members, means, strict=True):
            total[who] += float(mean)
            count[who] += 1
    seen = sum(count.values())
    accuracy_model = sum(total.values()) / seen if seen else 0.5
    shrunk = {who: (total[who] + TRUST_PRIOR * accuracy_model) / (count[who] + TRUST_PRIOR) for who in taskers}
    return {who: max(value, 1e-3) ** CLOSENESS for who, value in shrunk.items()}


def _expected_agreement(things: Sequence[Thing]) -> float:
    kept = [thing.exists * thing.label_confidence for thing in things if thing.exists > 0.5]
    size = len(kept) + sum(thing.exists for thing in things)
    return 2 * sum(kept) / size if size else 1.0
