"""COCO instances: images, annotations with run-length masks, categories; loads in pycocotools.

Masks are COCO's compressed RLE with iscrowd 0, so that COCOeval counts each as one object. In the file the
images stand before the annotations; one reading of the tasks writes the images out and the annotations
to a temporary file, which follows.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from pycocotools import mask as coco

from projects.data.exporting.decided import decided
from projects.data.exporting.format import ExportFormat
from projects.inference import vector_shapes
from projects.models import Batch, Project

SPOOLED = 8 * 1024 * 1024  # up to this size the annotations wait in memory
PIECE = 256 * 1024


def write(project: Project, batch: Batch | None) -> Iterator[bytes]:
    """One JSON object, valid once the last piece is written."""
    categories = {label.key: number for number, label in enumerate(_labels(project), start=1)}
    yield b'{"info":' + _json({"description": project.name, "version": "1.0"})
    yield b',"licenses":[],"categories":' + _json(
        [
            {"id": categories[label.key], "name": label.name, "key": label.key, "supercategory": ""}
            | ({"keypoints": [label.name], "skeleton": []} if "point" in label.shapes else {})
            for label in _labels(project)
        ]
    )
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
        yield b',"images":['
        yield from _images(project, batch, categories, spool)
        yield b'],"annotations":['
        spool.seek(0)
        while piece := spool.read(PIECE):
            yield piece
    yield b"]}\n"


def _images(project: Project, batch: Batch | None, categories: dict[str, int], spool: IO[bytes]) -> Iterator[bytes]:
    """The images, each after the comma it needs; their annotations go to the spool."""
    annotation_id = 0
    for image_id, one in enumerate(decided(project, batch), start=1):
        payload = one.payload
        image = {
            "id": image_id,
            "file_name": file_name(payload["name"], payload["asset"]),
            "width": payload["width"],
            "height": payload["height"],
            "external_id": one.external_id,
            "sha256": payload["asset"],
        }
        for region in one.answer["regions"]:
            annotation_id += 1
            annotation = {
                "id": annotation_id,
                "image_id": image_id,
                "category_id": categories[region["label"]],
                **measured(region["shape"]),
                "iscrowd": 0,
                "attributes": region["attributes"],
            }
            spool.write((b"," if annotation_id > 1 else b"") + _json(annotation))
        yield (b"," if image_id > 1 else b"") + _json(image)


def file_name(name: str, sha256: str) -> str:
    """A picture's name as a path that leads nowhere but down: readers write files by it."""
    steps = [step for step in re.split(r"[\\/]+", name) if step not in {"", ".", ".."} and not step.endswith(":")]
    return "/".join("".join(one if one.isprintable() else "_" for one in step) for step in steps) or sha256


def measured(shape: dict[str, Any]) -> dict[str, Any]:
    """A shape as COCO's segmentation, area in pixels, and bbox [x, y, width, height].

    Boxes are their own outline, lines and points have no area: a point is one COCO keypoint (2 in sight, 1 hidden),
    a line stands under "polyline", which COCO has no word for.
    """
    if shape["type"] == "mask":
        rle = {"size": shape["size"], "counts": shape["counts"]}
        return {
            "segmentation": rle,
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


def _flat(points: list) -> list[float]:
    return [value for point in points for value in point]


def _labels(project: Project) -> list:
    """Every label there ever was: older answers may use those that are retired now."""
    return list(project.labels.order_by("position", "id"))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


FORMAT = ExportFormat(
    key="coco",
    title="COCO instances",
    note="Images, masks as run lengths, polygons, boxes and keypoints, categories. Loads in pycocotools.",
    ending=".json",
    media_type="application/json",
    write=write,
)
