"""From a detector's numbers to boxes in an image. Pure numpy.

A decode spec says how a family of detectors lays its answer out; whatever the family, what comes out is cleaned alike:
what is no number, lies outside, has a label that isn't there or comes in masses is dropped, counted, and told.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from assist.adapters import Boxes, FoundBox

MOST = 200  # boxes of one image
CANDIDATES = 2_000  # that are compared with each other
LEAST_SCORE, OVERLAP = 0.25, 0.5
LEAST_SIDE = 1.0  # pixels

Raw = tuple[np.ndarray, np.ndarray, np.ndarray]  # N×4 corners in pixels of the input, N scores, N numbers of labels
Outputs = Sequence[np.ndarray]


class Undecodable(Exception):
    """The answer isn't laid out as the decode spec says; the message is one sentence."""


def cleaned(
    raw: Raw, size: tuple[int, int], labels: Sequence[str], least: float = LEAST_SCORE, overlap: float = OVERLAP
) -> Boxes:
    """Boxes within an image of (height, width), the surest first; corners are pixels of it. `overlap`: of two boxes of
    one label that share more than this, the surer stays; 1 leaves all."""
    corners, scores, numbers = (np.asarray(one) for one in raw)
    dropped: Counter[str] = Counter()

    def keep(mask: np.ndarray, why: str) -> None:
        nonlocal corners, scores, numbers
        dropped[why] += int(len(mask) - mask.sum())
        corners, scores, numbers = corners[mask], scores[mask], numbers[mask]

    keep(np.isfinite(corners).all(1) & np.isfinite(scores), "not-a-number")
    sure = scores >= least
    corners, scores, numbers = corners[sure], scores[sure], numbers[sure]
    keep(scores <= 1, "score-above-one")
    keep((numbers >= 0) & (numbers < len(labels)), "unknown-label")
    height, width = size
    corners = np.clip(corners, 0, [width, height, width, height])
    keep(((corners[:, 2:] - corners[:, :2]) >= LEAST_SIDE).all(1), "outside")
    order = np.argsort(-scores, kind="stable")[:CANDIDATES]
    dropped["too-many"] += len(scores) - len(order)
    corners, scores, numbers = corners[order], scores[order], numbers[order]
    kept = _apart(corners, numbers, overlap)
    dropped["too-many"] += max(0, len(kept) - MOST)
    found = [_box(corners[n], labels[int(numbers[n])], float(scores[n])) for n in kept[:MOST]]
    return Boxes(found, {why: count for why, count in dropped.items() if count})


def _box(corners: np.ndarray, label: str, score: float) -> FoundBox:
    left, top, right, bottom = (round(float(one), 2) for one in corners)
    return FoundBox(left, top, round(right - left, 2), round(bottom - top, 2), label, round(score, 4))


def _apart(corners: np.ndarray, numbers: np.ndarray, overlap: float) -> list[int]:
    """Places of boxes that overlap no surer one of the same label by more than that; they come by their scores."""
    if overlap >= 1:
        return list(range(len(corners)))
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    alive, kept = np.ones(len(corners), bool), []
    for n in range(len(corners)):
        if not alive[n]:
            continue
        kept.append(n)
        if len(kept) > MOST:
            break
        upper = np.maximum(corners[n, :2], corners[:, :2])
        lower = np.minimum(corners[n, 2:], corners[:, 2:])
        shared = np.clip(lower - upper, 0, None).prod(1)
        alive &= (shared <= overlap * (areas[n] + areas - shared)) | (numbers != numbers[n])
    return kept


def decode(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """What a model's outputs mean. Raises Undecodable."""
    try:
        return DECODERS[options["decode"]](outputs, options, labels)
    except (ValueError, IndexError) as problem:
        raise Undecodable(f"The answer isn't laid out as {options['decode']} lays it out ({problem}).") from None


def _yolo(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """1×(4+labels)×N: centre, size, then a score for each label (YOLOv8 and later)."""
    rows = _rows(outputs[0], 4 + labels)
    return _best(_from_centres(rows[:, :4]), rows[:, 4:])


def _yolo_v5(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """1×N×(5+labels): centre, size, whether there is anything, then a score for each label (YOLOv5, v7)."""
    rows = _rows(outputs[0], 5 + labels)
    return _best(_from_centres(rows[:, :4]), rows[:, 4:5] * rows[:, 5:])


def _rt_detr(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """1×N×labels of logits and 1×N×4 of centres and sizes as shares of the image (RT-DETR, DETR's kin)."""
    logits, centres = _rows(outputs[0], labels), _rows(outputs[1], 4)
    whole = np.array([options["width"], options["height"]] * 2)
    return _best(_from_centres(centres) * whole, 1 / (1 + np.exp(-np.clip(logits, -60, 60))))


def _ssd(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """Boxes 1×N×4, numbers 1×N, scores 1×N, chosen by the model itself (SSD; also detectors exported with their
    selection)."""
    corners, numbers, scores = _rows(outputs[0], 4), outputs[1].reshape(-1), outputs[2].reshape(-1)
    if not len(corners) == len(numbers) == len(scores):
        raise ValueError(f"{len(corners)} boxes, {len(numbers)} labels, {len(scores)} scores")
    if options.get("corners", "yxyx") == "yxyx":
        corners = corners[:, [1, 0, 3, 2]]
    if options.get("scale", "unit") == "unit":
        corners = corners * np.array([options["width"], options["height"]] * 2)
    return corners, scores, numbers.astype(int) - options.get("first_label", 0)


def _nanodet(outputs: Outputs, options: Mapping[str, Any], labels: int) -> Raw:
    """1×N×(labels+4×bins): scores, then for each side a spread of distances from a place of the grid, in steps
    (NanoDet; Li and others, "Generalized Focal Loss", 2020)."""
    bins = options.get("bins", 8)
    rows = _rows(outputs[0], labels + 4 * bins)
    spread = rows[:, labels:].reshape(-1, 4, bins)
    spread = np.exp(spread - spread.max(2, keepdims=True))
    far = (spread / spread.sum(2, keepdims=True)) @ np.arange(bins)
    places, steps = _grid(options)
    if len(places) != len(rows):
        raise ValueError(f"{len(rows)} places, the grid has {len(places)}")
    far = far * steps[:, None]
    return _best(np.hstack([places - far[:, :2], places + far[:, 2:]]), rows[:, :labels])


def _grid(options: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The places of each level, and their steps."""
    places, steps = [], []
    for stride in options.get("strides", [8, 16, 32]):
        down, across = -(-options["height"] // stride), -(-options["width"] // stride)
        ys, xs = np.mgrid[:down, :across]
        places.append((np.stack([xs.ravel(), ys.ravel()], 1) + options.get("offset", 0.0)) * stride)
        steps.append(np.full(down * across, stride))
    return np.concatenate(places), np.concatenate(steps)


DECODERS: dict[str, Callable[[Outputs, Mapping[str, Any], int], Raw]] = {
    "yolo": _yolo,
    "yolo-v5": _yolo_v5,
    "rt-detr": _rt_detr,
    "ssd": _ssd,
    "nanodet": _nanodet,
}


def _rows(output: np.ndarray, wide: int) -> np.ndarray:
    """N×wide, of either way round."""
    plain = np.asarray(output, np.float64)
    plain = plain[0] if plain.ndim == 3 else plain
    if plain.ndim != 2 or wide not in plain.shape:
        raise ValueError(f"an output of {'×'.join(map(str, np.shape(output)))}, where one side is {wide}")
    return plain if plain.shape[1] == wide else plain.T


def _from_centres(rows: np.ndarray) -> np.ndarray:
    return np.hstack([rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2])


def _best(corners: np.ndarray, shares: np.ndarray) -> Raw:
    """The likeliest label of each box; what is no number stays none."""
    numbers = np.where(np.isnan(shares), -np.inf, shares).argmax(1)
    return corners, shares[np.arange(len(shares)), numbers], numbers
