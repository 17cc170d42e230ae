"""How well a mask follows the edge of what people marked: boundary F, of masks told beside their overlap. Pure.

An edge's pixel is right where the other mask has an edge within a small way, .8 % of the image's diagonal (Martin,
Fowlkes and Malik, "Learning to Detect Natural Image Boundaries", 2004; as Perazzi and others, "A Benchmark Dataset and
Evaluation Methodology for Video Object Segmentation", 2016, take it for masks).
"""

import math

import numpy as np
import scipy

from assist.learning.figures import Kind, ratio

WITHIN = 0.008  # of the image's diagonal


def boundary_f(marked: np.ndarray, drawn: np.ndarray) -> float:
    """The harmonic mean of how much of either edge is near the other's, in [0, 1]; masks of one size [height, width].
    Nothing for nothing is 1."""
    if not marked.any() or not drawn.any():
        return float(marked.any() == drawn.any())
    reach = max(1, math.ceil(WITHIN * math.hypot(*marked.shape)))
    near = _window(marked | drawn, reach)
    first, second = _edge(marked[near]), _edge(drawn[near])
    right, found = (_near(own, other, reach) for own, other in ((second, first), (first, second)))
    return 2 * right * found / (right + found) if right + found else 0.0


def _window(both: np.ndarray, reach: int) -> tuple[slice, slice]:
    """What lies around them: the rest of a large image has no edge."""
    spans = [np.flatnonzero(both.any(axis)) for axis in (1, 0)]
    top, left = (slice(max(0, int(own[0]) - reach), int(own[-1]) + reach + 1) for own in spans)
    return top, left


def _edge(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask that touch what isn't in it; the image's edge is an edge too."""
    return mask & ~scipy.ndimage.binary_erosion(mask)


def _near(own: np.ndarray, other: np.ndarray, reach: int) -> float:
    """The share of an edge that has the other's within reach."""
    return float((scipy.ndimage.distance_transform_edt(~other)[own] <= reach).mean())


FIGURES = (Kind("boundary", ratio(sum, len)),)
