"""When work will be done, with the interval in which that lies: days simulated from the days that were. Pure numpy.

Each path of the simulation believes the past a little differently (a Bayesian bootstrap of its days, the newer ones
more), draws each day to come from a day of its kind (weekends apart, once one is known and differs; before, anything
may be true of them), and lets the pace wander, since people come and go. What is left is uncertain as well: tasks may
ask for more answers. Method: Rubin, "The Bayesian Bootstrap" (1981). How often the interval holds is measured in
benchmarks/office.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PATHS = 600
LONGEST = 730  # days; beyond, a forecast says nothing
LEAST_DAYS = 3  # of history
HALF_LIFE = 10.0  # days after which what was counts half
WANDERS = 0.082  # of the logarithm of the pace, each day
WEEK = 7  # days, after which weekends have been seen
SATURDAY = 5
MAY_BE = (0.0, 0.2, 1.0)  # of a workday: what a weekend is worth that nobody has seen yet
QUIET = 0.6  # of a workday: weekends below that are days of another kind
LIKELY = (0.1, 0.9)  # 80 %


@dataclass(frozen=True)
class Outlook:
    """Days from now until everything is done: the middle of what is likely, and the ends of its 80 % interval; None
    where that is more than two years away. `paths` are the simulated ones, in order, inf for those."""

    days: float | None
    low: float | None
    high: float | None
    paths: Sequence[float]

    def chance_within(self, days: float) -> float:
        """How likely it is that all is done within so many days."""
        return float(np.mean(np.asarray(self.paths) <= days))


def outlook(
    done: Sequence[float],
    left: float,
    weekday: int,
    rng: np.random.Generator,
    *,
    doubt: float = 0.05,
    paths: int = PATHS,
) -> Outlook | None:
    """When `left` is done, after days on which `done` was (oldest first, whole days); `weekday` is the first one's that
    comes (0: Monday). `doubt`: the relative standard deviation of what is left. None where nothing can be told."""
    past = np.asarray(done, dtype=float)
    if left <= 0:
        return Outlook(0.0, 0.0, 0.0, [0.0])
    if len(past) < LEAST_DAYS or past.sum() <= 0:
        return None
    left_now = left * np.exp(doubt * rng.standard_normal(paths) - doubt**2 / 2)
    ends = np.full(paths, np.inf)
    kinds_past = _kinds(past, weekday)
    beliefs = _beliefs(len(past), paths, rng)
    weekends = rng.choice(MAY_BE, paths) if len(past) < WEEK else np.ones(paths)
    total, wander = np.zeros(paths), np.zeros(paths)
    for day in range(LONGEST):
        open_ = ~np.isfinite(ends)
        if not open_.any():
            break
        wander += WANDERS * rng.standard_normal(paths)
        today = _drawn(past, beliefs, kinds_past == _kind(weekday + day, kinds_past), rng) * np.exp(wander)
        today *= weekends if (weekday + day) % 7 >= SATURDAY else 1.0
        after = total + today
        crossing = open_ & (after >= left_now)
        ends[crossing] = day + (left_now[crossing] - total[crossing]) / today[crossing]
        total = after
    ends.sort()
    return Outlook(_at(ends, 0.5), _at(ends, LIKELY[0]), _at(ends, LIKELY[1]), ends.tolist())


def _at(ends: np.ndarray, share: float) -> float | None:
    value = ends[min(len(ends) - 1, int(share * len(ends)))]
    return float(value) if np.isfinite(value) else None


def _kinds(past: np.ndarray, weekday: int) -> np.ndarray:
    """0 for workdays and 1 for weekends, or 0 for all where these are alike or too little is known."""
    days = (weekday - len(past) + np.arange(len(past))) % 7
    weekend = days >= SATURDAY
    if len(past) < WEEK or past[weekend].mean() >= QUIET * past[~weekend].mean():
        return np.zeros(len(past), dtype=int)
    return weekend.astype(int)


def _kind(day: int, kinds_past: np.ndarray) -> int:
    return int(kinds_past.any() and day % 7 >= SATURDAY)


def _beliefs(number: int, paths: int, rng: np.random.Generator) -> np.ndarray:
    """How much each path believes in each day: drawn around a half for each half-life that has passed."""
    weights = 0.5 ** (np.arange(number)[::-1] / HALF_LIFE)
    return rng.standard_gamma(weights, size=(paths, number)) + 1e-9


def _drawn(past: np.ndarray, beliefs: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each path one of the days of a kind, as it believes in them."""
    known, chances = past[kind], beliefs[:, kind]
    steps = np.cumsum(chances, axis=1)
    picks = (steps < rng.random((len(beliefs), 1)) * steps[:, -1:]).sum(axis=1)
    return known[np.minimum(picks, len(known) - 1)]
