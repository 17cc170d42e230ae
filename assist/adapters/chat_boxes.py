"""Boxes in the words of a language model that sees: what it is sent, and what of its answer counts. Pure.

It says where each thing begins and ends, in thousandths of the picture's sides or in pixels of the picture that it was
sent, whichever its manifest says. What comes of that is cleaned like any detector's boxes.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from assist.adapters import Boxes, answers

UNITS = {
    "thousandths": "thousandths of the picture's width and height, from 0 to 1000",
    "pixels": "pixels of the picture",
}
TOKENS = 32_768  # set aside for one picture: servers count between a thousand and twenty-six thousand
QUALITY = 90  # of the JPEG that is sent
SIDES = ("left", "top", "right", "bottom")


def turn(image: np.ndarray) -> dict[str, Any]:
    """The picture as what a person would say: data and nothing else."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=QUALITY)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    picture = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{content}"}}
    return {"role": "user", "content": [picture]}


def schema(labels: Sequence[str], unit: str) -> dict[str, Any]:
    """Of an answer; what its numbers mean stands in it."""
    sides = {name: {"type": "number"} for name in SIDES}
    one = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(labels)}, **sides},
        "required": ["label", *SIDES],
        "additionalProperties": False,
    }
    told = f"A box around each thing with a label. Its sides are {UNITS[unit]}, from the upper left corner."
    return {
        "type": "object",
        "properties": {"boxes": {"type": "array", "description": told, "items": one}},
        "required": ["boxes"],
        "additionalProperties": False,
    }


def check(said: dict[str, Any]) -> dict[str, Any]:
    """It is boxes and nothing else; which of them can be is told by `placed`. Raises CopilotError "no-answer"."""
    if said.keys() != {"boxes"}:
        raise answers.broken("it is not boxes and nothing else")
    for one in answers.a_list(said["boxes"], "boxes"):
        if not isinstance(one, dict) or one.keys() != {"label", *SIDES}:
            raise answers.broken("a box is not a label and four sides")
        if not isinstance(one["label"], str) or not 0 < len(one["label"]) <= answers.LONGEST:
            raise answers.broken("a box has no label")
    return said


def placed(
    rows: Sequence[dict[str, Any]],
    unit: str,
    sent: tuple[int, int],
    size: tuple[int, int],
    labels: Sequence[str],
) -> Boxes:
    """In pixels of an image of `size`, of which `sent` was sent: heights and widths. What can't be is dropped, counted
    and told, as of any detector. Without scores: what such a model says of its own sureness means little."""
    down, across = (whole / (1000 if unit == "thousandths" else part) for whole, part in zip(size, sent, strict=True))
    boxes = answers.boxes([_corner(one, across, down) for one in rows], size, labels)
    return replace(boxes, found=[replace(one, score=None) for one in boxes.found])


def _corner(one: dict[str, Any], across: float, down: float) -> dict[str, Any]:
    """x, y, width and height; what isn't four numbers is told as no number."""
    if not all(answers.is_number(one[side]) for side in SIDES):
        return {"label": one["label"]}
    left, right = one["left"] * across, one["right"] * across
    top, bottom = one["top"] * down, one["bottom"] * down
    return {"label": one["label"], "x": left, "y": top, "width": right - left, "height": bottom - top}
