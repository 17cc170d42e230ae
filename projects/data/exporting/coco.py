"""COCO: instances, with run-length masks, polygons, boxes; and objects with key points. Loads in pycocotools.

Masks are COCO's compressed RLE with iscrowd 0, so that COCOeval counts each as one object. In the file the
images stand before the annotations; one reading of the tasks writes the images out and the annotations
to a temporary file, which follows.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

from pycocotools import mask as coco

from projects.data.exporting import key_points, pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names, ending, file_name
from projects.data.exporting.pieces import as_json, pieces_of
from projects.data.exporting.source import Class, Source
from projects.inference import vector_shapes

SPOOLED = 8 * 1024 * 1024  # up to this size the annotations wait in memory
ALL = "default"  # what there is where nothing is split, as Datumaro calls it

# The annotations of a task's regions, without their numbers.
Annotated = Callable[[Source, Decided], Iterable[dict[str, Any]]]
Named = Callable[[Decided], str]


def write(source: Source, kind: str, annotated: Annotated, categories: list[dict[str, Any]]) -> Iterator[Entry]:
    """One JSON object alone, valid once the last piece is written; or one for each part, beside its pictures."""
    alone = not source.terms.split and not source.terms.media
    named, lying = picture_names(source), Names()
    for split in source.splits:
        name = "all.json" if alone else f"annotations/{kind}_{split or ALL}.json"
        yield Entry(name, _document(source, split, named, annotated, categories))
        if source.terms.media:
            for one in source.tasks(split):
                yield from pictures.entry(one, f"images/{split or ALL}/{lying.stem(one)}{ending(one)}")


def _document(
    source: Source, split: str, named: Named, annotated: Annotated, categories: list[dict[str, Any]]
) -> Iterator[bytes]:
    yield b'{"info":' + as_json({"description": source.project.name, "version": "1.0"})
    yield b',"licenses":[],"categories":' + as_json(categories)
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
        yield b',"images":['
        yield from _images(source.tasks(split), source, named, annotated, spool)
        yield b'],"annotations":['
        yield from pieces_of(spool)
    yield b"]}\n"


def _images(
    tasks: Iterable[Decided], source: Source, named: Named, annotated: Annotated, spool: IO[bytes]
) -> Iterator[bytes]:
    """The images, each after the comma it needs; their annotations go to the spool."""
    annotation_id = 0
    for image_id, one in enumerate(tasks, start=1):
        for annotation in annotated(source, one):
            annotation_id += 1
            numbered = {"id": annotation_id, "image_id": image_id} | annotation
            spool.write((b"," if annotation_id > 1 else b"") + as_json(numbered))
        yield (b"," if image_id > 1 else b"") + as_json({"id": image_id} | image_of(one, named(one)))


def picture_names(source: Source) -> Named:
    """What a picture is called in the file: as it lies beside it, or as it was called where it came from."""
    if source.terms.media:
        names = Names()
        return lambda one: f"{names.stem(one)}{ending(one)}"
    return lambda one: file_name(one.payload["name"], one.payload["asset"])


def image_of(one: Decided, name: str) -> dict[str, Any]:
    """A picture as COCO's files have it, without its number."""
    payload = one.payload
    return {
        "file_name": name,
        "width": payload["width"],
        "height": payload["height"],
        "external_id": one.external_id,
        "sha256": payload["asset"],
    }


def category(one: Class) -> dict[str, Any]:
    """A class as a category; COCO's numbers begin with 1."""
    return {"id": one.number + 1, "name": one.name, "key": one.key, "supercategory": ""}


def instances(source: Source, one: Decided) -> Iterator[dict[str, Any]]:
    """One annotation for each region."""
    for region in one.answer["regions"]:
        yield {
            "category_id": source.classes[region["label"]].number + 1,
            **measured(region["shape"], source.terms.masks),
            "iscrowd": 0,
            "attributes": region["attributes"],
        }


def _write_instances(source: Source) -> Iterator[Entry]:
    categories = [
        category(one) | ({"keypoints": [one.name], "skeleton": []} if "point" in one.shapes else {})
        for one in source.in_order
    ]
    return write(source, "instances", instances, categories)


def measured(shape: dict[str, Any], masks: str = "") -> dict[str, Any]:
    """A shape as COCO's segmentation, area in pixels, and bbox [x, y, width, height].

    Boxes are their own outline, lines and points have no area: a point is one COCO keypoint (2 in sight, 1 hidden),
    a line stands under "polyline", which COCO has no word for.
    """
    if shape["type"] == "mask":
        rle = {"size": shape["size"], "counts": shape["counts"]}
        return {
            "segmentation": [_flat(ring) for ring in shapes.rings(shape)] if masks == "polygons" else rle,
            "area": int(coco.area(rle)),
            "bbox": [float(side) for side in coco.toBbox(rle)],
        }
    x, y, width, height = sides = [float(side) for side in vector_shapes.box_of(shape)]
    if shape["type"] == "point":
        keypoint = [shape["x"], shape["y"], 2 if shape.get("visible", True) else 1]
        return {"segmentation": [], "area": 0, "bbox": sides, "keypoints": keypoint, "num_keypoints": 1}
    if shape["type"] == "polyline":
        return {"segmentation": [], "area": 0, "bbox": sides, "polyline": _flat(shape["points"])}
    ring = shape.get("points") or [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return {"segmentation": [_flat(ring)], "area": abs(vector_shapes.ring_area(ring)), "bbox": sides}


def with_key_points(source: Source, one: Decided) -> Iterator[dict[str, Any]]:
    """One annotation for each object with its points; points of no object are one of the class of their own label's."""
    kinds = key_points.kinds_of(source)
    for region, points in key_points.posed(source, one):
        flat = [value for place in key_points.in_turn(source, points, kinds) for value in place]
        said = {"keypoints": flat, "num_keypoints": sum(value > 0 for value in flat[2::3])}
        label = source.classes[(region or points[0])["label"]].number + 1
        drawn = measured(region["shape"], source.terms.masks) if region else _around(points)
        attributes = region["attributes"] if region else {}
        yield {"category_id": label, **drawn, "iscrowd": 0, "attributes": attributes} | said


def _write_key_points(source: Source) -> Iterator[Entry]:
    names = key_points.names_of(source)
    categories = [category(one) | {"keypoints": names, "skeleton": []} for one in source.in_order]
    return write(source, "person_keypoints", with_key_points, categories)


def _around(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sides = key_points.around(points)
    return {"segmentation": [], "area": sides[2] * sides[3], "bbox": sides}


def _flat(points: list) -> list[float]:
    return [value for point in points for value in point]


FORMAT = ExportFormat(
    key="coco",
    title="COCO instances",
    note="Images, masks as run lengths, polygons, boxes and keypoints, categories. Loads in pycocotools.",
    loses="Provenance and meta; lines stand under “polyline”, which others pass over; that a polygon is one where "
    "it is an upright rectangle; holes where masks go as polygons.",
    task_types=("image_regions",),
    ending=".json",
    media_type="application/json",
    write=_write_instances,
    media=True,
    masks=("rle", "polygons"),
)
KEY_POINTS = FORMAT._replace(
    key="coco_keypoints",
    title="COCO key points",
    note="One object with all points that lie in its box; points outside every box make an object of their own.",
    loses="Lines, attributes of points, meta; which of two objects that lie over each other a point belongs to: "
    "the smaller one has it.",
    write=_write_key_points,
)
__all__ = ["FORMAT", "KEY_POINTS", "file_name", "instances", "measured"]
