"""How good an answer is beside the known one, and what is wrong with it, part by part. Pure.

Each part that was asked for earns credit in [0, 1], and the score is the credit's share of what was asked and said
together: 2 × credit / (parts said + parts known). So a missed part and an invented one cost the same, and an empty
answer to an empty task is perfect.

- A span with the right bounds and label earns 1. Bounds that are off earn the share of characters in common with the
  known span (IoU); where a project matches spans by overlap, any overlap earns 1.
- A region with the right label earns 1 from the project's IoU on, and below it IoU ÷ that threshold.
- What is off and yet earns 1 is said apart, as close: it counts as right, and is not the right answer.
- A wrong label on the right place earns a fifth of what the place earns: what a thing is matters most. So do wrong
  attributes where all that count are wrong, and in proportion where some are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

import numpy as np
import scipy

from projects.inference import geometry, vector_shapes
from projects.inference.agreement import shape_ious
from projects.inference.told_apart import Counted, differing

WRONG_LABEL = 0.2
LABEL_FIRST = 0.25  # so much likeness of places the right label makes up for, when parts are paired
SLIGHT = 0.1  # two regions that share less than this are not taken for the same thing
NO_DIFFERENCE = 0.995  # IoU from which two places are taken for the same: it reads as 100 %
MOST = 200  # differences told; a score counts them all
SIDES = ("left", "top", "right", "bottom")


class Difference(TypedDict):
    """One thing that is wrong: plain values, so that it can be stored and said in any language."""

    # missed, extra, wrong-label, wrong-attribute, bounds, choice; close: the bounds are off and count as right
    code: str
    label: str | list[str]  # the right one (or more, of a field); for what is extra the one it was given
    given: NotRequired[str | list[str]]  # the label it was given, where that is wrong
    field: NotRequired[str]  # the key of the field, where an answer has fields
    attribute: NotRequired[str]  # the key of the attribute that is wrong, of a mark with the right label
    values: NotRequired[list[Any]]  # what it was given and what is right; None for what was left open
    at: NotRequired[list[int]]  # where: [start, end] of a text, or [x, y, width, height] in pixels
    off: NotRequired[int]  # how far the worst side is off, in characters or pixels
    side: NotRequired[str]  # which side that is: start, end, left, top, right, bottom
    overlap: NotRequired[float]  # IoU with what is known
    least: NotRequired[float]  # IoU from which it counts as right


@dataclass(frozen=True)
class GoldCheck:
    """The score in [0, 1], and what is wrong in the order of the task; nothing is wrong at 1.

    `labels` says the same of each label that was asked for or said: the mean credit of its parts. `close` is what is
    off without costing anything.
    """

    score: float
    differences: list[Difference]
    labels: dict[str, float] = field(default_factory=dict)
    close: list[Difference] = field(default_factory=list)


def check_spans(
    answer: Mapping[str, Any], known: Mapping[str, Any], how: str = "exact", counted: Counted | None = None
) -> GoldCheck:
    """An answer of spans beside the known one; `how` is the project's span_match, `counted` what told_apart.py says."""
    said, right = answer["spans"], known["spans"]
    credits, found, close = list[float](), list[Difference](), list[Difference]()
    pairs = _pairs(geometry.span_overlaps(_bounds(said), _bounds(right)), said, right, 0.0)
    for i, j, likeness in pairs:
        place = 1.0 if how == "overlap" else likeness
        credits.append(place * _label_credit(said[i], right[j], counted))
        found += _label_wrong(said[i], right[j], [right[j]["start"], right[j]["end"]], counted)
        if place < 1:
            found.append(_span_off(said[i], right[j]))
        elif likeness < NO_DIFFERENCE:
            close.append(_span_off(said[i], right[j]) | {"code": "close"})
    lost = _left_over(said, right, pairs, lambda span: [span["start"], span["end"]])
    return _result(said, right, pairs, credits, found + lost, close)


def check_regions(
    answer: Mapping[str, Any], known: Mapping[str, Any], iou: float = 0.5, counted: Counted | None = None
) -> GoldCheck:
    """An answer of regions beside the known one; `iou` is the project's threshold, `counted` as for spans."""
    said, right = answer["regions"], known["regions"]
    credits, found, close = list[float](), list[Difference](), list[Difference]()
    shapes = (vector_shapes.with_reach([one["shape"] for one in some]) for some in (said, right))
    likenesses = scipy.sparse.coo_array(shape_ious(*shapes))
    pairs = _pairs(likenesses, said, right, min(SLIGHT, iou))
    for i, j, likeness in pairs:
        place = min(1.0, likeness / iou) if iou else 1.0
        credits.append(place * _label_credit(said[i], right[j], counted))
        found += _label_wrong(said[i], right[j], box_of(right[j]["shape"]), counted)
        if place < 1:
            found.append(_region_off(said[i], right[j], likeness))
        elif likeness < NO_DIFFERENCE:
            close.append(_region_off(said[i], right[j], likeness) | {"code": "close", "least": iou})
    lost = _left_over(said, right, pairs, lambda region: box_of(region["shape"]))
    return _result(said, right, pairs, credits, found + lost, close)


def box_of(shape: Mapping[str, Any]) -> list[int]:
    """The [x, y, width, height] around a shape of any kind, in whole pixels."""
    return (
        geometry.mask_box(shape) if shape["type"] == "mask" else [round(side) for side in vector_shapes.box_of(shape)]
    )


def _pairs(
    likeness: scipy.sparse.coo_array, said: Sequence, right: Sequence, least: float
) -> list[tuple[int, int, float]]:
    """What is meant by what, one to one, and how alike the places are: the best in total, the right label first."""
    keep = likeness.data > least
    if not keep.any():
        return []
    row, column, value = likeness.row[keep], likeness.col[keep], likeness.data[keep]
    mine, theirs = (np.array([part["label"] for part in parts], dtype=object) for parts in (said, right))
    worth = value + LABEL_FIRST * (mine[row] == theirs[column])
    meant = geometry.match(scipy.sparse.coo_array((worth, (row, column)), shape=(len(said), len(right))), 0.0)
    alike = scipy.sparse.coo_array((value, (row, column)), shape=(len(said), len(right))).tocsr()
    return [(i, j, float(alike[i, j])) for i, j in meant]


def _label_credit(said: Mapping[str, Any], right: Mapping[str, Any], counted: Counted | None) -> float:
    if said["label"] != right["label"]:
        return WRONG_LABEL
    wrong = differing(said, right, counted)
    return 1 - (1 - WRONG_LABEL) * len(wrong) / len((counted or {})[right["label"]]) if wrong else 1.0


def _label_wrong(
    said: Mapping[str, Any], right: Mapping[str, Any], at: list[int], counted: Counted | None
) -> list[Difference]:
    if said["label"] == right["label"]:
        return [_attribute_wrong(said, right, at, key) for key in differing(said, right, counted)]
    return [{"code": "wrong-label", "label": right["label"], "given": said["label"], "at": at}]


def _attribute_wrong(said: Mapping[str, Any], right: Mapping[str, Any], at: list[int], key: str) -> Difference:
    values = [one["attributes"].get(key) for one in (said, right)]
    return {"code": "wrong-attribute", "label": right["label"], "attribute": key, "values": values, "at": at}


def _span_off(said: Mapping[str, Any], right: Mapping[str, Any]) -> Difference:
    by = {side: abs(said[side] - right[side]) for side in ("start", "end")}
    side = max(by, key=lambda one: by[one])
    at = [right["start"], right["end"]]
    return {"code": "bounds", "label": right["label"], "at": at, "off": by[side], "side": side}


def _region_off(said: Mapping[str, Any], right: Mapping[str, Any], overlap: float) -> Difference:
    mine, known = box_of(said["shape"]), box_of(right["shape"])
    by = dict(zip(SIDES, np.abs(np.subtract(_edges(mine), _edges(known))), strict=True))
    side = max(by, key=lambda one: by[one])
    off, overlap = int(by[side]), round(overlap, 3)
    return {"code": "bounds", "label": right["label"], "at": known, "off": off, "side": side, "overlap": overlap}


def _edges(box: Sequence[int]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    return x, y, x + width, y + height


def _left_over(said: Sequence, right: Sequence, pairs: Sequence[tuple[int, int, float]], at: Any) -> list[Difference]:
    used, found = {i for i, _, _ in pairs}, {j for _, j, _ in pairs}
    lost: list[Difference] = [
        {"code": "missed", "label": one["label"], "at": at(one)} for j, one in enumerate(right) if j not in found
    ]
    return lost + [
        {"code": "extra", "label": one["label"], "at": at(one)} for i, one in enumerate(said) if i not in used
    ]


def _result(
    said: Sequence[Mapping[str, Any]],
    right: Sequence[Mapping[str, Any]],
    pairs: Sequence[tuple[int, int, float]],
    credits: Sequence[float],
    differences: list[Difference],
    close: list[Difference],
) -> GoldCheck:
    close.sort(key=lambda one: one.get("at", []))
    differences.sort(key=lambda one: (one.get("at", []), one["code"]))
    parts = len(said) + len(right)
    score = min(1.0, 2 * sum(credits) / parts) if parts else 1.0
    return GoldCheck(score, differences[:MOST], _by_label(said, right, pairs, credits), close[:MOST])


def _by_label(
    said: Sequence[Mapping[str, Any]],
    right: Sequence[Mapping[str, Any]],
    pairs: Sequence[tuple[int, int, float]],
    credits: Sequence[float],
) -> dict[str, float]:
    """The score of each label: its parts, said and known, earn what their pair does, and nothing without one."""
    earned: dict[str, float] = defaultdict(float)
    for (i, j, _), credit in zip(pairs, credits, strict=True):
        earned[said[i]["label"]] += credit
        earned[right[j]["label"]] += credit
    parts = Counter(one["label"] for some in (said, right) for one in some)
    return {label: min(1.0, earned[label] / parts[label]) for label in sorted(parts)}


def _bounds(spans: Sequence[Mapping[str, Any]]) -> np.ndarray:
    return np.array([(one["start"], one["end"]) for one in spans], dtype=np.int64).reshape(-1, 2)
