"""Label Studio's results about a picture. Places are in hundredths of its sides; what has one id is one region."""

import math
from collections.abc import Mapping
from typing import Any

from projects.data.reading.readers.brush_rle import painted
from projects.data.reading.readers.label_studio_results import Group, classes, grouped
from projects.data.reading.readers.marks import REGIONS, Marks, ellipse
from projects.errors import Refused
from taskers.errors import sentence

GEOMETRY = ("x", "points", "rle", "vertices")


def mark(marks: Marks, results: list[Any], at: str) -> None:
    """Mark what the results of one answer say."""
    for group in grouped(results, at, marks.lose):
        if group.value.keys() & set(GEOMETRY):
            try:
                _region(marks, group)
            except Refused as refused:
                marks.lose(refused.place or group.place, refused.code, refused.sentence)
            except (TypeError, ValueError, KeyError, IndexError, OverflowError):
                marks.lose(group.place, "wrong-shape", "The coordinates are no such shape.")
        elif group.pair is not None:
            marks.lose(group.place, "no-place", "There is no place here for which of two is better.")
        elif group.other:
            marks.lose(group.place, "no-place", sentence("There is no place here for a “%(what)s”.", what=group.other))
        else:
            for field, value, kind in classes(group, marks.lose):
                _class(marks, group.place, field, value, kind)


def _class(marks: Marks, place: str, field: str, value: Any, kind: str) -> None:
    for one in value if isinstance(value, list) else [value]:
        marks.choose(place, one, field, kind or ("choice" if isinstance(one, str) else "number"))


def _region(marks: Marks, group: Group) -> None:
    given = group.value
    if group.turned:
        marks.lose(group.place, "turned-image", "The picture was turned in the editor: the region may not fit.")
    if not group.labels:
        raise Refused("The region has no label.", code="no-label", place=group.place)
    for label in group.labels:
        if "rle" in given:
            if marks.task_type == REGIONS:
                marks.mask(group.place, label, painted(given["rle"], marks.height, marks.width), group.attributes)
            else:
                marks.region(group.place, label, {})
            continue
        shape = _shape(marks, group.kind, given)
        if shape["type"] == "polygon" and "radiusX" in given:
            marks.lose(group.place, "kept-as-polygon", "The ellipse is kept as a polygon.")
        marks.region(group.place, label, shape, group.attributes, group.score)


def _shape(marks: Marks, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if "points" in given:
        kind = "polygon" if given.get("closed", True) else "polyline"
        return {"type": kind, "points": [_place(marks, x, y) for x, y in given["points"]]}
    if "vertices" in given:
        kind = "polygon" if given.get("closed") else "polyline"
        return {"type": kind, "points": [_place(marks, one["x"], one["y"]) for one in given["vertices"]]}
    x, y = _place(marks, given["x"], given["y"])
    if "radiusX" in given:
        across, down = _place(marks, given["radiusX"], given["radiusY"])
        return ellipse(x, y, across, down, given.get("rotation") or 0)
    if kind.startswith("keypoint"):
        return {"type": "point", "x": x, "y": y, "visible": given.get("hidden") is not True}
    width, height = _place(marks, given["width"], given["height"])
    return _turned(x, y, width, height, given.get("rotation") or 0)


def _turned(x: float, y: float, width: float, height: float, degrees: float) -> dict[str, Any]:
    """A box turned around its upper left corner, as Label Studio turns it."""
    if not degrees % 360:
        return {"type": "box", "x": x, "y": y, "width": width, "height": height}
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return {"type": "polygon", "points": [[x + a * cosine - b * sine, y + a * sine + b * cosine] for a, b in corners]}


def _place(marks: Marks, x: float, y: float) -> list[float]:
    return [x / 100 * marks.width, y / 100 * marks.height]
