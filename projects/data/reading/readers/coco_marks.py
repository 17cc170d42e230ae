"""What COCO's annotations of one image come to."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from projects.data.connectors.files import Files
from projects.data.media.pictures import MAX_BYTES
from projects.data.reading.readers.key_points import only_points
from projects.data.reading.readers.listing import whole
from projects.data.reading.readers.marks import REGIONS, Marks, run_lengths
from projects.data.reading.readers.mask_files import numbers_of
from projects.data.reading.rows import Said
from projects.errors import Refused
from taskers.errors import sentence

KNOWN = {
    "id", "image_id", "category_id", "bbox", "segmentation", "area", "iscrowd", "keypoints", "num_keypoints",
    "attributes", "score", "polyline", "segments_info", "file_name", "mask", "caption", "is_occluded",
}  # fmt: skip
SIDES = ("x", "y", "width", "height")
HIDDEN, SEEN = 1, 2  # COCO's numbers of a key point's visibility; 0 is one that isn't there


class Category(NamedTuple):
    """A class of things, and what its key points are called."""

    name: str
    keypoints: tuple[str, ...]


Annotation = tuple[dict[str, Any], Mapping[Hashable, Category], str, str]  # it, categories, place, whose results


def category_of(value: Any) -> Category | None:
    """A category as a file has it; None for what is none."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"].strip():
        return None
    names = value.get("keypoints")
    return Category(value["name"], tuple(str(one)[:200] for one in names[:1000]) if isinstance(names, list) else ())


def mark(marks: Marks, found: Sequence[Annotation], tells: bool, files: Files) -> tuple[Said, ...]:
    """What was said of an image: by whoever annotated it, and by each detector. `tells`: that nothing is in it is said
    too."""
    said: list[Said] = []
    for predicted in dict.fromkeys(["", *(one[3] for one in found)]):
        mine = [one for one in found if one[3] == predicted]
        if not mine and not tells:
            continue
        own = Marks(marks.task_type, marks.place, marks.width, marks.height)
        seen: set[str] = set()
        for annotation, categories, place, _ in mine:
            _add(own, annotation, categories, place, files, seen)
        scored = any("score" in one[0] for one in mine)
        said += own.said(by=PurePosixPath(predicted).stem[:200], predicted=bool(predicted) or scored)
        marks.lost += own.lost
    return tuple(said)


def _add(
    marks: Marks,
    annotation: dict[str, Any],
    categories: Mapping[Hashable, Category],
    place: str,
    files: Files,
    seen: set[str],
) -> None:
    if "caption" in annotation:
        marks.lose(place, "no-place", "Captions have no place here.")
        return
    if "segments_info" in annotation:
        _panoptic(marks, annotation, categories, place, files)
        return
    category = categories.get(annotation["category_id"]) if _is_id(annotation.get("category_id")) else None
    if category is None:
        text = sentence("There is no category with the id %(id)s.", id=str(annotation.get("category_id"))[:60])
        marks.lose(place, "no-such-category", text)
        return
    for name in annotation.keys() - KNOWN:
        marks.lose(f"{place}.{str(name)[:60]}", "unknown-field", "This field isn't kept.")
    score = annotation.get("score")
    try:
        shape = _shape(annotation, marks)
    except Refused as refused:
        marks.lose(place, refused.code, refused.sentence)
        return
    points = _points(annotation, category, place, marks)
    if shape and shape["type"] == "box" and not annotation.get("segmentation"):
        places = [(label, point["x"], point["y"]) for label, point in points]
        shape = None if only_points(category.name, [shape[side] for side in SIDES], places) else shape
    group = {"instance": annotation["id"]} if points and shape and _is_id(annotation.get("id")) else {}
    key = f"{category.name} {shape} {annotation.get('attributes')} {score}"
    if shape and key not in seen:
        seen.add(key)
        marks.region(place, category.name, shape, _attributes(annotation) | group, score)
    for label, point in points:
        marks.region(place, label, point, (_attributes(annotation) if not shape else {}) | group, score)
    if not shape and not points:
        marks.choose(place, category.name, kind="multiple", score=score)


def _is_id(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _attributes(annotation: Mapping[str, Any]) -> dict[str, Any]:
    found = annotation.get("attributes")
    kept = dict(found) if isinstance(found, dict) else {}
    if annotation.get("iscrowd") == 1:
        kept.setdefault("iscrowd", True)
    return kept


def _shape(annotation: Mapping[str, Any], marks: Marks) -> dict[str, Any] | None:
    """The outline of an annotation; None where it has none. Raises Refused."""
    line = annotation.get("polyline")
    if line:
        return {"type": "polyline", "points": pairs(line)}
    segmentation, box = annotation.get("segmentation"), annotation.get("bbox")
    if isinstance(segmentation, dict):
        return _mask(segmentation, marks)
    if isinstance(segmentation, list) and segmentation:
        rings = segmentation if isinstance(segmentation[0], list) else [segmentation]
        if box and len(rings) == 1 and (found := _as_box(rings[0], box)):
            return found
        return {"type": "rings", "rings": [pairs(ring) for ring in rings]}
    if not box:
        return None
    x, y, width, height = numbers(box, 4)
    if annotation.get("keypoints") and not (width and height):
        return None
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}


def _as_box(ring: Sequence[Any], box: Sequence[Any]) -> dict[str, Any] | None:
    """The box that a ring is, where it is just that."""
    try:
        x, y, width, height = numbers(box, 4)
        right, bottom = x + width, y + height
    except Refused:
        return None
    corners = [[x, y], [right, y], [right, bottom], [x, bottom]]
    if len(ring) == 8 and sorted(pairs(ring)) == sorted(corners) and pairs(ring)[0] != pairs(ring)[2]:
        return {"type": "box", "x": x, "y": y, "width": width, "height": height}
    return None


def _mask(segmentation: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [marks.height, marks.width]:
        text = "The mask is for an image of %(size)s (height, width); this image is %(height)s × %(width)s."
        shown = str(size)[:60]
        raise Refused(text, code="wrong-mask-size", size=shown, height=marks.height, width=marks.width)
    if isinstance(counts, list):
        return run_lengths(counts, marks.height, marks.width)
    return {"type": "mask", "size": size, "counts": counts}


def _points(annotation: Mapping[str, Any], category: Category, place: str, marks: Marks) -> list[tuple[str, dict]]:
    """The key points that are there, each with its own label."""
    values = annotation.get("keypoints")
    if not values:
        return []
    try:
        found = numbers(values, len(values) - len(values) % 3 if isinstance(values, list) else 0)
    except Refused as refused:
        marks.lose(f"{place}.keypoints", refused.code, refused.sentence)
        return []
    points = []
    for at in range(0, len(found), 3):
        number = at // 3
        name = category.keypoints[number] if number < len(category.keypoints) else f"{category.name} {number + 1}"
        if found[at + 2] in (HIDDEN, SEEN):
            shape = {"type": "point", "x": found[at], "y": found[at + 1], "visible": found[at + 2] == SEEN}
            points.append((name, shape))
    return points


def numbers(values: Any, how_many: int) -> list[float]:
    """So many numbers. Raises Refused for anything else."""
    if not isinstance(values, list) or len(values) < how_many or not how_many:
        raise Refused("There are not as many numbers as there should be.", code="wrong-shape")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        raise Refused("These are no numbers.", code="wrong-shape")
    return values[:how_many]


def pairs(values: Any) -> list[list[float]]:
    """Numbers in a row as places. Raises Refused."""
    if not isinstance(values, list) or len(values) % 2:
        raise Refused("Places are an even number of numbers.", code="wrong-shape")
    flat = numbers(values, len(values))
    return [[flat[at], flat[at + 1]] for at in range(0, len(flat), 2)]


def _panoptic(
    marks: Marks, annotation: dict[str, Any], categories: Mapping[Hashable, Category], place: str, files: Files
) -> None:
    """Segments by their numbers in a picture of colours."""
    if marks.task_type != REGIONS:
        marks.lose(place, "no-place", "This task type has no place for segments.")
        return
    try:
        if not annotation.get("mask"):
            raise Refused("The picture of the segments isn't there.", code="no-picture")
        colours = numbers_of(whole(files, annotation["mask"], MAX_BYTES))
        if colours.shape[:2] != (marks.height, marks.width):
            raise Refused("The picture of the segments has another size than the image.", code="wrong-mask-size")
    except Refused as refused:
        marks.lose(place, refused.code, refused.sentence)
        return
    numbered = colours[..., 0] + 256 * colours[..., 1] + 65536 * colours[..., 2]
    for index, segment in enumerate(annotation["segments_info"]):
        at = f"{place}.segments_info[{index}]"
        known = isinstance(segment, dict) and _is_id(segment.get("category_id"))
        category = categories.get(segment["category_id"]) if known else None
        if category is None or not isinstance(segment.get("id"), int):
            marks.lose(at, "no-such-category", "The segment has no id, or a category that isn't there.")
            continue
        marks.mask(at, category.name, np.asarray(numbered == segment["id"]), _attributes(segment), segment.get("score"))
