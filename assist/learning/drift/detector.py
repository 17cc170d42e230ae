"""How strongly a row of figures speaks against having come in any order as well as in this one. Pure.

While nothing changes, each figure's place among those before it is as likely to be any as another (a conformal
p-value; Vovk, Nouretdinov and Gammerman, "Testing Exchangeability On-Line", 2003). Bets on low, high and outer places
gain once something changes. They are added up as Shiryaev and Roberts did, so that no beginning of the change has to be
guessed, and their mean is an e-detector (Shin, Ramdas and Rinaldo, 2023): while nothing changes it takes `bound`
figures or more, on average, until it reaches `bound`, however the figures are distributed. Nothing is fitted.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BASE = 200  # the first pieces, which the others are compared with
WATCHED = 12  # series at most, which together raise one false alarm a year, or none
POWERS = (0.3, 0.6)  # bets on places near an end: the lower, the more on the outermost
TILTS = (0.5, 0.9)  # bets on one half
OUTERMOST = 1e-6


@dataclass(frozen=True)
class Evidence:
    """After each figure, as a share of the bound; and which was the first at which the bound was reached."""

    shares: np.ndarray  # float, [0, inf)
    first: int | None

    @property
    def reached(self) -> bool:
        return self.first is not None


def watched(figures: Sequence[float] | np.ndarray, bound: float, seed: int) -> Evidence:
    """The evidence after each figure, in the order in which they came. `seed` draws the places of equal ones."""
    gains = _bets(places(figures, seed))
    sums, means = np.zeros(gains.shape[1]), np.empty(len(gains))
    with np.errstate(over="ignore"):
        for at, gain in enumerate(gains):
            sums = np.minimum((sums + 1) * gain, 1e300)
            means[at] = sums.mean()
    over = np.flatnonzero(means >= bound)
    return Evidence(means / bound, int(over[0]) if len(over) else None)


def places(figures: Sequence[float] | np.ndarray, seed: int) -> np.ndarray:
    """For each figure the share of those up to it that are above it, equal ones by lot: even while nothing changes."""
    draws = np.random.default_rng(seed).random(len(figures))
    before: list[float] = []
    found = np.empty(len(figures))
    for at, figure in enumerate(figures):
        low, high = bisect_left(before, figure), bisect_right(before, figure)
        found[at] = (at - high + draws[at] * (high - low + 1)) / (at + 1)
        insort(before, figure)
    return np.clip(found, OUTERMOST, 1 - OUTERMOST)


def unlike(rows: np.ndarray, base: int) -> np.ndarray:
    """How unlike each unit vector after the first `base` is to the likest of those: [0, 2]. rows: float [n, width]."""
    return 1 - (rows[base:] @ rows[:base].T).max(axis=1)


def _bets(places: np.ndarray) -> np.ndarray:
    """What each bet pays on each place: its mean over all places is one."""
    ends = [power * side ** (power - 1) for power in POWERS for side in (places, 1 - places)]
    halves = [1 + tilt * sign * (2 * places - 1) for tilt in TILTS for sign in (1, -1)]
    outer = [1 + sign * (12 * (places - 0.5) ** 2 - 1) / 2 for sign in (1, -1)]
    return np.stack([*ends, *halves, *outer], axis=1)
