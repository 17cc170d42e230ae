"""What stands in a row of a Hugging Face dataset, thing by thing: boxes as detectors' datasets have them, and all that
Tandem's own export says of regions and spans."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.marks import REGIONS, Marks
from projects.data.reading.readers.mask_files import numbers_of
from projects.data.reading.readers.spans import Spans
from projects.errors import Refused

SPANS = "spans"  # the column in which Tandem's export has them
CLASSES = ("category", "label", "labels", "categories")
SAID = ("id", "label", "type", "bbox", "points", "rle", "mask", "polygons", "attributes", "visible", *CLASSES)
DERIVED = ("area", "bbox_id", "image_id")  # what follows from the rest
MAX_COLUMNS = 30  # of what is said of things


def region(marks: Marks, place: str, thing: Mapping[str, Any], label: str) -> None:
    """A box; or what Tandem's own export says of a thing besides it: its outline or mask, and attributes."""
    try:
        attributes = _attributes(marks, place, thing)
        shape = _shape(thing)
        if shape is None and marks.task_type == REGIONS:
            marks.mask(place, label, _painted(thing, marks), attributes)
        elif shape is not None:
            marks.region(place, label, shape, attributes, thing.get("score"))
    except Refused as refused:
        marks.lose(refused.place or place, refused.code, refused.sentence)
    except (TypeError, ValueError, KeyError, IndexError):
        marks.lose(place, "wrong-shape", "The coordinates are no such shape.")


def _attributes(marks: Marks, place: str, thing: Mapping[str, Any]) -> dict[str, Any]:
    told = thing.get("attributes")
    found = loads(told, f"{place}.attributes") if isinstance(told, str) and told else {}
    found = dict(found) if isinstance(found, dict) else {}
    for name, value in thing.items():
        if name in SAID or name in DERIVED or name == "score" or value is None:
            continue
        if isinstance(value, str | int | float | bool) and len(found) < MAX_COLUMNS:
            found.setdefault(str(name), value)
        else:
            marks.lose(f"{place}.{str(name)[:60]}", "unknown-field", "This field isn't kept.")
    return found


def _shape(thing: Mapping[str, Any]) -> dict[str, Any] | None:
    """A thing's shape, by its box where other columns aren't as Tandem's export has them; None for a mask that is
    painted. Raises Refused."""
    box, points, kind, painted = thing.get("bbox"), thing.get("points"), thing.get("type"), thing.get("mask")
    if thing.get("rle") and isinstance(thing["rle"], str):
        mask = loads(thing["rle"])
        return {"type": "mask", **mask} if isinstance(mask, dict) else {"type": "mask"}
    rings = thing.get("polygons")
    if isinstance(rings, list) and rings and all(map(_is_line, rings)):
        return {"type": "rings", "rings": rings}
    if isinstance(painted, Mapping) and (isinstance(painted.get("bytes"), bytes) or box is None):
        return None
    if kind in ("polygon", "polyline") and _is_line(points):
        return {"type": kind, "points": points}
    if kind == "point" and points and _is_line(points):
        return {"type": "point", "x": points[0][0], "y": points[0][1], "visible": thing.get("visible") is not False}
    if not isinstance(box, list) or len(box) != 4:
        raise Refused("A box is four numbers.", code="wrong-shape")
    x, y, width, height = box
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}


def _is_line(points: Any) -> bool:
    """Whether it is a list of places, each by two."""
    return isinstance(points, list) and bool(points) and all(isinstance(p, list) and len(p) == 2 for p in points)


def _painted(thing: Mapping[str, Any], marks: Marks) -> np.ndarray:
    """The pixels of a mask that is a picture of its own. Raises Refused."""
    data = thing["mask"].get("bytes")
    if not isinstance(data, bytes):
        raise Refused("The picture of the mask isn't in the row.", code="no-picture")
    found = numbers_of(data)
    if found.shape[:2] != (marks.height, marks.width):
        raise Refused("The mask has another size than the image.", code="wrong-mask-size")
    return (found if found.ndim == 2 else found.max(axis=2)) > 0


def names_in(inner: Any) -> list[str]:
    """The names of the classes that things in a picture have."""
    for name in CLASSES:
        feature = inner.get(name) if isinstance(inner, dict) else None
        while isinstance(feature, dict) and feature.get("_type") in ("Sequence", "List", "LargeList"):
            feature = feature.get("feature")
        if isinstance(feature, list) and feature:
            feature = feature[0]
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel":
            return list(feature.get("names") or ())
    return []


def things_in(things: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """What is in a picture, one thing after the other, with the number of its class."""
    if isinstance(things, Mapping):
        columns = {name: values for name, values in things.items() if isinstance(values, list)}
        for values in zip_longest(*columns.values()):
            one = dict(zip(columns, values, strict=True))
            yield one, _class(one)
        return
    for one in things if isinstance(things, list) else ():
        if isinstance(one, Mapping):
            yield one, _class(one)


def _class(one: Mapping[str, Any]) -> Any:
    return next((one[key] for key in CLASSES if one.get(key) is not None), None)


def mark_spans(spans: Spans, feature: Any, things: Any) -> None:
    """The spans that Tandem's own export has in a column."""
    names = names_in(feature)
    for index, (thing, label) in enumerate(things_in(things)):
        place = f"{SPANS}[{index}]"
        try:
            told = thing.get("attributes")
            attributes = loads(told) if told and isinstance(told, str) else told
        except Refused as refused:
            spans.lose(f"{place}.attributes", refused.code, refused.sentence)
            attributes = {}
        attributes = attributes if isinstance(attributes, dict) else {}
        spans.span(place, thing.get("start"), thing.get("end"), name_of(names, label), attributes)


def name_of(names: list[str], value: Any) -> str:
    """A class's name by its number; where there is none, the number."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names)
    return str(names[value]) if known else str(value)
