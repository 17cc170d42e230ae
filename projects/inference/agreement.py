"""How far two answers agree, in [0, 1], and the measures reported beside it.

Agreement of two answers is 2 × matched / (size of one + size of the other): the share of what both
said that has a partner in the other answer, matched one to one. Two empty answers agree fully; an empty
one and a full one not at all. It is symmetric, and the order in which instances are listed is nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from projects.inference import geometry
from projects.inference.geometry import Matrix
from projects.inference.vector_shapes import LIKENESS, with_reach

SpanMatch = Literal["exact", "overlap"]


@dataclass(frozen=True)
class F1:
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float

    @property
    def value(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def shape_ious(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Matrix:
    """Likeness in [0, 1] of each shape with each shape, which is IoU for all that has an area: the one place
    that knows the kinds of shape. Two shapes of different kinds have nothing in common."""
    out = np.zeros((len(first), len(second)))
    for kind, measure in _MEASURES.items():
        rows = [i for i, shape in enumerate(first) if shape["type"] == kind]
        columns = [j for j, shape in enumerate(second) if shape["type"] == kind]
        if rows and columns:
            out[np.ix_(rows, columns)] = measure([first[i] for i in rows], [second[j] for j in columns])
    return out


def match_regions(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]], iou: float
) -> list[tuple[int, int, float]]:
    """Pairs (i, j, IoU) of regions of the same label with IoU ≥ `iou` (of keypoints OKS), one to one, best in total;
    `first` and `second` are whole answers."""
    overlaps = shape_ious(*(with_reach([r["shape"] for r in some]) for some in (first, second)))
    labels_a = np.array([r["label"] for r in first], dtype=object)
    labels_b = np.array([r["label"] for r in second], dtype=object)
    overlaps[labels_a[:, None] != labels_b[None, :]] = 0
    return [(i, j, float(overlaps[i, j])) for i, j in geometry.match(overlaps, iou)]


def regions_agreement(first: Mapping[str, Any], second: Mapping[str, Any], iou: float = 0.5) -> float:
    """Agreement of two image_regions answers: regions match with the same label and IoU ≥ `iou`."""
    matched = match_regions(first["regions"], second["regions"], iou)
    return _dice(len(matched), *_sizes(first, second, "regions"))


def match_spans(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]], how: SpanMatch
) -> list[tuple[int, int]]:
    """Pairs (i, j) of spans of the same label, one to one: equal bounds for "exact", any shared
    character for "overlap" (then the pairs that share most, in total)."""
    if how == "exact":
        return _same_spans(first, second)
    pairs: list[tuple[int, int]] = []
    for label in sorted({s["label"] for s in first} & {s["label"] for s in second}):
        mine = [i for i, span in enumerate(first) if span["label"] == label]
        theirs = [j for j, span in enumerate(second) if span["label"] == label]
        overlaps = geometry.span_overlaps(_bounds(first, mine), _bounds(second, theirs))
        pairs += [(mine[i], theirs[j]) for i, j in geometry.match(overlaps, 0.0)]
    return sorted(pairs)


def _same_spans(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """The first with the first and so on, where spans are said more than once; empty spans match nothing."""
    waiting: dict[tuple[int, int, str], list[int]] = {}
    for j, span in enumerate(second):
        if span["start"] < span["end"]:
            waiting.setdefault((span["start"], span["end"], span["label"]), []).append(j)
    pairs = []
    for i, span in enumerate(first):
        if there := waiting.get((span["start"], span["end"], span["label"])):
            pairs.append((i, there.pop(0)))
    return pairs


def spans_agreement(first: Mapping[str, Any], second: Mapping[str, Any], how: SpanMatch = "exact") -> float:
    """Agreement of two text_spans answers, spans matched exactly or by overlap."""
    return _dice(len(match_spans(first["spans"], second["spans"], how)), *_sizes(first, second, "spans"))


def spans_f1_strict(predicted: Sequence[tuple[int, int, str]], known: Sequence[tuple[int, int, str]]) -> F1:
    """Strict span F1 of (start, end, label): bounds and label must be equal; repeats count as often as
    they are said. Nothing predicted where nothing is known is perfect."""
    common = sum((Counter(predicted) & Counter(known)).values())
    if not predicted and not known:
        return F1(1.0, 1.0)
    return F1(common / len(predicted) if predicted else 0.0, common / len(known) if known else 0.0)


def relaxed_shares(
    predicted: Sequence[tuple[int, int, str]], known: Sequence[tuple[int, int, str]]
) -> tuple[float, float]:
    """(covered part of the predicted spans, covered part of the known spans), each summed over spans as
    a fraction of the span's own length lying inside spans of the same label on the other side."""
    return _covered(predicted, known), _covered(known, predicted)


def spans_f1_relaxed(predicted: Sequence[tuple[int, int, str]], known: Sequence[tuple[int, int, str]]) -> F1:
    """Relaxed span F1: each span counts by the fraction of it that the other side covers with the same
    label (the measure of Nguyen et al. 2017 for crowdsourced sequences)."""
    if not predicted and not known:
        return F1(1.0, 1.0)
    precise, found = relaxed_shares(predicted, known)
    return F1(precise / len(predicted) if predicted else 0.0, found / len(known) if known else 0.0)


def region_measures(first: Mapping[str, Any], second: Mapping[str, Any], iou: float = 0.5) -> dict[str, list[float]]:
    """What two image_regions answers have in common, region by matched region: "iou_mask", "iou_box"... by the kind
    of shape. Empty lists are left out."""
    found: dict[str, list[float]] = {}
    for i, _, overlap in match_regions(first["regions"], second["regions"], iou):
        found.setdefault(f"iou_{first['regions'][i]['shape']['type']}", []).append(overlap)
    return found


def mask_outlines(first: Mapping[str, Any], second: Mapping[str, Any], iou: float = 0.5) -> list[float]:
    """How alike the outlines of matched masks are: boundary F at 2 pixels. Slow beside the overlap."""
    pairs = match_regions(first["regions"], second["regions"], iou)
    shapes = [(first["regions"][i]["shape"], second["regions"][j]["shape"]) for i, j, _ in pairs]
    return [geometry.mask_boundary_f(*both) for both in shapes if both[0]["type"] == "mask"]


def span_measures(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[float]]:
    """Strict and relaxed span F1 of two text_spans answers, "f1_strict" and "f1_relaxed"; symmetric."""
    a, b = ([(s["start"], s["end"], s["label"]) for s in answer["spans"]] for answer in (first, second))
    return {"f1_strict": [spans_f1_strict(a, b).value], "f1_relaxed": [spans_f1_relaxed(a, b).value]}


def _covered(spans: Sequence[tuple[int, int, str]], others: Sequence[tuple[int, int, str]]) -> float:
    total = 0.0
    for start, end, label in spans:
        inside = np.zeros(max(end - start, 0), dtype=bool)
        for low, high, other in others:
            if other == label and low < end and high > start:
                inside[max(low - start, 0) : high - start] = True
        total += float(inside.mean()) if inside.size else 0.0
    return total


def _bounds(spans: Sequence[Mapping[str, Any]], chosen: Sequence[int]) -> np.ndarray:
    return np.array([(spans[i]["start"], spans[i]["end"]) for i in chosen], dtype=np.int64).reshape(-1, 2)


def _sizes(first: Mapping[str, Any], second: Mapping[str, Any], key: str) -> tuple[int, int]:
    return len(first[key]), len(second[key])


def _dice(matched: float, size_a: int, size_b: int) -> float:
    return 1.0 if size_a + size_b == 0 else 2 * matched / (size_a + size_b)


_MEASURES = {"mask": geometry.mask_ious, **LIKENESS}
