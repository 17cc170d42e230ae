"""numbers_v1 and texts_v1: one number, or one free text, from several people's.

Numbers: a Student-t location by reweighting (Lange et al. 1989), which is a mean where people agree and
shrugs off the one who slipped a digit. Zero may be an answer of its own, as in "how sad is this?": then the
number is the share of those who said more, times where these are (a mass at zero beside a heavy-tailed rest).
Texts: the medoid, the answer closest to all others by normalised edit similarity of words (`text_words`); an
answer that a person really gave, never a blend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from projects.inference import arguments
from projects.inference.text_words import words_of

# Degrees of freedom of the t distribution: low enough for slips, high enough to average. Chosen on simulated crowds and
# judged on others, see docs/truth.md.
FREEDOM = 8.0
# Where numbers other than zero are as many of their finest steps from it, zero is an answer of its own ("none at all"),
# and not one that missed a number nearby by a little.
FAR_FROM_ZERO = 5
# A larger share of zeros is more than slips. It is a share and no number, so that what is said by twice as many stays
# what it is.
MOST_SLIPS = 1 / 4


Floats = NDArray[np.float64]


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
    if given.size == 1:
        return MergedNumber(float(given[0]), None, [1.0])
    zero = given == 0
    if _is_mass(given, belief) and belief[~zero].any():
        felt, kept = _location(given[~zero], belief[~zero])
        weights = belief.copy()
        weights[~zero] = kept
        at = felt * float(belief[~zero].sum() / belief.sum())
    else:
        at, weights = _location(given, belief)
    error = float(np.sqrt(weights**2 @ np.square(given - at)) / weights.sum())
    return MergedNumber(at, error, (weights / weights.max()).tolist())


def _is_mass(given: Floats, belief: Floats) -> bool:
    """Whether zero is an answer of its own: more said it than slip, and the others are positive and far from it."""
    zero = given == 0
    if zero.all() or (given < 0).any() or belief[zero].sum() <= MOST_SLIPS * belief.sum() * (1 + 1e-9):
        return False
    others = given[~zero]
    return float(np.median(others)) >= FAR_FROM_ZERO * _finest_step(others)


def _finest_step(given: Floats) -> float:
    """The power of ten that the last digit of these numbers stands for; at most 1."""
    return float(10.0 ** -max(len(format(one, ".9f").rstrip("0").partition(".")[2]) for one in given.tolist()))


def _location(given: Floats, belief: Floats) -> tuple[float, Floats]:
    """Where the numbers are, and how much each weighs in it: what more than half of the trust said, else a t location
    whose scale is the median distance from the median."""
    middle = _median(given, belief)
    scale = 1.4826 * _median(np.abs(given - middle), belief)
    if scale == 0:
        return middle, np.where(given == middle, belief, 0.0)
    at, weights = middle, belief
    for _ in range(100):
        apart = np.minimum(np.abs(given - at) / scale, 1e100)
        weights = belief * (FREEDOM + 1) / (FREEDOM + apart**2)
        moved = float(weights @ given / weights.sum())
        if abs(moved - at) <= 1e-12 * scale:
            break
        at = moved
    return at, weights


def _median(values: Floats, weights: Floats) -> float:
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
