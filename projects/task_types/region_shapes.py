"""The shapes that a region may have, each checked and made canonical. Coordinates are image pixels from the upper
left corner, in hundredths at the finest.

    {"type": "mask", "size": [height, width], "counts": COCO's compressed run lengths}
    {"type": "box", "x", "y", "width", "height"}
    {"type": "polygon", "points": [[x, y], …]}    closed, at least three corners, never crossing itself
    {"type": "polyline", "points": [[x, y], …]}   open, at least two places
    {"type": "point", "x", "y", "visible"?}       a keypoint; hidden ones (visible: false) are behind something
"""

import math
from collections.abc import Callable
from typing import Any

from projects.errors import Refused
from projects.inference import vector_shapes
from projects.task_types import shape as check
from projects.task_types.protocol import Payload
from projects.task_types.rle import check_mask
from taskers.errors import Word

MAX_SIDE = 32_768
MAX_COUNTS = 8_000_000  # characters in one mask; a checkerboard of 4 megapixels
MAX_POINTS = 2_000  # of one polygon or line

Shape = dict[str, Any]


def mask(value: dict, payload: Payload, place: str) -> Shape:
    """A mask over the whole image; the same pixels give the same string."""
    check.an_object(value, place, ("type", "size", "counts"))
    size = check.a_list(value["size"], f"{place}.size", 2, "wrong-shape")
    if len(size) != 2:
        raise Refused("A size is [height, width].", code="wrong-shape", place=f"{place}.size")
    height, width = (check.an_integer(side, f"{place}.size[{index}]", 1, MAX_SIDE) for index, side in enumerate(size))
    if (height, width) != (payload["height"], payload["width"]):
        raise Refused(
            "The mask is for an image of %(width)s × %(height)s; this image is %(image_width)s × %(image_height)s.",
            code="wrong-mask-size",
            place=f"{place}.size",
            width=width,
            height=height,
            image_width=payload["width"],
            image_height=payload["height"],
        )
    counts = check.a_text(value["counts"], f"{place}.counts", MAX_COUNTS, blank=True)
    return {
        "type": "mask",
        "size": [height, width],
        "counts": check_mask(counts, height, width, f"{place}.counts"),
    }


def box(value: dict, payload: Payload, place: str) -> Shape:
    """A box that lies in the image and has an area."""
    check.an_object(value, place, ("type", "x", "y", "width", "height"))
    x, y = _at(value, payload, place)
    width = _number(value["width"], f"{place}.width", payload["width"] - x)
    height = _number(value["height"], f"{place}.height", payload["height"] - y)
    if not width or not height:
        raise Refused("The box has no area.", code="empty-shape", place=place)
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}


def polygon(value: dict, payload: Payload, place: str) -> Shape:
    """A ring of corners. Canonical: clockwise on the screen from the corner furthest left (then up)."""
    points = _points(value, payload, place)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise Refused("A polygon has at least three corners.", code="too-few-points", place=f"{place}.points")
    if vector_shapes.crosses_itself(points):
        raise Refused("The polygon crosses or touches itself.", code="crossing-polygon", place=f"{place}.points")
    area = vector_shapes.ring_area(points)
    if not area:
        raise Refused("The polygon has no area.", code="empty-shape", place=f"{place}.points")
    turned = points if area > 0 else points[::-1]
    first = turned.index(min(turned))
    return {"type": "polygon", "points": turned[first:] + turned[:first]}


def polyline(value: dict, payload: Payload, place: str) -> Shape:
    """A line through places, in the direction it was drawn."""
    points = _points(value, payload, place)
    if len(points) < 2:
        raise Refused("A line has at least two places.", code="too-few-points", place=f"{place}.points")
    return {"type": "polyline", "points": points}


def point(value: dict, payload: Payload, place: str) -> Shape:
    """A keypoint, in sight unless it says otherwise."""
    check.an_object(value, place, ("type", "x", "y"), ("visible",))
    x, y = _at(value, payload, place)
    visible = value.get("visible", True)
    if not isinstance(visible, bool):
        raise Refused(
            "Expected true or false here, found %(found)s.",
            code="wrong-shape",
            place=f"{place}.visible",
            found=check.kind(visible),
        )
    return {"type": "point", "x": x, "y": y, "visible": visible}


SHAPES: dict[str, Callable[[dict, Payload, str], Shape]] = {
    "mask": mask,
    "box": box,
    "polygon": polygon,
    "polyline": polyline,
    "point": point,
}


def _points(value: dict, payload: Payload, place: str) -> list[list[float]]:
    """The places of a line in the image, without one that only says the last one again."""
    check.an_object(value, place, ("type", "points"))
    found: list[list[float]] = []
    for index, one in enumerate(check.a_list(value["points"], f"{place}.points", MAX_POINTS, "too-many-points")):
        at = f"{place}.points[{index}]"
        if not isinstance(one, list) or len(one) != 2:
            raise Refused("A place is [x, y].", code="wrong-shape", place=at)
        here = [_number(one[0], f"{at}[0]", payload["width"]), _number(one[1], f"{at}[1]", payload["height"])]
        if not found or found[-1] != here:
            found.append(here)
    return found


def _at(value: dict, payload: Payload, place: str) -> tuple[float, float]:
    return _number(value["x"], f"{place}.x", payload["width"]), _number(value["y"], f"{place}.y", payload["height"])


def _number(value: object, place: str, high: float) -> float:
    """A coordinate in [0, high], to a hundredth of a pixel. What JSON's readers make of NaN is refused."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(
            "Expected a number here, found %(found)s.", code="wrong-shape", place=place, found=check.kind(value)
        )
    if not math.isfinite(value):
        raise Refused("Infinity and NaN are no places.", code="not-a-number", place=place)
    # Rounding may carry a place at the very edge a hair over it.
    if not -0.005 <= value <= high + 0.005:
        shown = vector_shapes.tidy(value) if abs(value) < 10**12 else Word("a number with too many digits")
        raise Refused(
            "Expected a number from 0 to %(high)s, found %(shown)s.",
            code="out-of-range",
            place=place,
            high=vector_shapes.tidy(high),
            shown=shown,
        )
    return min(max(vector_shapes.tidy(value), 0), vector_shapes.tidy(high))
