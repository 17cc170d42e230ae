"""Spans (pico), masks and boxes (bubil), beside other methods on the same files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import by_part, data, yardsticks
from benchmarks.truth.span_scores import majority, span_f1
from benchmarks.truth.statistics import paired
from benchmarks.truth.verdicts import Ledger
from projects.inference import geometry
from projects.inference.boxes import fuse_boxes
from projects.inference.masks import fuse_masks

Floats = NDArray[np.float64]


def spans(root: Path, ledger: Ledger) -> None:
    """Relaxed and strict span F1, in tokens, with a bootstrap over documents."""
    found = data.documents(root)
    ours = by_part.decided_together(found)[0]
    ledger.say("\n## Spans: pico, 191 documents")
    for name, said in (("majority per token", [majority(one) for one in found]), ("ours", ours)):
        relaxed, strict = span_f1(said, [one.truth for one in found])
        ledger.say(f"{name:20s} relaxed F1 {relaxed:.1%}, strict F1 {strict:.1%}")
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        pick = random.integers(0, len(found), len(found))
        drawn.append(span_f1([ours[i] for i in pick], [found[i].truth for i in pick])[0])
    low, high = np.quantile(drawn, [0.025, 0.975])
    ledger.say(f"ours, bootstrap over documents: {low:.1%} to {high:.1%}; published with more text 75.1 %")
    reached = span_f1(ours, [one.truth for one in found])[0]
    ledger.told("pico, relaxed span F1", "> 68.7 %", f"{reached:.1%}", reached > 0.687)


def regions(root: Path, ledger: Ledger) -> None:
    """Mean IoU of fused masks and boxes with the truth, every method on the same images."""
    found = data.pictures(root)
    masks: dict[str, Sequence[float]] = {"ours": [_iou(_our_mask(one), one.truth) for one in found]}
    masks["majority"] = [_iou(np.sum(one.masks, axis=0) * 2 > len(one.masks), one.truth) for one in found]
    for name in ("SegmentationEM", "SegmentationRASA"):
        fused = yardsticks.masks(name, [one.masks for one in found])
        masks[name] = [_iou(mask, one.truth) for mask, one in zip(fused, found, strict=True)]
    masks["STAPLE"] = [_iou(yardsticks.staple(one.masks), one.truth) for one in found]
    masks["one person"] = [float(np.mean([_iou(mask, one.truth) for mask in one.masks])) for one in found]
    _compare("Masks", masks, ledger)
    boxes = {
        "ours": [fuse_boxes(one.boxes).box for one in found],
        "mean": [one.boxes.mean(0) for one in found],
        "median": [_from_edges(np.median(_edges(one.boxes), axis=0)) for one in found],
        "box fusion": [_box_fusion(one.boxes) for one in found],
        "IoU-weighted mean": [_weighted_mean(one.boxes) for one in found],
    }
    truth = [one.true_box for one in found]
    ious = {name: _box_ious(said, truth) for name, said in boxes.items()}
    _compare("Boxes", ious, ledger)
    gap, low, high = paired([np.array(ious["ours"])], [np.array(ious["median"])])
    ledger.told("bubil, boxes against the median", "lower end ≥ 0", f"{gap:+.4f} ({low:+.4f} to {high:+.4f})", low >= 0)


def _compare(title: str, methods: Mapping[str, Sequence[float]], ledger: Ledger) -> None:
    ledger.say(f"\n## {title}: bubil, {len(methods['ours'])} images, mean IoU")
    for name, values in methods.items():
        ledger.say(f"{name:20s} {np.mean(values):.4f}")
    best = max((name for name in methods if name != "ours"), key=lambda name: float(np.mean(methods[name])))
    gap, low, high = paired([np.array(methods["ours"])], [np.array(methods[best])])
    ledger.say(f"ours - {best}: {gap:+.4f} (paired bootstrap {low:+.4f} to {high:+.4f})")
    ledger.told(f"bubil, {title.lower()}", f"> {best}", f"{gap:+.4f} ({low:+.4f} to {high:+.4f})", gap > 0)


def _our_mask(one: data.Picture) -> NDArray[np.bool_]:
    return geometry.bitmap_from_mask(fuse_masks([geometry.mask_from_bitmap(mask) for mask in one.masks]).mask)


def _iou(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return geometry.bitmap_iou(np.asarray(mask, dtype=bool), truth)


def _edges(boxes: Floats) -> Floats:
    return np.column_stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def _from_edges(edges: Floats) -> Floats:
    return np.concatenate([edges[:2], edges[2:] - edges[:2]])


def _weighted_mean(boxes: Floats) -> Floats:
    weights = geometry.box_ious(boxes, boxes).sum(1) - 1
    return np.average(boxes, axis=0, weights=weights) if weights.sum() > 0 else boxes.mean(0)


def _box_fusion(boxes: Floats) -> Floats:
    """Weighted box fusion (Solovyev et al. 2021) with equal scores: the mean of the largest cluster, each
    box joining the first cluster whose mean it overlaps by 0.55."""
    clusters: list[list[Floats]] = []
    for box in boxes:
        near = [c for c in clusters if geometry.box_ious([np.mean(c, axis=0)], [box])[0, 0] > 0.55]
        if near:
            near[0].append(box)
        else:
            clusters.append([box])
    return np.mean(max(clusters, key=len), axis=0)


def _box_ious(said: Sequence[Sequence[float] | Floats], truth: Sequence[Floats]) -> list[float]:
    return [float(geometry.box_ious([a], [b])[0, 0]) for a, b in zip(said, truth, strict=True)]
