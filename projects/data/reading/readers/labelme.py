"""LabelMe's JSON: a file for each picture, which may hold the picture itself."""

import base64
import binascii
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from projects.data.connectors.files import Files
from projects.data.limits import MAX_TEXT_BYTES
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import after
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import labelled, size_of
from projects.data.reading.readers.listing import heads, text_of
from projects.data.reading.readers.marks import REGIONS, Marks, ellipse
from projects.data.reading.readers.mask_files import numbers_of
from projects.data.reading.readers.picture_files import Inside, stem
from projects.data.reading.readers.sidecars import sidecars
from projects.data.reading.rows import Item, Said
from projects.errors import Refused

ENDINGS = (".json",)
KNOWN = {"label", "points", "shape_type", "flags", "group_id", "description", "mask", "attributes"}
MAX_FILE = MAX_TEXT_BYTES  # with the picture inside


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each JSON file, then one for each picture without."""
    names = partial(_picture_named, files)
    return after(sidecars(files, _is_label, partial(_row, files, reading.task_type), names), reading.skip)


def _is_label(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def _told(files: Files, name: str) -> dict[str, Any]:
    told = loads(text_of(files, name, MAX_FILE))
    if not isinstance(told, dict) or not isinstance(told.get("shapes"), list):
        raise Refused("This JSON is no LabelMe annotation.", code="not-read")
    return told


def _picture_named(files: Files, name: str) -> str:
    called = _told(files, name).get("imagePath")
    return called.replace("\\", "/") if isinstance(called, str) else ""


def _row(files: Files, task_type: str, name: str, picture: str | None) -> Item:
    told = _told(files, name)
    path = told.get("imagePath")
    called = path if isinstance(path, str) else ""
    inside = told.get("imageData")
    if picture is None and isinstance(inside, str) and inside:
        picture = called.replace("\\", "/").rpartition("/")[2] or stem(name)
        try:
            files = Inside(picture, base64.b64decode(inside, validate=True))
        except (binascii.Error, ValueError):
            raise Refused("The picture inside is damaged.", code="truncated-image", place="imageData") from None
    size = size_of(told.get("imageWidth"), told.get("imageHeight"))
    mark, id = partial(_mark, told), told.get("external_id")
    return labelled(files, task_type, picture, called or stem(name), mark, size=size, external_id=id)


def _mark(told: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    for index, shape in enumerate(told["shapes"]):
        place = f"shapes[{index}]"
        if not isinstance(shape, dict):
            marks.lose(place, "wrong-shape", "A shape is an object.")
            continue
        try:
            _shape(marks, shape, place)
        except Refused as refused:
            marks.lose(refused.place or place, refused.code, refused.sentence)
        except (TypeError, ValueError, IndexError, KeyError, OverflowError):
            marks.lose(place, "wrong-shape", "The coordinates are no such shape.")
    flags = told.get("flags")
    for name, on in flags.items() if isinstance(flags, dict) else ():
        if on is True:
            marks.choose(f"flags.{name}", name, kind="multiple")
    return marks.said()


def _tell_unknown(marks: Marks, shape: dict[str, Any], place: str) -> None:
    for name in shape.keys() - KNOWN:
        marks.lose(f"{place}.{str(name)[:60]}", "unknown-field", "This field isn't kept.")


def _shape(marks: Marks, shape: dict[str, Any], place: str) -> None:
    kind, points, label = shape.get("shape_type", "polygon"), shape.get("points"), shape.get("label")
    attributes = _attributes(shape)
    _tell_unknown(marks, shape, place)
    if not isinstance(points, list):
        raise Refused("A shape has points.", code="wrong-shape")
    if kind == "mask":
        if marks.task_type == REGIONS:
            marks.mask(place, label, _mask(marks, shape, points), attributes)
        return
    if kind == "points":
        for at, (x, y) in enumerate(points):
            marks.region(f"{place}.points[{at}]", label, {"type": "point", "x": x, "y": y}, attributes)
        return
    made = _made(kind, points)
    if made is None:
        raise Refused("There is no place here for a “%(kind)s”.", code="unknown-shape", kind=str(kind)[:40])
    if kind == "circle":
        marks.lose(place, "kept-as-polygon", "The circle is kept as a polygon.")
    marks.region(place, label, made, attributes)


def _attributes(shape: dict[str, Any]) -> dict[str, Any]:
    flags = shape.get("flags")
    found = {str(name): value for name, value in flags.items()} if isinstance(flags, dict) else {}
    more = shape.get("attributes")  # as Tandem writes them
    found |= {str(name): value for name, value in more.items()} if isinstance(more, dict) else {}
    for name, key in (("group_id", "group"), ("description", "description")):
        if shape.get(name) not in (None, ""):
            found[key] = shape[name]
    return found


def _made(kind: str, points: list[Any]) -> dict[str, Any] | None:
    if kind == "rectangle":
        xs, ys = [one[0] for one in points[:4]], [one[1] for one in points[:4]]
        left, top = min(xs), min(ys)
        return {"type": "box", "x": left, "y": top, "width": max(xs) - left, "height": max(ys) - top}
    if kind == "circle":
        (x, y), (a, b) = points
        radius = ((x - a) ** 2 + (y - b) ** 2) ** 0.5
        return ellipse(x, y, radius, radius)
    if kind == "point":
        ((x, y),) = points
        return {"type": "point", "x": x, "y": y}
    kinds = {"polygon": "polygon", "oriented_rectangle": "polygon", "line": "polyline", "linestrip": "polyline"}
    return {"type": kinds[kind], "points": [list(one) for one in points]} if kind in kinds else None


def _mask(marks: Marks, shape: dict[str, Any], points: list[Any]) -> Any:
    """The pixels of a mask that is a picture of its own, laid where its first corner says."""
    try:
        small = numbers_of(base64.b64decode(str(shape.get("mask")), validate=True)) > 0
    except (binascii.Error, ValueError):
        raise Refused("The mask is damaged.", code="malformed-mask") from None
    left, top = (int(round(one)) for one in points[0])
    height, width = small.shape[:2]
    if small.ndim != 2 or not (0 <= left <= marks.width - width and 0 <= top <= marks.height - height):
        raise Refused("The mask reaches out of the image.", code="wrong-mask-size")
    pixels = np.zeros((marks.height, marks.width), dtype=bool)
    pixels[top : top + height, left : left + width] = small
    return pixels


def _recognises(files: Files) -> bool:
    return any(b'"shapes"' in found and b'"imagePath"' in found or _shaped(found) for found in heads(files, ENDINGS))


def _shaped(found: bytes) -> bool:
    return b'"shapes"' in found and b'"shape_type"' in found


FORMAT = ImportFormat(
    key="labelme",
    title="LabelMe (JSON)",
    note="Polygons, boxes, lines, points and masks; circles become polygons, flags of a picture its classes.",
    task_types=("image_regions", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
