"""Ultralytics' YOLO: a text file of labels for each picture, and data.yaml beside them, for detect, segment, obb and
pose.

Numbers are shares of the picture's width and height. Pictures without objects have an empty file: they teach, too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from projects.data.exporting import key_points, pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.source import Source

Lined = Callable[[Source, Decided], Iterator[str]]  # the lines of a picture's file
Numbered = Callable[[dict[str, Any], int, int], Iterator[Sequence[float]]]  # a region's lines, without its class


def write(source: Source, lined: Lined, told: Callable[[Source], list[str]] = lambda _: []) -> Iterator[Entry]:
    """Labels and pictures by parts; without a split all is called train, and val is the same: YOLO wants both. `told`
    are further lines of data.yaml."""
    parts = [split or "train" for split in source.splits]
    yield Entry("data.yaml", [_yaml(source, parts, told(source))])
    names = FlatNames()
    for split, part in zip(source.splits, parts, strict=True):
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"images/{part}/{stem}{ending(one)}")
            lines = "".join(f"{line}\n" for line in lined(source, one))
            yield Entry(f"labels/{part}/{stem}.txt", [lines.encode()])


def _by_region(numbered: Numbered) -> Lined:
    """The lines of each region, one after the other."""

    def lined(source: Source, one: Decided) -> Iterator[str]:
        for region in one.answer["regions"]:
            for numbers in numbered(region, one.payload["width"], one.payload["height"]):
                yield f"{source.classes[region['label']].number} {_shares(numbers)}"

    return lined


def _yaml(source: Source, parts: Sequence[str], told: Sequence[str]) -> bytes:
    """JSON's strings are YAML's, too."""
    lines = ["path: ."]
    lines += [f"{part}: images/{part if part in parts else parts[0]}" for part in ("train", "val")]
    lines += [f"test: images/{part}" for part in parts if part == "test"]
    lines += ["names:", *(f"  {at}: {json.dumps(name, ensure_ascii=False)}" for at, name in enumerate(source.names))]
    return ("\n".join([*lines, *told]) + "\n").encode()


def _boxes(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    if region["shape"]["type"] in shapes.AREAS:
        yield _middle(shapes.box_of(region["shape"]), width, height)


def _middle(box: Sequence[float], width: int, height: int) -> Sequence[float]:
    x, y, wide, tall = box
    return ((x + wide / 2) / width, (y + tall / 2) / height, wide / width, tall / height)


def _outlines(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    for ring in shapes.rings(region["shape"]):
        yield [share for x, y in ring for share in (x / width, y / height)]


def _turned(region: dict[str, Any], width: int, height: int) -> Iterator[Sequence[float]]:
    if region["shape"]["type"] in shapes.AREAS and (corners := shapes.four_corners(region["shape"])):
        yield [share for x, y in corners for share in (x / width, y / height)]


def _poses(source: Source, one: Decided) -> Iterator[str]:
    """A line for each object: its box, then each of its points with whether it is in sight (2), hidden (1) or not there
    (0). Points of no object are one of the class of their own label's, in the box around them."""
    width, height = one.payload["width"], one.payload["height"]
    kinds = key_points.kinds_of(source)
    for region, points in key_points.posed(source, one):
        box = shapes.box_of(region["shape"]) if region else key_points.around(points)
        number = source.classes[(region or points[0])["label"]].number
        placed = key_points.in_turn(source, points, kinds)
        yield " ".join(
            [
                str(number),
                _shares(_middle(box, width, height)),
                *(f"{_shares((x / width, y / height))} {seen}" for x, y, seen in placed),
            ]
        )


def _points_told(source: Source) -> list[str]:
    """How many points an object has, and what they are called: for all classes the same. Which of them change sides
    where a picture is mirrored isn't known here, so nothing is said of it, and YOLO mirrors none."""
    names = key_points.names_of(source)
    if not names:
        return []
    called = json.dumps(names, ensure_ascii=False)
    return [f"kpt_shape: [{len(names)}, 3]", "kpt_names:", *(f"  {at}: {called}" for at in range(len(source.names)))]


def _shares(values: Sequence[float]) -> str:
    """One template for all of them: an outline has hundreds."""
    within = tuple(0.0 if value < 0 else 1.0 if value > 1 else value for value in values)
    return ("%.6f " * len(within))[:-1] % within


DETECT = ExportFormat(
    key="yolo_detect",
    title="YOLO Ultralytics, boxes",
    note="A label file for each picture and data.yaml; whatever has an area as its box.",
    loses="Outlines, lines, points, attributes, external ids, meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=partial(write, lined=_by_region(_boxes)),
    folder=True,
    media=True,
)
SEGMENT = DETECT._replace(
    key="yolo_segment",
    title="YOLO Ultralytics, outlines",
    note="A label file for each picture and data.yaml; masks as the outlines of their parts.",
    loses="Holes, which parts are one object's, that masks and boxes are no polygons, lines, points, attributes, "
    "external ids, meta.",
    write=partial(write, lined=_by_region(_outlines)),
)
ORIENTED = DETECT._replace(
    key="yolo_obb",
    title="YOLO Ultralytics, oriented boxes",
    note="A label file for each picture and data.yaml; each object as the smallest box turned as it lies.",
    loses="Outlines, that a box lies straight, lines, points, attributes, external ids, meta.",
    write=partial(write, lined=_by_region(_turned)),
)
POSE = DETECT._replace(
    key="yolo_pose",
    title="YOLO Ultralytics, key points",
    note="Each object's box with all points that lie in it; points outside every box make an object of their own.",
    loses="Outlines, lines, attributes, external ids, meta; which of two objects that lie over each other a point "
    "belongs to: the smaller one has it.",
    write=partial(write, lined=_poses, told=_points_told),
)
