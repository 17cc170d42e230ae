"""Regions that have an area, as models are asked for them and judged by them. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from projects.inference.geometry import mask_box, mask_from_polygon
from projects.inference.vector_shapes import box_of

AREAS = {"box", "mask", "polygon"}  # shapes that a box can be drawn around


def as_mask(shape: Mapping[str, Any], height: int, width: int) -> Mapping[str, Any] | None:
    """A region that has an area, as a mask."""
    if shape["type"] == "mask":
        return shape
    if shape["type"] == "polygon":
        return mask_from_polygon(shape["points"], height, width)
    return None


def as_box(shape: Mapping[str, Any]) -> tuple[float, ...] | None:
    """The tight x, y, width, height around a region that has an area."""
    if shape["type"] not in AREAS:
        return None
    found = mask_box(shape) if shape["type"] == "mask" else box_of(shape)
    return tuple(map(float, found)) if found[2] and found[3] else None


def middle(bitmap: np.ndarray) -> tuple[float, float]:
    """The pixel that lies deepest inside: x, y."""
    depth = depth_of(bitmap)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(x) + 0.5, float(y) + 0.5


def depth_of(bitmap: np.ndarray) -> np.ndarray:
    """How far each pixel lies inside, from 0; the image's edge is an edge too."""
    return scipy.ndimage.distance_transform_edt(np.pad(bitmap, 1))[1:-1, 1:-1]
