"""Acceptance sampling: how many of a lot to look at, so that the rest may be believed at a stated risk.

Single sampling by attributes from a finite lot, as in Dodge and Romig (1929) and ISO 2859-2: with so many wrong in the
lot as are just not tolerated, a sample of the plan's size lets it pass (shows at most `most_wrong`) with a chance of at
most the risk, by the hypergeometric distribution. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
import scipy

from projects.inference import arguments


@dataclass(frozen=True)
class Plan:
    """Look at `sample` of `size`; believe the rest where at most `most_wrong` are wrong.

    `risk` is the chance that it passes with one more wrong than is tolerated; `passes` that a lot passes which is as
    good as usual.
    """

    size: int
    sample: int
    most_wrong: int
    risk: float
    passes: float


def plan(size: int, tolerated: float, risk: float = 0.05, usual: float = 0.0, likely: float = 0.9) -> Plan:
    """The smallest sample that keeps the risk and lets a lot with its `usual` share of errors pass with the chance
    `likely`; all of it where no sample can.

    `tolerated` is the largest share of errors that may be passed. BadArgument for shares outside [0, 1] or no lot.
    """
    for name, value in (("tolerated", tolerated), ("risk", risk), ("usual", usual), ("likely", likely)):
        arguments.chance(name, value)
    if size < 1:
        raise arguments.BadArgument("size", "there is nothing to sample")
    bad, good = min(size, floor(tolerated * size + 1e-9) + 1), floor(usual * size + 1e-9)
    most = 0
    while most < bad:
        sample = _smallest(size, bad, most, risk)
        passes = _shows_at_most(most, size, good, sample)
        if passes >= likely or sample == size:
            return Plan(size, sample, most, _shows_at_most(most, size, bad, sample), passes)
        most += 1
    return Plan(size, size, bad - 1, 0.0, float(good < bad))


def _smallest(size: int, bad: int, most: int, risk: float) -> int:
    """The smallest sample in which `bad` wrong ones of a lot show as at most `most` with no more than the risk."""
    low, high = most + 1, size
    while low < high:
        middle = (low + high) // 2
        if _shows_at_most(most, size, bad, middle) <= risk:
            high = middle
        else:
            low = middle + 1
    return low


def _shows_at_most(most: int, size: int, bad: int, sample: int) -> float:
    """The chance that of `bad` wrong ones in a lot at most `most` are in a sample.

    As scipy.stats.hypergeom.cdf says it; importing that takes a tenth of the time that every process needs to start.
    """
    shown = np.arange(max(0, sample - (size - bad)), min(most, bad, sample) + 1)
    chances = np.exp(_ways(bad, shown) + _ways(size - bad, sample - shown) - _ways(size, sample))
    return min(1.0, float(chances.sum()))


def _ways(many: int, chosen: int | np.ndarray) -> np.ndarray:
    """The logarithm of how many ways there are to choose so many of many."""
    return -np.log1p(many) - scipy.special.betaln(many - chosen + 1, np.add(chosen, 1))


@dataclass(frozen=True)
class Stratum:
    """One of the kinds that a population is cut into: how many there are, were looked at, and were wrong."""

    size: int
    looked_at: int
    wrong: int


def error_over(
    strata: list[Stratum], rng: np.random.Generator, level: float = 0.9
) -> tuple[float, float, float] | None:
    """The share of errors of a whole population by a look at some of each stratum: mean and interval of this level.

    Each stratum's share is Beta (Jeffreys 1946), weighted by its size. None while a stratum has nothing looked at:
    that can't be told.
    """
    arguments.chance("level", level)
    if not strata or any(one.size and not one.looked_at for one in strata):
        return None
    weights = np.array([one.size for one in strata], dtype=float)
    draws = np.array([rng.beta(one.wrong + 0.5, one.looked_at - one.wrong + 0.5, 4000) for one in strata])
    whole = (weights / weights.sum()) @ draws
    low, high = np.quantile(whole, [(1 - level) / 2, (1 + level) / 2])
    return float(whole.mean()), float(low), float(high)
