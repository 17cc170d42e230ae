"""LabelMe (the desktop tool): a JSON file for each picture, with the picture beside it."""

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import as_json
from projects.data.exporting.source import Source
from projects.inference import geometry

VERSION = "5.5.0"  # of the tool whose layout this is


def write(source: Source) -> Iterator[Entry]:
    """Pictures and their files by parts."""
    names = Names()
    for split in source.splits:
        folder = f"{split}/" if split else ""
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"{folder}{stem}{ending(one)}")
            yield Entry(f"{folder}{stem}.json", [_document(source, one, PurePosixPath(stem).name + ending(one))])


def _document(source: Source, one: Decided, name: str) -> bytes:
    said = {
        "version": VERSION,
        "flags": {},
        "shapes": [
            shape for at, region in enumerate(one.answer["regions"], start=1) for shape in _shapes(source, region, at)
        ],
        "imagePath": name,
        "imageData": None,
        "imageHeight": one.payload["height"],
        "imageWidth": one.payload["width"],
        "external_id": one.external_id,
    }
    return as_json(said)


def _shapes(source: Source, region: dict[str, Any], group: int) -> Iterator[dict[str, Any]]:
    """A region as its shapes; those of a mask in several parts are of one group."""
    found = list(_points(region["shape"], source.terms.masks))
    for kind, points, more in found:
        yield {
            "label": source.classes[region["label"]].name,
            "points": points,
            "group_id": group if len(found) > 1 else None,
            "description": "",
            "shape_type": kind,
            "flags": {name: value for name, value in region["attributes"].items() if isinstance(value, bool)},
            "mask": None,
            "attributes": region["attributes"],
        } | more


def _points(shape: dict[str, Any], masks: str) -> Iterator[tuple[str, list[list[float]], dict[str, Any]]]:
    if shape["type"] == "mask" and masks == "png":
        left, top, wide, tall = geometry.mask_box(shape)
        cut = geometry.bitmap_from_mask(shape)[top : top + tall, left : left + wide]
        corners = [[float(left), float(top)], [float(left + wide - 1), float(top + tall - 1)]]
        yield "mask", corners, {"mask": base64.b64encode(shapes.png(cut)).decode()}
    elif shape["type"] in ("mask", "polygon"):
        yield from (("polygon", ring, {}) for ring in shapes.rings(shape))
    elif shape["type"] == "box":
        x, y, width, height = shapes.box_of(shape)
        yield "rectangle", [[x, y], [x + width, y + height]], {}
    elif shape["type"] == "point":
        yield "point", [[shape["x"], shape["y"]]], {}
    else:
        yield "linestrip", shape["points"], {}


FORMAT = ExportFormat(
    key="labelme",
    title="LabelMe",
    note="A JSON file for each picture, as the desktop tool reads it; masks as polygons or as pictures in the file.",
    loses="Holes, and that they are masks, where masks go as polygons; whether a point is hidden; meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
    masks=("polygons", "png"),
)
