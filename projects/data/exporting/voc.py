"""Pascal VOC: an XML file of boxes for each picture, lists of the parts, and pictures of the masks.

Corners are counted from 1, as VOC's own are.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from projects.data.exporting import markup, pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source

ALL = "default"
SPOOLED = 1024 * 1024


def write(source: Source) -> Iterator[Entry]:
    """Pictures with their files one by one, then the list of each part."""
    palette = [(0, 0, 0), *shapes.distinct([one.colour for one in source.in_order])]
    colours = [
        f"{name}:{red},{green},{blue}::" for name, (red, green, blue) in zip(source.names, palette[1:], strict=True)
    ]
    yield Entry("labelmap.txt", ["\n".join(["background:0,0,0::", *colours, ""]).encode()])
    names = FlatNames()
    for split in source.splits:
        with (
            tempfile.SpooledTemporaryFile(max_size=SPOOLED) as listed,
            tempfile.SpooledTemporaryFile(max_size=SPOOLED) as masked,
        ):
            for one in source.tasks(split):
                stem = names.stem(one)
                yield from pictures.entry(one, f"JPEGImages/{stem}{ending(one)}")
                yield Entry(f"Annotations/{stem}.xml", [annotation(source, one, f"{stem}{ending(one)}")])
                listed.write(f"{stem}\n".encode())
                if any(region["shape"]["type"] in ("mask", "polygon") for region in one.answer["regions"]):
                    masked.write(f"{stem}\n".encode())
                    yield from _masks(source, one, stem, palette)
            for folder, lines in (("Main", listed), ("Segmentation", masked)):
                if lines.tell() or folder == "Main":
                    yield Entry(f"ImageSets/{folder}/{split or ALL}.txt", pieces_of(lines))


def annotation(source: Source, one: Decided, name: str) -> bytes:
    """A picture's XML."""
    payload = one.payload
    size = f"<width>{payload['width']}</width><height>{payload['height']}</height><depth>3</depth>"
    areas = [region for region in one.answer["regions"] if region["shape"]["type"] in shapes.AREAS]
    masked = int(any(region["shape"]["type"] in ("mask", "polygon") for region in areas))
    objects = "".join(_object(source, region) for region in areas)
    return (
        f"<annotation><folder/><counted_from>1</counted_from><filename>{markup.text(name)}</filename>"
        f"<source><database>{markup.text(source.project.name)}</database><annotation>{markup.text(one.external_id)}</annotation>"
        f"</source><size>{size}</size><segmented>{masked}</segmented>{objects}</annotation>\n"
    ).encode()


def _object(source: Source, region: dict[str, Any]) -> str:
    x, y, width, height = shapes.box_of(region["shape"])
    box = {"xmin": x + 1, "ymin": y + 1, "xmax": x + width, "ymax": y + height}
    attributes = "".join(
        f"<attribute><name>{markup.text(name)}</name><value>{markup.text(str(value))}</value></attribute>"
        for name, value in region["attributes"].items()
    )
    sides = "".join(f"<{name}>{markup.number(value)}</{name}>" for name, value in box.items())
    return (
        f"<object><name>{markup.text(source.classes[region['label']].name)}</name><pose>Unspecified</pose>"
        f"<truncated>0</truncated><difficult>0</difficult><occluded>0</occluded><bndbox>{sides}</bndbox>"
        + (f"<attributes>{attributes}</attributes>" if attributes else "")
        + "</object>"
    )


def _masks(source: Source, one: Decided, stem: str, palette: list[tuple[int, int, int]]) -> Iterator[Entry]:
    """Two pictures: the classes, and the objects by their numbers in the XML; what was drawn later lies on top. Of a
    box nobody said which pixels are in it: it is in neither."""
    height, width = one.payload["height"], one.payload["width"]
    classes, objects = (np.zeros((height, width), dtype=np.uint8) for _ in range(2))
    areas = [region for region in one.answer["regions"] if region["shape"]["type"] in shapes.AREAS]
    for number, region in enumerate(areas, start=1):
        if region["shape"]["type"] == "box":
            continue
        inside = shapes.bitmap(region["shape"], height, width)
        classes[inside] = source.classes[region["label"]].number + 1
        objects[inside] = min(number, 254)
    yield Entry(f"SegmentationClass/{stem}.png", [shapes.png(classes, palette)], packed=False)
    yield Entry(f"SegmentationObject/{stem}.png", [shapes.png(objects, NUMBERED)], packed=False)


def _numbered() -> list[tuple[int, int, int]]:
    """VOC's own colours for numbers: the bits of a number spread over red, green and blue."""
    found = []
    for number in range(256):
        red = green = blue = 0
        rest = number
        for at in range(8):
            red |= (rest & 1) << (7 - at)
            green |= (rest >> 1 & 1) << (7 - at)
            blue |= (rest >> 2 & 1) << (7 - at)
            rest >>= 3
        found.append((red, green, blue))
    return found


NUMBERED = _numbered()

FORMAT = ExportFormat(
    key="voc",
    title="Pascal VOC",
    note="An XML file of boxes for each picture, and pictures of masks and polygons by class and by object. At most "
    "255 labels.",
    loses="Corners of polygons (they become masks), what lies below something else, objects beyond 254, lines, "
    "points, meta; attributes come back as text, external ids only where there are no masks.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
    most_labels=255,
)
