"""regions_v1 on one image: which things are there, what they are, and their shapes fused.

The taskers of the image are asked, by what an estimate over all images said of them and by their standing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from projects.inference import geometry, vector_shapes
from projects.inference.boxes import CLOSENESS
from projects.inference.classification import estimate
from projects.inference.instance_level import LIKELY, Asked, Bools, ByParts, Judges, Labels, Merged, Told, Where
from projects.inference.masks import canonical, merge_shapes
from projects.inference.naming import Called
from projects.inference.outcome import Answer
from projects.inference.pieces import common_attributes, common_provenance
from projects.inference.regions import Cluster, edge_of, fuse_shapes, things_in

LEAST = 1e-3  # of a standing, so that a shape which nobody trusted drew is still a shape
IOU = 0.5  # from this overlap on, two regions are the same thing, unless a project says otherwise


def ask(answers: Sequence[Answer], thresholds: Mapping[str, Any], text: str) -> tuple[Bools, Sequence[Where]]:
    """Who drew which thing, whatever they called it; and as many places where nobody drew anything, and one more, as a
    text has them between its spans. Somebody drew each thing there is, so that without such places an invention looks
    as likely as a thing that most overlooked."""
    drawn = _said(_things(answers, thresholds), len(answers))
    return np.concatenate([drawn, np.zeros((len(drawn) + 1, len(answers)), dtype=bool)]), ()


def merge(answers: Sequence[Answer], judges: Judges, thresholds: Mapping[str, Any]) -> Merged:
    """The things that are likelier there than not, in canonical order."""
    found = _things(answers, thresholds)
    kept: list[tuple[dict[str, Any], float, Cluster]] = []
    missing: list[float] = []
    for one, there in zip(found, judges.chances(_said(found, len(answers))).tolist(), strict=True):
        label, sure = judges.name(one.who, [region["label"] for region in one.regions])
        region = _region(one, label, judges) if there > LIKELY else None
        if region is None:
            missing.append(there)
        else:
            kept.append((region, there * sure, one))
    kept.sort(key=lambda one: canonical(one[0]))
    regions = [{"id": f"r{n}", **region} for n, (region, *_) in enumerate(kept, start=1)]

    def edge(number: int) -> float | None:
        thing = kept[number][2]
        return edge_of([region["shape"] for region in thing.regions], _closeness(thing, judges))

    return Merged({"regions": regions}, np.array([right for _, right, _ in kept]), np.array(missing), edge)


def estimate_all(rows: Sequence[Asked], labels: Labels) -> Told:
    """By the worker models of classes."""
    return Told(estimate(labels.task, labels.worker, labels.said, labels.sizes, labels.known))


def called(answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[Called]]:
    """What each thing was called."""
    return [
        [(who, region["label"]) for who, region in zip(one.who, one.regions, strict=True)]
        for one in _things(answers, thresholds)
    ]


REGIONS = ByParts(ask, merge, estimate_all, called)


def _things(answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[Cluster]:
    return things_in(answers, float(thresholds.get("iou", IOU)))


def _said(found: Sequence[Cluster], answers: int) -> Bools:
    said = np.zeros((len(found), answers), dtype=bool)
    for row, one in zip(said, found, strict=True):
        row[one.who] = True
    return said


def _region(one: Cluster, label: str, judges: Judges) -> dict[str, Any] | None:
    """The thing as a region; None where what the shapes have in common is nothing."""
    alike = [region for region in one.regions if region["label"] == label]
    shapes = [region["shape"] for region in one.regions]
    shape = fuse_shapes(shapes, _closeness(one, judges))
    if _is_nothing(shape):
        shape = merge_shapes(shapes)
    if _is_nothing(shape):
        return None
    told = {"attributes": common_attributes(alike), "provenance": common_provenance(one.regions)}
    return {"label": label, "shape": shape, **told}


def _closeness(one: Cluster, judges: Judges) -> list[float]:
    """How far each who drew it is trusted with its shape."""
    return [max(judges.standings[who], LEAST) ** CLOSENESS for who in one.who]


def _is_nothing(shape: Mapping[str, Any]) -> bool:
    if shape["type"] == "mask":
        return geometry.mask_area(shape) == 0
    return shape["type"] == "box" and 0 in vector_shapes.box_of(shape)[2:]
