"""Regions in images: each region is a shape with a label.

Payload: {"asset": sha256, "width": w, "height": h, "name": file name, "meta"?: {}}.
Answer: {"regions": [{"id", "label", "shape", "attributes", "provenance"}]} in drawing order (later ones
lie on top). A shape today is a mask over the whole image; SHAPES is the one place that knows shapes.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from projects.aggregation.masks import merge_regions
from projects.agreement import regions_agreement
from projects.errors import Refused
from projects.tasktypes import shape as check
from projects.tasktypes.protocol import Answer, Payload
from projects.tasktypes.rle import check_mask

MAX_REGIONS = 1000
MAX_SIDE = 32_768
MAX_PIXELS = 64_000_000
MAX_COUNTS = 8_000_000  # characters in one mask; a checkerboard of 4 megapixels
DEFAULT_IOU = 0.5  # from this overlap on, two regions of one label are the same region
SHA256 = re.compile(r"[0-9a-f]{64}")


def mask(value: dict, payload: Payload, place: str) -> dict[str, Any]:
    """A mask: {"type": "mask", "size": [height, width], "counts": COCO's compressed run lengths}."""
    check.an_object(value, place, ("type", "size", "counts"))
    size = check.a_list(value["size"], f"{place}.size", 2, "wrong-shape")
    if len(size) != 2:
        raise Refused("A size is [height, width].", code="wrong-shape", place=f"{place}.size")
    height, width = (check.an_integer(side, f"{place}.size[{index}]", 1, MAX_SIDE) for index, side in enumerate(size))
    if (height, width) != (payload["height"], payload["width"]):
        text = (
            f"The mask is for an image of {width} × {height}; this image is {payload['width']} × {payload['height']}."
        )
        raise Refused(text, code="wrong-mask-size", place=f"{place}.size")
    counts = check.a_text(value["counts"], f"{place}.counts", MAX_COUNTS, blank=True)
    return {
        "type": "mask",
        "size": [height, width],
        "counts": check_mask(counts, height, width, f"{place}.counts"),
    }


SHAPES: dict[str, Callable[[dict, Payload, str], dict[str, Any]]] = {"mask": mask}


class ImageRegions:
    """The room of regions in images; see projects.tasktypes.protocol for what each method promises."""

    key = "image_regions"
    title = "Regions in images"
    media = "image"
    answer_list = "regions"
    payload_fields: tuple[str, ...] = ("asset", "width", "height", "name", "meta")
    intakes: tuple[str, ...] = ("zip", "jsonl")
    exports: tuple[str, ...] = ("jsonl", "coco")

    def check_payload(self, payload: object) -> Payload:
        found = check.an_object(payload, "", ("asset", "width", "height", "name"), ("meta",))
        asset = found["asset"]
        if not isinstance(asset, str) or not SHA256.fullmatch(asset):
            raise Refused("An asset is named by its sha256, 64 hex digits.", code="bad-asset", place="asset")
        width = check.an_integer(found["width"], "width", 1, MAX_SIDE)
        height = check.an_integer(found["height"], "height", 1, MAX_SIDE)
        if width * height > MAX_PIXELS:
            text = f"The image has {width * height} pixels; at most {MAX_PIXELS} are allowed."
            raise Refused(text, code="too-many-pixels", place="width")
        name = check.a_text(found["name"], "name", 500)
        canonical: Payload = {"asset": asset, "width": width, "height": height, "name": name}
        if found.get("meta") is not None and check.meta(found["meta"], "meta"):
            canonical["meta"] = found["meta"]
        return canonical

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        regions = check.an_object(answer, "", ("regions",))["regions"]
        regions = check.a_list(regions, "regions", MAX_REGIONS, "too-many-regions")
        seen: set[str] = set()
        return {
            "regions": [
                self._region(region, f"regions[{index}]", payload, labels, seen) for index, region in enumerate(regions)
            ]
        }

    def _region(
        self, region: object, place: str, payload: Payload, labels: Collection[str], seen: set[str]
    ) -> dict[str, Any]:
        found = check.an_object(region, place, ("id", "label", "shape"), ("attributes", "provenance"))
        shape = found["shape"]
        if not isinstance(shape, dict):
            text = f"Expected an object here, found {check.kind(shape)}."
            raise Refused(text, code="wrong-shape", place=f"{place}.shape")
        shape_type = shape.get("type")
        if not isinstance(shape_type, str) or shape_type not in SHAPES:
            text = f"A shape is one of: {', '.join(SHAPES)}."
            raise Refused(text, code="unknown-shape", place=f"{place}.shape.type")
        return {
            "id": check.a_part_id(found["id"], f"{place}.id", seen),
            "label": check.a_label(found["label"], f"{place}.label", labels),
            "shape": SHAPES[shape_type](shape, payload, f"{place}.shape"),
            "attributes": check.attributes(found.get("attributes", {}), f"{place}.attributes"),
            "provenance": check.provenance(found.get("provenance"), f"{place}.provenance"),
        }

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        return regions_agreement(a, b, thresholds.get("iou", DEFAULT_IOU))

    def merge(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> Answer:
        return merge_regions(answers, thresholds.get("iou", DEFAULT_IOU))

    def labels_used(self, answer: Answer) -> set[str]:
        return {region["label"] for region in answer["regions"]}

    def is_empty(self, answer: Answer) -> bool:
        return not answer["regions"]
