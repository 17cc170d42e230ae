"""numbers_v1 and texts_v1: one number, or one free text, from several people's.

Numbers: a Student-t location by reweighting (Lange et al. 1989), which is a mean where people agree and
shrugs off the one who slipped a digit. Texts: the medoid, the answer closest to all others by normalised
edit similarity of words (`text_words`); an answer that a person really gave, never a blend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from projects.inference import arguments
from projects.inference.text_words import words_of

# Degrees of freedom of the t distribution: low enough for slips, high enough to average.
FREEDOM = 3.0


@dataclass(frozen=True)
class MergedNumber:
    """`value`, its standard error `deviation` (None for one answer), and the weight each answer kept in
    [0, 1]: near 0 for one that lies far from the others."""

    value: float
    deviation: float | None
    weights: list[float]


@dataclass(frozen=True)
class MergedText:
    """The chosen `text`, its number `index` among the answers, and each answer's similarity to the
    others in [0, 1] (None for a lone one). `confidence` is the chosen one's similarity."""

    text: str
    index: int
    confidence: float | None
    similarities: list[float | None]


def merge_numbers(values: ArrayLike, trust: Sequence[float] | None = None) -> MergedNumber:
    """Merge numbers, one per person, by weights that are not below zero. BadArgument for none, or one that is not
    finite."""
    given = arguments.finite("values", values).ravel()
    if not given.size:
        raise arguments.BadArgument("values", "there must be at least one number")
    belief = arguments.weights("trust", trust, given.size)
    middle = _median(given, belief)
    scale = 1.4826 * _median(np.abs(given - middle), belief)
    if given.size == 1 or scale == 0:
        near = given == middle
        kept = near if given.size > 1 else np.ones(1, dtype=bool)
        return MergedNumber(middle, 0.0 if given.size > 1 else None, kept.astype(float).tolist())
    at = middle
    weights = belief
    for _ in range(100):
        weights = belief * (FREEDOM + 1) / (FREEDOM + ((given - at) / scale) ** 2)
        moved = float(weights @ given / weights.sum())
        if abs(moved - at) <= 1e-12 * scale:
            break
        at = moved
    error = float(np.sqrt(weights**2 @ (given - at) ** 2) / weights.sum())
    return MergedNumber(at, error, (weights / weights.max()).tolist())


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The value with as much weight below it as above it; half-way between two that share the middle."""
    order = np.argsort(values, kind="stable")
    below = weights[order].cumsum()
    at = int(np.searchsorted(below, below[-1] / 2 - 1e-12))
    shared = abs(below[at] - below[-1] / 2) <= 1e-12 * below[-1] and at + 1 < len(order)
    return float((values[order[at]] + values[order[at + shared]]) / 2)


def numbers_agreement(first: float, second: float, tolerance: float) -> float:
    """1 for equal numbers, falling in a straight line to 0 at twice the tolerance; equal or not when the
    tolerance is 0. BadArgument for one that is not finite."""
    arguments.finite("numbers", (first, second, tolerance))
    gap = abs(first - second)
    if tolerance <= 0:
        return float(gap == 0)
    return max(0.0, 1 - gap / (2 * tolerance))


def merge_texts(texts: Sequence[str], trust: Sequence[float] | None = None) -> MergedText:
    """The medoid of texts, one per person, by weights that are not below zero; BadArgument for none. Among equals the
    one written so by most of the trust, then the first in the alphabet."""
    if not texts:
        raise arguments.BadArgument("texts", "there is no text to merge")
    belief = arguments.weights("trust", trust, len(texts))
    if len(texts) == 1:
        return MergedText(texts[0], 0, None, [None])
    words = [words_of(text) for text in texts]
    table = np.eye(len(texts))
    for i, j in combinations(range(len(texts)), 2):
        table[i, j] = table[j, i] = _likeness(words[i], words[j])
    means = (table.sum(1) - 1) / (len(texts) - 1)
    central = table @ belief  # their own weight too: who is trusted is nearer to the truth
    written = {text: float(belief[[text == one for one in texts]].sum()) for text in set(texts)}
    index = min(range(len(texts)), key=lambda i: (-round(float(central[i]), 9), -round(written[texts[i]], 9), texts[i]))
    return MergedText(texts[index], index, float(means[index]), [float(m) for m in means])


def texts_agreement(first: str, second: str) -> float:
    """1 - edit distance / length of the longer text, in words; in characters where a script sets no spaces between
    words (`text_words`). Case, punctuation, spacing and the way accents are composed are nothing. 1 for two empty
    texts."""
    return _likeness(words_of(first), words_of(second))


def _likeness(first: Sequence[str], second: Sequence[str]) -> float:
    longest = max(len(first), len(second))
    return 1.0 if not longest else 1 - _distance(first, second) / longest


def _distance(first: Sequence[str], second: Sequence[str]) -> int:
    row = np.arange(len(second) + 1)
    other = np.array(second, dtype=object)
    for i, word in enumerate(first, start=1):
        changed = row[:-1] + (other != word)
        best = np.minimum(changed, row[1:] + 1) if len(second) else np.zeros(0, dtype=np.int64)
        steps = np.concatenate(([i], best)) - np.arange(len(second) + 1)
        row = np.minimum.accumulate(steps) + np.arange(len(second) + 1)
    return int(row[-1])
