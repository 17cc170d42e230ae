"""Ultralytics' YOLO: a text file of labels for each picture, and data.yaml beside them, for detect, segment and obb.

Numbers are shares of the picture's width and height. Pictures without objects have an empty file: they teach, too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.source import Source

Lined = Callable[[dict[str, Any], int, int], Iterator[Sequence[float]]]  # a region's lines, without its class


def write(source: Source, lined: Lined) -> Iterator[Entry]:
    """Labels and pictures by parts; without a split all is called train, and val is the same: YOLO wants both."""
    parts = [split or "train" for split in source.splits]
    yield Entry("data.yaml", [_yaml(source, parts)])
    names = FlatNames()
    for split, part in zip(source.splits, parts, strict=True):
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"images/{part}/{stem}{ending(one)}")
            yield Entry(f"labels/{part}/{stem}.txt", [labels(source, one, lined)])


def labels(source: Source, one: Decided, lined: Lined) -> bytes:
    """A picture's file."""
    width, height = one.payload["width"], one.payload["height"]
    lines = [
        " ".join([str(source.classes[region["label"]].number), *map(_share, numbers)])
        for region in one.answer["regions"]
        for numbers in lined(region, width, height)
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _yaml(source: Source, parts: Sequence[str]) -> bytes:
    """JSON's strings are YAML's, too."""
    lines = ["path: ."]
    lines += [f"{part}: images/{part if part in parts else parts[0]}" for part in ("train", "val")]
    lines += [f"test: images/{part}" for part in parts if part == "test"]
    lines += ["names:", *(f"  {at}: {json.dumps(name, ensure_ascii=False)}" for at, name in enumerate(source.names))]
    return ("\n".join(lines) + "\n").encode()


def _boxes(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    if region["shape"]["type"] in shapes.AREAS:
        x, y, wide, tall = shapes.box_of(region["shape"])
        yield ((x + wide / 2) / width, (y + tall / 2) / height, wide / width, tall / height)


def _outlines(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    for ring in shapes.rings(region["shape"]):
        yield [share for x, y in ring for share in (x / width, y / height)]


def _turned(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    if region["shape"]["type"] in shapes.AREAS and (corners := shapes.four_corners(region["shape"])):
        yield [share for x, y in corners for share in (x / width, y / height)]


def _share(value: float) -> str:
    return f"{min(max(value, 0.0), 1.0):.6f}"


DETECT = ExportFormat(
    key="yolo_detect",
    title="YOLO Ultralytics, boxes",
    note="A label file for each picture and data.yaml; whatever has an area as its box.",
    loses="Outlines, lines, points, attributes, external ids, meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=partial(write, lined=_boxes),
    folder=True,
    media=True,
)
SEGMENT = DETECT._replace(
    key="yolo_segment",
    title="YOLO Ultralytics, outlines",
    note="A label file for each picture and data.yaml; masks as the outlines of their parts.",
    loses="Holes, which parts are one object's, that masks and boxes are no polygons, lines, points, attributes, "
    "external ids, meta.",
    write=partial(write, lined=_outlines),
)
ORIENTED = DETECT._replace(
    key="yolo_obb",
    title="YOLO Ultralytics, oriented boxes",
    note="A label file for each picture and data.yaml; each object as the smallest box turned as it lies.",
    loses="Outlines, that a box lies straight, lines, points, attributes, external ids, meta.",
    write=partial(write, lined=_turned),
)
