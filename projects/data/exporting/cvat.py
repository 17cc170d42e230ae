"""CVAT for images 1.1: one annotations.xml, and the pictures under images/.

The file begins with how many images it holds, which is known once they are written: they wait in a temporary file.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.markup import number, quoted, text
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source
from projects.inference import geometry

SPOOLED = 8 * 1024 * 1024


def write(source: Source) -> Iterator[Entry]:
    """The pictures, and then the one file about them; the part that a picture is in is its subset."""
    names, count = Names(), 0
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
        for split in source.splits:
            for one in source.tasks(split):
                name = f"{names.stem(one)}{ending(one)}"
                yield from pictures.entry(one, f"images/{name}")
                spool.write(image(source, one, count, name, split).encode())
                count += 1
        yield Entry("annotations.xml", _document(source, count, pieces_of(spool)))


def _document(source: Source, count: int, images: Iterable[bytes]) -> Iterator[bytes]:
    labels = "".join(
        f"<label><name>{text(one.name)}</name><color>{one.colour}</color><type>any</type><attributes>{asked}</attributes>"
        "</label>"
        for one, asked in zip(source.in_order, _attributes(source), strict=True)
    )
    tasks = "".join(f"<task><subset>{split}</subset></task>" for split in source.splits if split)
    of = "project" if tasks else "task"
    said = f"<name>{text(source.project.name)}</name><size>{count}</size><mode>annotation</mode><overlap>0</overlap>"
    yield (
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version><meta><{of}>{said}'
        f"<labels>{labels}</labels>{f'<tasks>{tasks}</tasks>' if tasks else ''}</{of}></meta>\n"
    ).encode()
    yield from images
    yield b"</annotations>\n"


def _attributes(source: Source) -> Iterator[str]:
    """What is asked of the parts of each class."""
    asked = {label["key"]: label["attributes"] for label in source.labels}
    for one in source.in_order:
        yield "".join(_attribute(attribute) for attribute in asked[one.key])


def _attribute(asked: dict[str, Any]) -> str:
    """An attribute of a label: one of several, yes or no, or a text."""
    kind = {"choice": "select", "flag": "checkbox", "number": "number"}.get(asked["kind"], "text")
    values = {"checkbox": "false\ntrue", "number": "0\n1000000\n1"}.get(kind, "\n".join(asked.get("choices", [])))
    return (
        f"<attribute><name>{text(asked['key'])}</name><mutable>False</mutable>"
        f"<input_type>{kind}</input_type><default_value></default_value><values>{text(values)}</values></attribute>"
    )


def image(source: Source, one: Decided, id: int, name: str, split: str) -> str:
    """A picture with its shapes; those drawn later lie on top."""
    sides = f'width="{one.payload["width"]}" height="{one.payload["height"]}"'
    subset = f' subset="{split}"' if split else ""
    drawn = [
        line
        for at, region in enumerate(one.answer["regions"])
        for line in _drawn(source, region, at, source.terms.masks)
    ]
    return f'<image id="{id}" name={quoted(name)}{subset} {sides}>{"".join(drawn)}</image>\n'


def _drawn(source: Source, region: dict[str, Any], at: int, masks: str) -> Iterator[str]:
    shape = region["shape"]
    inside = "".join(
        f"<attribute name={quoted(name)}>{text(_said(value))}</attribute>"
        for name, value in region["attributes"].items()
    )
    hidden = int(shape["type"] == "point" and not shape.get("visible", True))
    common = f'label={quoted(source.classes[region["label"]].name)} source="manual" occluded="{hidden}" z_order="{at}"'
    for tag, sides in _sides(shape, masks):
        yield f"<{tag} {common} {sides}>{inside}</{tag}>"


def _sides(shape: dict[str, Any], masks: str) -> Iterator[tuple[str, str]]:
    """A shape as CVAT's elements with their coordinates; a mask as polygons is one for each part."""
    if shape["type"] == "mask" and masks != "polygons":
        yield "mask", _rle(shape)
    elif shape["type"] == "mask":
        yield from (("polygon", f'points="{_points(ring)}"') for ring in shapes.rings(shape))
    elif shape["type"] == "box":
        x, y, width, height = shapes.box_of(shape)
        yield "box", f'xtl="{number(x)}" ytl="{number(y)}" xbr="{number(x + width)}" ybr="{number(y + height)}"'
    elif shape["type"] == "point":
        yield "points", f'points="{_points([[shape["x"], shape["y"]]])}"'
    else:
        yield shape["type"], f'points="{_points(shape["points"])}"'


def _rle(shape: dict[str, Any]) -> str:
    """Run lengths along the rows of the mask's box, those outside the object first."""
    left, top, width, height = geometry.mask_box(shape)
    inside = geometry.bitmap_from_mask(shape)[top : top + height, left : left + width].ravel()
    edges = np.flatnonzero(np.diff(inside)) + 1
    runs = np.diff(np.concatenate(([0], edges, [inside.size]))).tolist()
    if inside.size and inside[0]:
        runs = [0, *runs]
    return f'rle="{", ".join(map(str, runs))}" left="{left}" top="{top}" width="{width}" height="{height}"'


def _points(points: list[list[float]]) -> str:
    return ";".join(f"{number(x)},{number(y)}" for x, y in points)


def _said(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


FORMAT = ExportFormat(
    key="cvat",
    title="CVAT for images 1.1",
    note="One annotations.xml with masks, boxes, polygons, lines, points and attributes, and the pictures beside it.",
    loses="Provenance, external ids, meta; that points are hidden is told as occluded; ids of the parts; "
    "attributes that a label doesn't ask for come back as text.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
    masks=("rle", "polygons"),
)
