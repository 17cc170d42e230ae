"""Whether a series of scores changed its level somewhere, and where. Pure numpy.

The split with the greatest difference of means, measured in its own standard error (CUSUM, Page 1954), against the same
of the series in random orders: a permutation test, which asks nothing of how the scores are spread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 8  # scores on each side
ORDERS = 400
RISK = 0.01  # of telling a change where there is none
WORTH = 0.08  # the least difference that is told


@dataclass(frozen=True)
class Change:
    """From the score at `place` on, the mean is `after`; up to it, it was `before`."""

    place: int
    before: float
    after: float


def change(scores: Sequence[float], rng: np.random.Generator) -> Change | None:
    """The likeliest change of level, if the series tells of one."""
    values = np.asarray(scores, dtype=float)
    if len(values) < 2 * LEAST or values.std() < 1e-9:
        return None
    strengths = _strengths(values[None, :])[0]
    place = int(strengths.argmax())
    orders = np.array([rng.permutation(values) for _order in range(ORDERS)])
    by_chance = (_strengths(orders).max(axis=1) >= strengths[place]).mean()
    split = place + LEAST
    before, after = float(values[:split].mean()), float(values[split:].mean())
    if by_chance > RISK or abs(after - before) < WORTH:
        return None
    return Change(split, before, after)


def _strengths(series: np.ndarray) -> np.ndarray:
    """How far the means on both sides of each split lie apart, for each row of `series`."""
    number = series.shape[1]
    splits = np.arange(LEAST, number - LEAST + 1)
    sums = np.cumsum(series, axis=1)
    left = sums[:, splits - 1] / splits
    right = (sums[:, -1:] - sums[:, splits - 1]) / (number - splits)
    return np.abs(left - right) * np.sqrt(splits * (number - splits) / number)
