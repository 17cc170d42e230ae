"""Open Images (version 5 and later): tables of boxes and masks, a picture for each mask, and the pictures.

Coordinates are shares of the width and height. Classes are named as they are here, in place of Google's own keys.
"""

import csv
import io
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source

PARTS = {"": "train", "train": "train", "val": "validation", "test": "test"}
SPOOLED = 2 * 1024 * 1024
IMAGES = "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5"
IMAGES += ",Thumbnail300KURL,Rotation"
BOXES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
MASKS = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks"
UNKNOWN = -1


def write(source: Source) -> Iterator[Entry]:
    """Pictures and masks one by one; the tables of a part follow them."""
    names = FlatNames()
    yield Entry("annotations/class-descriptions.csv", [_line([name, name]) for name in source.names])
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as sizes:
        for split in source.splits:
            yield from _part(source, split, names, sizes)
        yield Entry("annotations/images.meta", pieces_of(sizes))


def _part(source: Source, split: str, names: FlatNames, sizes: IO[bytes]) -> Iterator[Entry]:
    part = PARTS[split]
    with ExitStack() as open:
        images, boxes, masks = (
            open.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED))  # closed with the stack
            for _ in range(3)
        )
        for file, heading in ((images, IMAGES), (boxes, BOXES), (masks, MASKS)):
            file.write(f"{heading}\r\n".encode())
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"images/{part}/{stem}{ending(one)}")
            images.write(_line([stem, part, "", "", "", "", "", one.external_id, "", "", "", ""]))
            sizes.write(f"{shlex.quote(stem)} {one.payload['height']} {one.payload['width']}\n".encode())
            for number, region in enumerate(one.answer["regions"]):
                if region["shape"]["type"] in shapes.AREAS:
                    boxes.write(_box(source, one, stem, region))
                    yield from _mask(source, one, (part, stem, number), region, masks)
        yield Entry(f"annotations/{part}-images-with-rotation.csv", pieces_of(images))
        yield Entry(f"annotations/{part}-annotations-bbox.csv", pieces_of(boxes))
        yield Entry(f"annotations/{part}-annotations-object-segmentation.csv", pieces_of(masks))


def _box(source: Source, one: Decided, stem: str, region: dict[str, Any]) -> bytes:
    name = source.classes[region["label"]].name
    said = [
        region["attributes"].get(key) for key in ("occluded", "truncated", "is_group_of", "is_depiction", "is_inside")
    ]
    flags = [int(value) if isinstance(value, bool) else UNKNOWN for value in said]
    return _line([stem, "xclick", name, 1, *_shares(one, region), *flags])


def _mask(
    source: Source, one: Decided, place: tuple[str, str, int], region: dict[str, Any], table: IO[bytes]
) -> Iterator[Entry]:
    """What is no box by itself has a picture, white where the object is."""
    if region["shape"]["type"] == "box":
        return
    part, stem, number = place
    id = f"{number:08x}"
    name = f"{stem}_{id}.png"
    inside = shapes.bitmap(region["shape"], one.payload["height"], one.payload["width"])
    yield Entry(f"masks/{part}/{name}", [shapes.png(inside)], packed=False)
    table.write(_line([name, stem, source.classes[region["label"]].name, id, *_shares(one, region), "", ""]))


def _shares(one: Decided, region: dict[str, Any]) -> list[str]:
    x, y, width, height = shapes.box_of(region["shape"])
    across, down = one.payload["width"], one.payload["height"]
    return [f"{value:.6f}" for value in (x / across, (x + width) / across, y / down, (y + height) / down)]


def _line(values: Sequence[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()


FORMAT = ExportFormat(
    key="open_images",
    title="Open Images",
    note="Tables of boxes and masks with a picture for each mask; val is called validation there.",
    loses="Corners of polygons (they become masks), lines, points, attributes but five, external ids, meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
)
