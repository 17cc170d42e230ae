"""Regions in images: each region is a shape with a label.

Payload: {"asset": sha256, "width": w, "height": h, "name": file name, "meta"?: {}}.
Answer: {"regions": [{"id", "label", "shape", "attributes", "provenance"}]} in drawing order (later ones
lie on top). The shapes are in region_shapes.py; which of them a label takes, and with what attributes, the
project says.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from projects.errors import Refused
from projects.inference import part_matches
from projects.inference.agreement import regions_agreement
from projects.inference.gold_check import GoldCheck, check_regions
from projects.inference.masks import merge_regions
from projects.inference.region_parts import IOU
from projects.inference.told_apart import by_attributes
from projects.task_types import effort, studio_keys
from projects.task_types import shape as check
from projects.task_types.answer_limits import MAX_REGIONS, SHA256
from projects.task_types.protocol import Answer, Payload
from projects.task_types.region_shapes import MAX_SIDE, SHAPES

MAX_PIXELS = 64_000_000
MAX_POINTS_IN_ALL = 50_000  # of all polygons and lines of one answer
MAX_COUNTS_IN_ALL = 8_000_000  # characters of all masks of one answer
MAX_COMPARING = 10.0  # seconds that comparing an answer with one like it may take


class ImageRegions:
    """The room of regions in images; see projects.task_types.protocol for what each method promises."""

    key = "image_regions"
    title = "Regions in images"
    media = "image"
    answer_list = "regions"
    payload_fields: tuple[str, ...] = ("asset", "width", "height", "name", "meta")
    unit = "region"
    settings_asked: tuple[str, ...] = ("copilot", "empty_usual", "iou", "minimum_score")
    labels_asked: tuple[str, ...] = ("shapes", "attributes")

    def check_payload(self, payload: object) -> Payload:
        found = check.an_object(payload, "", ("asset", "width", "height", "name"), ("meta",))
        asset = found["asset"]
        if not isinstance(asset, str) or not SHA256.fullmatch(asset):
            raise Refused("An asset is named by its sha256, 64 hex digits.", code="bad-asset", place="asset")
        width = check.an_integer(found["width"], "width", 1, MAX_SIDE)
        height = check.an_integer(found["height"], "height", 1, MAX_SIDE)
        if width * height > MAX_PIXELS:
            raise Refused(
                "The image has %(pixels)s pixels; at most %(most)s are allowed.",
                code="too-many-pixels",
                place="width",
                pixels=width * height,
                most=MAX_PIXELS,
            )
        name = check.a_text(found["name"], "name", 500)
        canonical: Payload = {"asset": asset, "width": width, "height": height, "name": name}
        if found.get("meta") is not None and check.meta(found["meta"], "meta"):
            canonical["meta"] = found["meta"]
        return canonical

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        regions = check.an_object(answer, "", ("regions",))["regions"]
        regions = check.a_list(regions, "regions", MAX_REGIONS, "too-many-regions")
        _check_sizes(regions)
        seen: set[str] = set()
        checked = [
            self._region(region, f"regions[{index}]", payload, labels, seen) for index, region in enumerate(regions)
        ]
        if effort.comparing(checked, MAX_COMPARING) > MAX_COMPARING:
            text = "Too much lies over each other to be compared: draw fewer shapes at one place, with fewer corners."
            raise Refused(text, code="too-much-overlap", place="regions")
        return {"regions": checked}

    def check_answerable(self, labels: Sequence[Mapping], fields: Sequence[Mapping]) -> None:
        check.some_labels(labels)

    def _region(
        self, region: object, place: str, payload: Payload, labels: Collection[str], seen: set[str]
    ) -> dict[str, Any]:
        found = check.an_object(region, place, ("id", "label", "shape"), ("attributes", "provenance"))
        shape = found["shape"]
        if not isinstance(shape, dict):
            raise Refused(
                "Expected an object here, found %(found)s.",
                code="wrong-shape",
                place=f"{place}.shape",
                found=check.kind(shape),
            )
        shape_type = shape.get("type")
        if not isinstance(shape_type, str) or shape_type not in SHAPES:
            raise Refused(
                "A shape is one of: %(choices)s.",
                code="unknown-shape",
                place=f"{place}.shape.type",
                choices=", ".join(SHAPES),
            )
        label = check.a_label(found["label"], f"{place}.label", labels)
        rule = check.rule_of(labels, label)
        if shape_type not in rule.get("shapes", SHAPES):
            raise Refused(
                "The label “%(label)s” takes %(choices)s, not %(shape_type)s.",
                code="shape-not-taken",
                place=f"{place}.shape.type",
                label=label,
                choices=", ".join(rule["shapes"]),
                shape_type=shape_type,
            )
        return {
            "id": check.a_part_id(found["id"], f"{place}.id", seen),
            "label": label,
            "shape": SHAPES[shape_type](shape, payload, f"{place}.shape"),
            **check.described(found, place, rule.get("attributes")),
        }

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        mine, theirs = (by_attributes(one, self.answer_list, thresholds.get("counted")) for one in (a, b))
        return regions_agreement(mine, theirs, thresholds.get("iou", IOU))

    def gold_check(self, answer: Answer, known: Answer, thresholds: Mapping[str, Any]) -> GoldCheck:
        return check_regions(answer, known, thresholds.get("iou", IOU), thresholds.get("counted"))

    def merge(
        self, answers: Sequence[Answer], thresholds: Mapping[str, Any], trust: Sequence[float] | None = None
    ) -> Answer:
        return merge_regions(answers, thresholds.get("iou", IOU))

    def matched_parts(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[tuple[int, int]]]:
        return part_matches.of_regions(answers, thresholds.get("iou", IOU))

    def effort(self, answers: Sequence[Answer], enough: float) -> float:
        return effort.regions([answer["regions"] for answer in answers], enough)

    def labels_used(self, answer: Answer) -> set[str]:
        return {region["label"] for region in answer["regions"]}

    def only(self, answer: Answer, label: str) -> Answer:
        return check.under_label(answer, self.answer_list, label)

    def relabelled(self, answer: Answer, labels: Mapping[str, str | None]) -> tuple[Answer, bool]:
        return check.under_labels(answer, self.answer_list, labels)

    def shown(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("width", "height")}

    def studio_keys(self, labels: Sequence[Mapping], grid: int = 1) -> Mapping[str, str]:
        return studio_keys.of_regions(labels)

    def units(self, answer: Answer, payload: Payload) -> int:
        return len(answer["regions"])

    def is_empty(self, answer: Answer) -> bool:
        return not answer["regions"]


def _check_sizes(regions: Sequence[object]) -> None:
    """Refused for more corners, or longer masks, than one answer may hold; before anything is looked at closely."""
    points = counts = 0
    for region in regions:
        shape = region.get("shape") if isinstance(region, dict) else None
        if isinstance(shape, dict):
            points += len(shape["points"]) if isinstance(shape.get("points"), list) else 0
            counts += len(shape["counts"]) if isinstance(shape.get("counts"), str) else 0
    for size, most, code, text in (
        (
            points,
            MAX_POINTS_IN_ALL,
            "too-many-points",
            "An answer holds at most %(most)s corners in all, not %(size)s.",
        ),
        (counts, MAX_COUNTS_IN_ALL, "too-much-mask", "The masks of an answer are too ragged to be kept: smooth them."),
    ):
        if size > most:
            raise Refused(text, code=code, place="regions", most=most, size=size)
