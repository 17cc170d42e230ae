"""Folders of crowds that nobody here has seen, measured as the product would decide them.

A set is one folder (or, of images, one archive): `labels.csv` and `truth.csv` are classes; JSON lines with `tokens`,
`workers` and `gold` are spans; `boxes.csv` or `gold.png` beside `slotN.png` of each image are boxes and masks;
`comparisons.csv` are pairs. Needs no extra.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import by_part, comparisons, data, unseen
from benchmarks.truth.span_scores import majority, span_f1
from projects.inference import geometry
from projects.inference.boxes import fuse_boxes
from projects.inference.masks import fuse_masks, majority_mask

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What one method reaches on one set; `ece` is None where the method doesn't say how sure it is."""

    set: str
    kind: str
    method: str
    measure: str
    value: float
    seconds: float
    ece: float | None = None


def measure(place: Path) -> list[Measured]:
    """Every method on the set that lies here; nothing if it is of another kind."""
    name = place.name.partition(".")[0]
    if (place / "labels.csv").is_file() and (place / "truth.csv").is_file():
        return _classes(data.categorical(place.parent, place.name))
    if place.is_dir() and (pairs := place / "comparisons.csv").is_file():
        return _pairs(name, data.comparisons_in(pairs))
    if place.is_dir() and (lines := sorted(place.glob("*.jsonl"))):
        return _spans(name, [one for path in lines for one in data.documents_in(path)])
    if place.name.endswith((".tar.gz", ".tgz")):
        return _images(name, data.pictures_in(place))
    root = next((path.parent for path in sorted(place.rglob("boxes.csv"))), None) if place.is_dir() else None
    root = root or next((path.parents[1] for path in sorted(place.rglob("gold.png"))), None)
    return _images(name, data.pictures_in(root)) if root else []


def _classes(found: data.Labels) -> list[Measured]:
    if not found.known.any():
        raise ValueError("truth.csv has none of the tasks of labels.csv")
    rows = []
    for method, ask in unseen.METHODS.items():
        started = time.process_time()
        posterior = ask(found.task, found.worker, found.label, unseen.sizes_of(found))
        seconds = time.process_time() - started
        hits = unseen.right(posterior, found)
        ece = unseen.error_after(posterior[found.known], hits, found.classes)
        rows.append(Measured(found.name, "classes", method, "accuracy", float(hits.mean()), seconds, ece))
    return rows


def _spans(name: str, found: Sequence[data.Document]) -> list[Measured]:
    truth = [one.truth for one in found]
    rows = []
    together, together_error, together_seconds = by_part.decided_together(found)
    started = time.process_time()
    plain = [majority(one) for one in found]
    majority_seconds = time.process_time() - started
    by_turns, error, part_seconds = by_part.decided_apart(found)
    ways = (
        ("ours, all texts together", together, together_seconds, together_error),
        ("spans_v1", by_turns, part_seconds, error),
        ("majority per token", plain, majority_seconds, None),
    )
    for method, said, took, ece in ways:
        for measure_name, value in zip(("relaxed F1", "strict F1"), span_f1(said, truth), strict=True):
            rows.append(Measured(name, "spans", method, measure_name, float(value), took, ece))
    return rows


def _images(name: str, found: Sequence[data.Picture]) -> list[Measured]:
    masks = [one for one in found if one.masks]
    boxes = [one for one in found if len(one.boxes)]
    rows = []
    mask_ways: dict[str, Callable[[data.Picture], dict]] = {
        "ours": lambda one: fuse_masks([geometry.mask_from_bitmap(mask) for mask in one.masks]).mask,
        "majority": lambda one: majority_mask([geometry.mask_from_bitmap(mask) for mask in one.masks]),
    }
    for method, fuse in mask_ways.items() if masks else ():
        started = time.process_time()
        fused = [geometry.bitmap_from_mask(fuse(one)) for one in masks]
        seconds = time.process_time() - started
        value = float(np.mean([geometry.bitmap_iou(a, one.truth) for a, one in zip(fused, masks, strict=True)]))
        rows.append(Measured(name, "masks", method, "IoU", value, seconds))
    box_ways: dict[str, Callable[[data.Picture], Sequence[float] | Floats]] = {
        "ours": lambda one: fuse_boxes(one.boxes).box,
        "median": lambda one: _of_edges(np.median(_edges(one.boxes), axis=0)),
        "mean": lambda one: one.boxes.mean(0),
    }
    for method, merge in box_ways.items() if boxes else ():
        started = time.process_time()
        merged = [merge(one) for one in boxes]
        seconds = time.process_time() - started
        ious = [float(geometry.box_ious([a], [one.true_box])[0, 0]) for a, one in zip(merged, boxes, strict=True)]
        rows.append(Measured(name, "boxes", method, "IoU", float(np.mean(ious)), seconds))
    return rows


def _pairs(name: str, rows: list[dict[str, str]]) -> list[Measured]:
    votes, pair, items, people = comparisons.as_votes(rows)
    started = time.process_time()
    hits = comparisons.unseen(votes, pair, items, people)
    seconds = time.process_time() - started  # of all of them together
    return [
        Measured(name, "pairs", method, "votes on unseen pairs", float(values.mean()), seconds)
        for method, values in hits.items()
    ]


def _edges(boxes: Floats) -> Floats:
    return np.column_stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def _of_edges(edges: Floats) -> Floats:
    return np.concatenate([edges[:2], edges[2:] - edges[:2]])
