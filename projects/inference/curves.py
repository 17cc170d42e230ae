"""One polygon, and one line, from several people's.

Polygons: the trust-weighted vote per place, smoothed as for masks, and its outline where INNER of the trust is passed,
between the places by straight line (marching squares, Lorensen and Cline 1987). Lines: along the most central one, each
place is drawn to the geometric median of the nearest places of all lines, whatever their direction or their number of
corners. Both are robust means of coordinates, and what one wild hand drew moves them little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from skimage.measure import find_contours

from projects.inference import arguments
from projects.inference.boxes import fuse_points
from projects.inference.masks import INNER, smoothed_vote

Floats = NDArray[np.float64]
Points = Sequence[Sequence[float]]

# Places along the longer side of the window in which polygons are voted on.
GRID = 192
# A corner that moves the outline by less than this share of the window's side is left out.
FINEST = 0.003
# Places along a line that are drawn to the others.
ALONG = 48


def fuse_polygons(polygons: Sequence[Points], similarity: Floats, trust: ArrayLike) -> list[list[float]] | None:
    """The fused ring [[x, y], ...] of rings of one thing, one per person, with their table of IoUs. None where no place
    has enough trust, or the outline isn't simple: the caller then takes one that somebody drew. BadArgument for no
    ring, or weights that are not."""
    _check("polygons", polygons)
    trust = arguments.weights("trust", trust, len(polygons))
    shapes = [shapely.Polygon(points) for points in polygons]
    corners = np.concatenate([np.asarray(points, dtype=float) for points in polygons])
    low, side = corners.min(0), float(np.ptp(corners, axis=0).max())
    if side <= 0:
        return None
    step = side / GRID
    # Two empty places around the window, so that every outline closes.
    counts = np.ceil(np.ptp(corners, axis=0) / step).astype(int) + 4
    x, y = (low[axis] + (np.arange(counts[axis]) - 1.5) * step for axis in (0, 1))
    layers = np.stack([shapely.contains_xy(shape, *np.meshgrid(x, y)) for shape in shapes])
    vote = smoothed_vote(layers, similarity, trust)
    rings = find_contours(np.pad(vote, 1), INNER)
    if not rings:
        return None
    found = [shapely.Polygon((ring[:, ::-1] - 2.5) * step + low) for ring in rings if len(ring) > 3]
    best = shapely.simplify(max(found, key=lambda one: float(one.area)), FINEST * side)
    if best.is_empty or not best.is_valid or best.geom_type != "Polygon":
        return None
    return [[float(a), float(b)] for a, b in best.exterior.coords[:-1]]


def fuse_lines(lines: Sequence[Points], central: int, trust: ArrayLike) -> list[list[float]]:
    """The fused line of lines of one thing, one per person, in the direction of the one numbered `central`. BadArgument
    for no line, a number that there isn't, or weights that are not."""
    _check("lines", lines)
    arguments.indices("central", [central], len(lines))
    shapes: list[Any] = [shapely.LineString(points) for points in lines]
    weights = arguments.weights("trust", trust, len(lines)).tolist()
    places = shapely.line_interpolate_point(shapes[central], np.linspace(0, 1, ALONG), normalized=True)
    near = np.stack([
        shapely.get_coordinates(shapely.line_interpolate_point(line, shapely.line_locate_point(line, places)))
        for line in shapes
    ])  # fmt: skip
    fused = np.stack([fuse_points(near[:, n], weights) for n in range(ALONG)])
    line = shapely.simplify(shapely.LineString(fused), FINEST * max(float(np.ptp(fused, axis=0).max()), 1e-9))
    return [[float(a), float(b)] for a, b in line.coords]


def _check(name: str, shapes: Sequence[Points]) -> None:
    if not shapes:
        raise arguments.BadArgument(name, "there must be one at least")
    for points in shapes:
        arguments.finite(name, points)
