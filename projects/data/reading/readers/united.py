"""Boxes and masks of one thing, which some formats tell apart: the mask says where it is, and both what it is like."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pycocotools import mask as coco

NEAR = 1.0  # pixels between a box and the tight one around its mask
Told = dict[str, Any]  # an annotation as datumaro_items.py writes it


def united(found: Sequence[Told]) -> list[Told]:
    """The annotations, without boxes that say no more than a mask of their group and label: it has their attributes.
    Groups of one are none."""
    kept: list[Told] = []
    boxes = {_thing(one): one for one in found if one["kind"] == "bbox" and "group" in one["attributes"]}
    told: set[int] = set()
    for one in found:
        box = boxes.get(_thing(one)) if one["kind"] == "mask" else None
        if box is not None and id(box) not in told and _around(one, box):
            told.add(id(box))
            score = box["score"] if one["score"] is None else one["score"]
            one = one | {"attributes": box["attributes"] | one["attributes"], "score": score}
        kept.append(one)
    kept = [one for one in kept if id(one) not in told]
    groups = Counter(one["attributes"].get("group") for one in kept)
    return [one if groups[one["attributes"].get("group")] > 1 else _alone(one) for one in kept]


def _thing(one: Told) -> tuple[Any, Any]:
    return (one["attributes"].get("group"), one["label"])


def _around(mask: Told, box: Told) -> bool:
    x, y, width, height = (float(side) for side in coco.toBbox(mask["mask"]))
    left, top, wide, tall = box["numbers"]
    sides = ((x, left), (y, top), (x + width, left + wide), (y + height, top + tall))
    return all(abs(a - b) <= NEAR for a, b in sides)


def _alone(one: Told) -> Told:
    return one | {"attributes": {name: value for name, value in one["attributes"].items() if name != "group"}}
