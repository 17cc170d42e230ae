"""What Datumaro writes besides: formats that few ask for, offered as its own writers make them.

It holds a set in memory while it writes, so these are bounded. Loaded when it is needed: it weighs.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending, folder
from projects.data.exporting.source import Source
from projects.errors import Refused
from projects.inference import geometry

MOST = 5_000  # tasks
MOST_SHAPES = 200_000
PIECE = 256 * 1024

# Datumaro's name of the writer -> title, what it says, and what of ours it can't.
OTHERS = {
    "label_me": ("LabelMe (web, XML)", "An XML file for each picture.", "Which shape lies on top, lines, points."),
    "yolo": ("YOLO (Darknet)", "obj.data, obj.names and a text file for each picture.", "All but boxes."),
    "kitti_detection": ("KITTI, boxes", "A text file of boxes for each picture.", "All but boxes."),
    "kitti_segmentation": ("KITTI, masks", "Pictures of classes and of instances.", "All but masks."),
    "wider_face": ("WIDER FACE", "One list of boxes for each part.", "All but boxes."),
    "mvtec": (
        "MVTec",
        "Masks in folders of their classes.",
        "All but the masks of one class in a picture, which become one mask.",
    ),
    "coco_stuff": ("COCO stuff", "Masks of stuff in COCO's JSON.", "Lines, points; polygons become masks."),
    "datumaro_binary": ("Own format, packed", "A file of its own for each part.", "Provenance."),
}


def write(source: Source, writer: str) -> Iterator[Entry]:
    """Written to a temporary folder by Datumaro, and sent from there. Raises Refused beyond MOST."""
    from datumaro.components.dataset import Dataset
    from datumaro.components.media import Image

    items = list(_items(source, writer))
    with tempfile.TemporaryDirectory() as folder:
        made = Dataset.from_iterable(items, categories=_categories(source), media_type=Image)
        made.export(folder, writer, save_media=source.terms.media)
        root = Path(folder)
        for path in sorted(root.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    yield Entry(path.relative_to(root).as_posix(), iter(partial(file.read, PIECE), b""))


def _categories(source: Source) -> dict[Any, Any]:
    from datumaro.components.annotation import AnnotationType, LabelCategories, MaskCategories

    names = ["background", *("_".join(name.split()) for name in source.names)]
    colours = [(0, 0, 0), *shapes.distinct([one.colour for one in source.in_order])]
    return {
        AnnotationType.label: LabelCategories.from_iterable(names),
        AnnotationType.mask: MaskCategories(dict(enumerate(colours))),
    }


def _items(source: Source, writer: str) -> Iterator[Any]:
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    names, tasks, drawn = FlatNames(), 0, 0
    for split in source.splits:
        for one in source.tasks(split):
            tasks, drawn = tasks + 1, drawn + len(one.answer["regions"])
            if tasks > MOST or drawn > MOST_SHAPES:
                text = (
                    "This format holds all in memory: at most %(most)s tasks and %(shapes)s shapes. Narrow the filter."
                )
                raise Refused(text, code="export-too-large", place="format", most=MOST, shapes=MOST_SHAPES)
            size = (one.payload["height"], one.payload["width"])
            media = Image.from_bytes(data=_data(one), ext=ending(one), size=size)
            annotations = [_annotation(source, region, at) for at, region in enumerate(one.answer["regions"], start=1)]
            item = DatasetItem(names.stem(one), subset=split or "train", media=media, annotations=annotations)
            yield FITTED[writer](source, item) if writer in FITTED else item


def _of_one_fault(source: Source, item: Any) -> Any:
    """MVTec has one mask for a picture, which lies in the folder of its class; a picture without one is good."""
    from datumaro.components.annotation import AnnotationType, Mask

    masks = [one for one in item.annotations if one.type == AnnotationType.mask]
    same = [one for one in masks if one.label == masks[0].label]
    name = folder("_".join(source.names[same[0].label - 1].split())) if same else "good"
    pixels = np.logical_or.reduce([one.image for one in same]) if same else None
    found = [Mask(pixels.astype(np.uint8), label=same[0].label)] if pixels is not None else []
    return item.wrap(id=f"{name}/{item.id}", annotations=found)


# Writers that take an item otherwise than as it is.
FITTED: dict[str, Callable[[Source, Any], Any]] = {"mvtec": _of_one_fault}


def _data(one: Decided) -> Callable[[], bytes]:
    return lambda: pictures.whole(one) if one.pictures else b""


def _annotation(source: Source, region: dict[str, Any], at: int) -> Any:
    from datumaro.components import annotation

    shape, kind = region["shape"], region["shape"]["type"]
    said = {
        "label": source.classes[region["label"]].number + 1,
        "attributes": dict(region["attributes"]),
        "z_order": at,
        "id": at,
        "group": at,
    }
    if kind == "mask":
        return annotation.Mask(geometry.bitmap_from_mask(shape).astype(np.uint8), **said)
    if kind == "box":
        return annotation.Bbox(*shapes.box_of(shape), **said)
    if kind == "point":
        return annotation.Points([shape["x"], shape["y"]], [2 if shape.get("visible", True) else 1], **said)
    flat_points = [float(value) for point in shape["points"] for value in point]
    make = annotation.Polygon if kind == "polygon" else annotation.PolyLine
    return make(flat_points, **said)


FORMATS = [
    ExportFormat(
        key=f"dm_{writer}",
        title=f"{title}, by Datumaro",
        note=f"{note} At most {MOST:,} tasks.",
        loses=f"{loses} Blanks in names, external ids, meta; attributes as far as it has a place for them.",
        task_types=("image_regions",),
        ending=".zip",
        media_type="application/zip",
        write=partial(write, writer=writer),
        folder=True,
        media=True,
        most=MOST,
    )
    for writer, (title, note, loses) in OTHERS.items()
]
