"""One box, and one set of keypoints, from several people's.

Each edge is the weighted median of the people's edges, by how far they are trusted: robust against the one
box that took the neighbour in too, and the plain median where all are trusted alike. A place a little on the
inner side of the middle and weights by closeness to the others are better on one half of BU-BIL and worse on
the other, see docs/truth.md. Keypoints are the weighted geometric median (Weiszfeld 1937).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from projects.inference import arguments, geometry

Floats = NDArray[np.float64]

# Power of the mean IoU with the others that makes a person's weight where masks are fused. Chosen by
# leave-one-set-out over the sets of BU-BIL, see docs/truth.md.
CLOSENESS = 2.0


@dataclass(frozen=True)
class FusedBox:
    """`box` [x, y, w, h]; `spread` is the weighted mean deviation of the four edges from it, in pixels
    (how unsure it is); `closeness[i]` the IoU of box i with the fusion of the others, None when alone."""

    box: list[float]
    spread: float
    closeness: list[float | None]


def fuse_boxes(boxes: ArrayLike, trust: Sequence[float] | None = None) -> FusedBox:
    """Fuse boxes of one thing, one per person. `trust` are weights not below zero, equal by default.

    BadArgument for no box, a negative size or a number that is not finite.
    """
    given = np.asarray(boxes, dtype=float)
    if not given.size:
        raise arguments.BadArgument("boxes", "there is no box to fuse")
    if given.ndim not in (1, 2) or given.shape[-1] != 4 or not np.isfinite(given).all() or (given[..., 2:] < 0).any():
        raise arguments.BadArgument("boxes", "each must be four finite numbers, width and height not below zero")
    given = given.reshape(-1, 4)
    belief = arguments.weights("trust", trust, len(given))
    box = _fuse(given, belief)
    if len(given) == 1:
        return FusedBox(box.tolist(), 0.0, [None])
    edges, middle = _edges(given), _edges(box[None])[0]
    spread = float(belief @ np.abs(edges - middle).mean(1) / belief.sum())
    left_out = [np.delete(np.arange(len(given)), i) for i in range(len(given))]
    others = [_fuse(given[keep], belief[keep] if belief[keep].any() else np.ones(len(keep))) for keep in left_out]
    alike = [float(geometry.box_ious(given[[i]], other[None])[0, 0]) for i, other in enumerate(others)]
    return FusedBox(box.tolist(), spread, list(alike))


def closeness_weights(similarity: Floats, trust: Floats) -> Floats:
    """Weights summing to 1 from the table of IoUs: (mean IoU with the others)^CLOSENESS × trust; plain
    trust where nobody is near anybody or somebody is alone. BadArgument for weights that are not."""
    count = len(similarity)
    trust = arguments.weights("trust", trust, count)
    if np.shape(similarity) != (count, count):
        raise arguments.BadArgument("similarity", f"the table must be square, not {np.shape(similarity)}")
    if count > 1:
        mean = (similarity.sum(1) - np.diag(similarity)) / (count - 1)
        weights = mean**CLOSENESS * trust
        if weights.sum() > 0:
            return weights / weights.sum()
    return trust / trust.sum()


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """The value below which `share` of the weight lies, between neighbours by straight line (the middle
    of each weight is where its value stands). BadArgument for no value, or a share outside [0, 1]."""
    values = arguments.finite("values", values)
    if not values.size:
        raise arguments.BadArgument("values", "there must be at least one")
    weights, share = arguments.weights("weights", weights, values.size), arguments.chance("share", share)
    order = np.lexsort((weights, values))
    total = weights[order].cumsum()
    return float(np.interp(share, (total - weights[order] / 2) / total[-1], values[order]))


def fuse_points(points: ArrayLike, weights: Sequence[float] | None = None) -> Floats:
    """The geometric median of (people, 2) points: half-way for two, unmoved by one far away.

    A point that somebody could not see is a row of NaN and is left out; all NaN gives NaN. BadArgument for a point at
    infinity, and for weights that are not.
    """
    given = np.asarray(points, dtype=float)
    if given.size and (given.ndim not in (1, 2) or given.shape[-1] != 2 or np.isinf(given).any()):
        raise arguments.BadArgument("points", "each must be two finite numbers, or NaN where nobody could see it")
    given = given.reshape(-1, 2)
    belief = arguments.weights("weights", weights, len(given))
    seen = np.isfinite(given).all(1)
    given, belief = given[seen], belief[seen]
    if len(given) and not belief.any():
        belief = np.ones(len(given))
    if not len(given):
        return np.full(2, np.nan)
    at = np.average(given, axis=0, weights=belief)
    for _ in range(200):
        pull = belief / np.maximum(np.hypot(*(given - at).T), 1e-6)
        moved = pull @ given / pull.sum()
        if np.abs(moved - at).max() < 1e-6:
            break
        at = moved
    return moved


def _fuse(boxes: Floats, trust: Floats) -> Floats:
    if len(boxes) == 1:
        return boxes[0]
    edges = _edges(boxes)
    x0, y0, x1, y1 = (weighted_quantile(edges[:, i], trust, 0.5) for i in range(4))
    x1, y1 = max(x0, x1), max(y0, y1)  # by a rounding at most: nobody's left edge lies right of their right one
    return np.array([x0, y0, x1 - x0, y1 - y0])


def _edges(boxes: Floats) -> Floats:
    return np.column_stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
