"""How much of an offer was changed before it was handed in: one less the overlap of both. Pure."""

from difflib import SequenceMatcher
from typing import Any

import numpy as np
from pycocotools import mask as coco

from projects.inference.agreement import shape_ious
from projects.inference.fields import value_agreement


def of(output: dict[str, Any], part: dict[str, Any]) -> float:
    """From 0 (left as it was) to 1 (nothing in common). Masks by their pixels, spans by their characters, paths of a
    tree by how far down they are the same.

    A span under another label is another statement about the same words: at least half of it was changed.
    """
    if "part" in output:
        return round(_of_words(output, part), 4)
    if "shape" in output:
        return round(_of_shapes(output, part), 4)
    if "box" in output:
        changed = max(_of_boxes(output, part.get("shape", {})), _of_words(output, part))
        return round(changed if part.get("label") == output["label"] else max(0.5, changed), 4)
    if "masks" in output:
        return round(_of_masks(output, part.get("shape", {})), 4)
    if "field" in output:
        same_field = part.get("field") == output["field"] and part.get("kind") == output["kind"]
        return round(1 - value_agreement(output["kind"], output["value"], part["value"]), 4) if same_field else 1.0
    shared = min(output["end"], part["end"]) - max(output["start"], part["start"])
    whole = max(output["end"], part["end"]) - min(output["start"], part["start"])
    changed = 1 - max(0, shared) / whole
    return round(changed if part.get("label") == output["label"] else max(0.5, changed), 4)


def _of_shapes(output: dict[str, Any], part: dict[str, Any]) -> float:
    """Of a region as it was imported; as with spans, another label alone is at least half of it."""
    if "shape" not in part:
        return 1.0
    ((shared,),) = shape_ious([output["shape"]], [part["shape"]])
    changed = 1 - float(shared)
    return changed if part.get("label") == output["label"] else max(0.5, changed)


def _of_words(output: dict[str, Any], part: dict[str, Any]) -> float:
    """Of what a model read: the share of letters that were put right."""
    kept = part.get("attributes", {})
    pairs = [(said, str(kept.get(name, ""))) for name, said in output.get("attributes", {}).items()]
    return max((1 - SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in pairs), default=0.0)


def _of_boxes(output: dict[str, Any], shape: dict[str, Any]) -> float:
    """Against the box; or, where a mask was made of it, against that."""
    if shape.get("type") != "box":
        return _of_masks(output, shape) if "masks" in output else 1.0
    x, y, width, height = output["box"]
    across = min(x + width, shape["x"] + shape["width"]) - max(x, shape["x"])
    down = min(y + height, shape["y"] + shape["height"]) - max(y, shape["y"])
    shared = max(0.0, across) * max(0.0, down)
    return 1 - shared / (width * height + shape["width"] * shape["height"] - shared)


def _of_masks(output: dict[str, Any], shape: dict[str, Any]) -> float:
    """Against the likest of the masks on offer; a shape that is no mask any more has nothing in common."""
    if "counts" not in shape:
        return 1.0
    made = pixels(shape)
    return 1 - max(overlap(made, pixels(mask)) for mask in output["masks"])


def overlap(made: np.ndarray, offer: np.ndarray) -> float:
    """Intersection over union of two masks of one image, the offer brought to the size of what was made."""
    return _overlap(made, _at_size(offer, made.shape))


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def _at_size(pixels: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Masks travel at 1,024 pixels at most; the nearest pixel tells what the page made of one."""
    if pixels.shape == size:
        return pixels
    rows = (np.arange(size[0]) + 0.5) * pixels.shape[0] / size[0]
    columns = (np.arange(size[1]) + 0.5) * pixels.shape[1] / size[1]
    return pixels[np.ix_(rows.astype(int), columns.astype(int))]


def pixels_at(shape: dict[str, Any], size: tuple[int, ...]) -> np.ndarray:
    """The same, at the size of the image that it is of."""
    return _at_size(pixels(shape), size)


def pixels(shape: dict[str, Any]) -> np.ndarray:
    """A mask's pixels, [height, width]."""
    return coco.decode({"size": shape["size"], "counts": shape["counts"].encode()}).astype(bool)
