"""COCO panoptic: a PNG for each picture whose colours are numbers of segments, and what each segment is.

A pixel belongs to one segment: what was drawn later lies on top.
"""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from projects.data.exporting import pictures, shapes
from projects.data.exporting.coco import ALL, SPOOLED, category, image_of
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import as_json, pieces_of
from projects.data.exporting.source import Source


def write(source: Source) -> Iterator[Entry]:
    """Pictures and their segments one by one; the JSON of a part follows them from temporary files."""
    names = Names()
    for split in source.splits:
        part = split or ALL
        with (
            tempfile.SpooledTemporaryFile(max_size=SPOOLED) as images,
            tempfile.SpooledTemporaryFile(max_size=SPOOLED) as annotations,
        ):
            for number, one in enumerate(source.tasks(split), start=1):
                stem = names.stem(one)
                yield from pictures.entry(one, f"images/{part}/{stem}{ending(one)}")
                drawn, segments = segmented(source, one)
                yield Entry(f"annotations/panoptic_{part}/{stem}.png", [shapes.png(drawn)], packed=False)
                comma = b"," if number > 1 else b""
                images.write(comma + as_json({"id": number} | image_of(one, f"{stem}{ending(one)}")))
                said = {"image_id": number, "file_name": f"{stem}.png", "segments_info": segments}
                annotations.write(comma + as_json(said))
            yield Entry(f"annotations/panoptic_{part}.json", _document(source, images, annotations))


def segmented(source: Source, one: Decided) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """The colours of a picture's segments, and what each is; one that others hide wholly isn't told."""
    height, width = one.payload["height"], one.payload["width"]
    numbers = np.zeros((height, width), dtype="<u4")
    regions = [region for region in one.answer["regions"] if region["shape"]["type"] in shapes.AREAS]
    for number, region in enumerate(regions, start=1):
        numbers[shapes.bitmap(region["shape"], height, width)] = number
    segments = []
    for number, region in enumerate(regions, start=1):
        inside = numbers == number
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if len(rows):
            x, y = int(columns[0]), int(rows[0])
            segments.append(
                {
                    "id": number,
                    "category_id": source.classes[region["label"]].number + 1,
                    "area": int(np.count_nonzero(inside)),
                    "bbox": [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1],
                    "iscrowd": 0,
                }
            )
    return numbers.view(np.uint8).reshape(height, width, 4)[:, :, :3], segments  # red is the lowest byte


def _document(source: Source, images: IO[bytes], annotations: IO[bytes]) -> Iterator[bytes]:
    info = {"description": source.project.name, "version": "1.0"}
    categories = [category(one) | {"isthing": 1} for one in source.in_order]
    yield b'{"info":' + as_json(info) + b',"licenses":[],"categories":' + as_json(categories) + b',"images":['
    yield from pieces_of(images)
    yield b'],"annotations":['
    yield from pieces_of(annotations)
    yield b"]}\n"


FORMAT = ExportFormat(
    key="coco_panoptic",
    title="COCO panoptic",
    note="A PNG for each picture in which every pixel belongs to one segment: what was drawn later lies on top.",
    loses="What lies below something else, lines, points, attributes, meta; boxes and polygons become masks.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
)
