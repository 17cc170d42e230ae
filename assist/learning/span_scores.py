"""How well spans are found in many texts together: strict and relaxed F1, told beside the scores. Pure numpy.

A text's own score is its F1, so one where little is marked counts as much as one where much is. These are of all spans
at once, as named-entity recognition is reported: strict, where place and label are the same (CoNLL 2003), and relaxed,
where a span counts by how much of it the other side covers with its label (Nguyen and others 2017).
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from assist.learning.figures import Kind, Value
from projects.inference.agreement import relaxed_shares

Place = tuple[int, int, str]  # start, end, label


@dataclass(frozen=True)
class Compared:
    """The spans of a text that a model would offer beside those that people decided: how many of either, how many are
    the same, and how much of either the other covers, summed over spans."""

    offered: int
    decided: int
    same: int
    right: float
    found: float


def text_f1(offered: Collection[Place], decided: Collection[Place]) -> float:
    """The score of one text, in evaluations and in training. Nothing for nothing is 1."""
    both = len(offered) + len(decided)
    return 2 * len(set(offered) & set(decided)) / both if both else 1.0


def compared(offered: Collection[Place], decided: Collection[Place]) -> Compared:
    """Nothing said of a text is nothing offered."""
    right, found = relaxed_shares(sorted(offered), sorted(decided))
    return Compared(len(offered), len(decided), len(set(offered) & set(decided)), right, found)


def f1(right: Callable[[Compared], float], found: Callable[[Compared], float]) -> Callable[[Sequence[Compared]], Value]:
    """The harmonic mean of what is right of the spans offered and what is found of those decided; NaN where there is
    neither."""

    def of(evidence: Sequence[Compared]) -> Value:
        rows = [[right(one), one.offered, found(one), one.decided] for one in evidence]
        parts = np.array(rows, float).reshape(-1, 4)

        def value(counts: np.ndarray) -> float:
            true, offered, covered, decided = counts @ parts
            if not offered and not decided:
                return math.nan
            precision, recall = true / offered if offered else 0.0, covered / decided if decided else 0.0
            return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0

        return value

    return of


FIGURES = (
    Kind("spans-strict", f1(lambda one: one.same, lambda one: one.same)),
    Kind("spans-relaxed", f1(lambda one: one.right, lambda one: one.found)),
)
