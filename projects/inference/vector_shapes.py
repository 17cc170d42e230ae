"""Boxes, polygons, lines and points of an image answer: how alike two are, and one that stands for several.

Shapes are as projects.task_types.region_shapes makes them. Masks are projects.inference.geometry's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from projects.inference import arguments, deadline, geometry
from projects.inference.geometry import Matrix

Shape = Mapping[str, Any]

# Pixels apart at which two lines on the whole, or two points of nothing that has a size, are half alike. The shapes say
# nothing of the size of their image, so this is a hand's care at the screen's scale.
NEAR = 12.0
# How far people's keypoints scatter, as a share of the object's size: the mean of the seventeen that COCO measured
# (Lin et al. 2014; its k is twice each of them).
KEYPOINT = 0.134
ALONE = NEAR / math.sqrt(2 * math.log(2))  # the reach at which two points that far apart are half alike
SAMPLES = 48  # places along a line at which it is compared
CROSSINGS = 100_000  # of sides of polygons, which are cut at one go: a second or two
FAR = 99 * NEAR  # pixels between the boxes of two lines from which on they are less than 1 % alike, which is nothing


def box_of(shape: Shape) -> list[float]:
    """The tight [x, y, width, height] around a box, polygon, line or point."""
    if shape["type"] == "box":
        return [shape["x"], shape["y"], shape["width"], shape["height"]]
    points = np.asarray(shape["points"] if "points" in shape else [[shape["x"], shape["y"]]], dtype=float)
    low, high = points.min(0), points.max(0)
    return [float(value) for value in (*low, *(high - low))]


def ring_area(points: Sequence[Sequence[float]]) -> float:
    """The signed area inside a closed ring of [x, y]: positive when it turns clockwise on a screen (y goes down)."""
    x, y = np.asarray(points, dtype=float).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def crosses_itself(points: Sequence[Sequence[float]]) -> bool:
    """Whether a ring of [x, y] meets itself anywhere but at its neighbouring corners."""
    return not shapely.LinearRing(points).is_simple


def box_likeness(first: Sequence[Shape], second: Sequence[Shape]) -> Matrix:
    """IoU of each box with each box."""
    return geometry.box_ious([box_of(one) for one in first], [box_of(one) for one in second])


def polygon_likeness(first: Sequence[Shape], second: Sequence[Shape]) -> Matrix:
    """IoU of each polygon with each polygon."""
    a = np.array([shapely.Polygon(one["points"]) for one in first], dtype=object)
    b = np.array([shapely.Polygon(one["points"]) for one in second], dtype=object)
    common = np.zeros((len(a), len(b)))
    rows, columns = np.nonzero(boxes_meet(shapely.bounds(a), shapely.bounds(b)))
    sides = shapely.get_num_coordinates(a)[rows] * shapely.get_num_coordinates(b)[columns]
    ends = np.cumsum(sides)
    for some in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(ends // CROSSINGS)) + 1):
        deadline.check()
        common[rows[some], columns[some]] = _common_areas(a[rows[some]], b[columns[some]])
    union = shapely.area(a)[:, None] + shapely.area(b)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def _common_areas(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """What each polygon has in common with its partner; to a pixel where their sides cross too often to be cut."""
    if len(first) == 1 and _sides_that_meet(first[0], second[0]) > CROSSINGS:
        return np.array([_common_pixels(first[0], second[0])], dtype=float)
    return shapely.area(shapely.intersection(first, second))


def _sides_that_meet(first: Any, second: Any) -> int:
    """How many pairs of sides may cross, by their boxes."""
    if len(first.exterior.coords) * len(second.exterior.coords) <= CROSSINGS:
        return 0
    a, b = (np.asarray(one.exterior.coords) for one in (first, second))
    sides = [shapely.linestrings(np.stack([places[:-1], places[1:]], axis=1)) for places in (a, b)]
    return shapely.STRtree(sides[0]).query(sides[1]).shape[1]


def _common_pixels(first: Any, second: Any) -> float:
    low = np.floor(np.maximum(first.bounds[:2], second.bounds[:2]))
    width, height = (np.ceil(np.minimum(first.bounds[2:], second.bounds[2:])) - low + 1).astype(int)
    drawn = [
        geometry.bitmap_from_mask(geometry.mask_from_polygon(np.asarray(one.exterior.coords) - low, height, width))
        for one in (first, second)
    ]
    return float(np.count_nonzero(drawn[0] & drawn[1]))


def line_likeness(first: Sequence[Shape], second: Sequence[Shape]) -> Matrix:
    """1 / (1 + d / NEAR), d the mean distance in pixels of places along either line from the other one; 0 for lines
    whose boxes are further than FAR apart."""
    a, b = (np.array([shapely.LineString(one["points"]) for one in shapes], dtype=object) for shapes in (first, second))
    out = np.zeros((len(a), len(b)))
    near = boxes_meet(shapely.bounds(a), shapely.bounds(b), FAR)
    along_a, along_b = (_places(lines) for lines in (a, b))
    for row, columns in enumerate(map(np.flatnonzero, near)):
        deadline.check()
        there = shapely.distance(along_a[row], b[columns][:, None]).mean(1)
        back = shapely.distance(along_b[columns], a[row]).mean(1)
        out[row, columns] = 1 / (1 + (there + back) / 2 / NEAR)
    return out


def boxes_meet(first: NDArray[np.float64], second: NDArray[np.float64], within: float = 0.0) -> NDArray[np.bool_]:
    """Whether each box (x0, y0, x1, y1) of `first` meets each of `second`, or comes so near."""
    a, b = (np.asarray(some, dtype=float).reshape(-1, 4) for some in (first, second))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return (low - high <= within).all(axis=2)


def point_likeness(first: Sequence[Shape], second: Sequence[Shape]) -> Matrix:
    """COCO's object keypoint similarity, exp(-d² / 2 reach²) with the distance d in pixels, of points that say their
    `reach` (see `with_reach`); of others as if they were ALONE. A hidden point is as good as one in sight."""
    a, b = (
        np.array([(one["x"], one["y"], one.get("reach", ALONE)) for one in shapes], dtype=float).reshape(-1, 3)
        for shapes in (first, second)
    )
    apart = np.square(a[:, None, :2] - b[None, :, :2]).sum(2)
    return np.exp(-apart / (2 * a[:, None, 2] * b[None, :, 2]))


def with_reach(shapes: Sequence[Shape]) -> list[Shape]:
    """The shapes of one answer, its points with the distance in pixels over which a hand wavers: KEYPOINT × the size of
    what they belong to. That is the smallest shape of the answer around the point; else the box around all points of
    the answer, taken for no thinner than a quarter of its length; a single point with nothing around it says nothing.
    """
    points = [shape for shape in shapes if shape["type"] == "point"]
    if not points:
        return list(shapes)
    around = sorted((box for shape in shapes if (box := _frame(shape))), key=lambda box: box[2] * box[3])
    low, high = (pick([(one["x"], one["y"]) for one in points], axis=0) for pick in (np.min, np.max))
    wide, tall = (float(side) for side in high - low)
    body = max(wide * tall, max(wide, tall) ** 2 / 4)
    return [_reaching(shape, around, body) if shape["type"] == "point" else shape for shape in shapes]


def _frame(shape: Shape) -> list[float] | None:
    """The box around a shape that can hold points; None for one that can't."""
    if shape["type"] in ("box", "polygon"):
        return box_of(shape)
    if shape["type"] == "mask":
        return [float(side) for side in geometry.mask_box(shape)]
    return None


def _reaching(point: Shape, around: Sequence[Sequence[float]], body: float) -> Shape:
    x, y = point["x"], point["y"]
    held = next((w * h for left, top, w, h in around if left <= x <= left + w and top <= y <= top + h and w * h), body)
    return {**point, "reach": KEYPOINT * math.sqrt(held)} if held else point


LIKENESS: dict[str, Callable[[Sequence[Shape], Sequence[Shape]], Matrix]] = {
    "box": box_likeness,
    "polygon": polygon_likeness,
    "polyline": line_likeness,
    "point": point_likeness,
}


def median_box(shapes: Sequence[Shape]) -> dict[str, Any]:
    """The box whose sides each lie at the median of theirs."""
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in map(box_of, shapes)])
    x0, y0, x1, y1 = (float(value) for value in np.median(corners, axis=0))
    return box([x0, y0, x1 - x0, y1 - y0])


def median_point(shapes: Sequence[Shape]) -> dict[str, Any]:
    """The point at the median of their places, in sight if most say so."""
    x, y = (float(value) for value in np.median([(one["x"], one["y"]) for one in shapes], axis=0))
    seen = sum(1 if one.get("visible", True) else -1 for one in shapes)
    return {"type": "point", "x": tidy(x), "y": tidy(y), "visible": seen >= 0}


def most_central(shapes: Sequence[Shape], trust: NDArray[np.float64] | None = None) -> dict[str, Any]:
    """The polygon or line that is, weighed by trust, most like all of them: a shape that somebody did draw. BadArgument
    for none, a mixture, or weights that are not."""
    kind = arguments.kinds("shapes", shapes, LIKENESS)
    belief = arguments.weights("trust", trust, len(shapes))
    table = LIKENESS[kind](shapes, shapes)
    return dict(shapes[int(np.argmax(table @ belief))])


def box(sides: Sequence[float]) -> dict[str, Any]:
    """[x, y, width, height] as a shape."""
    x, y, width, height = (tidy(float(side)) for side in sides)
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}


def tidy(value: float) -> float | int:
    """A coordinate as answers hold it: hundredths of a pixel, whole ones without a point."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _places(lines: NDArray[Any]) -> NDArray[Any]:
    """Points along each line: (lines, SAMPLES)."""
    return shapely.line_interpolate_point(lines[:, None], np.linspace(0, 1, SAMPLES)[None], normalized=True)
