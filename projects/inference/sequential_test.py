"""Watching whether somebody who may decide alone still errs no more often than allowed, audit by audit.

Looking at a posterior after each audit and stopping when it says "likely missed" would, over a long life, switch off
every sound model sooner or later. So the audits are bet on instead. A bettor who holds that errors come at `rate`
multiplies their stake by rate ÷ allowed at an error and by (1 − rate) ÷ (1 − allowed) else: a fair or losing game as
long as errors are no more frequent than allowed. A model may turn bad at any time, so a new bettor joins at each audit;
the capital is split evenly over RATES. It ever reaches 1 / α with probability at most α, however many audits there are
and whenever one looks (betting.py says why).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np

from projects.inference import arguments
from projects.inference.betting import grown, joining, unbet

# What the bettors hold the error rate to be, in multiples of what is allowed; none holds more than MOST.
RATES = (1.5, 2.0, 4.0, 8.0, inf)
MOST = 0.5


@dataclass(frozen=True)
class SequentialTest:
    """The e-values after `audits` audits, one for each of RATES; `SequentialTest()` is the beginning."""

    audits: int = 0
    e_values: tuple[float, ...] = (0.0,) * len(RATES)

    @property
    def capital(self) -> float:
        """What one unit has become, with what hasn't been bet yet."""
        return sum(self.e_values) + unbet(self.audits)

    def after(self, wrong: bool, allowed: float) -> SequentialTest:
        """The test one audit later. `allowed` is the most errors that are wanted, in (0, 0.5)."""
        if not 0 < allowed < MOST:
            raise arguments.BadArgument("allowed", "the errors allowed must be above none and below half")
        k = self.audits + 1
        factors = [rate / allowed if wrong else (1 - rate) / (1 - allowed) for rate in rates(allowed)]
        return SequentialTest(k, grown(self.e_values, factors, joining(k) / len(RATES)))

    def fires(self, alpha: float) -> bool:
        """Whether the errors are more than allowed, with at most `alpha` chance of ever saying so of a sound one."""
        return self.capital >= 1 / alpha


def rates(allowed: float) -> list[float]:
    """The error rates that are held against what is allowed."""
    return [min(times * allowed, MOST) for times in RATES]


def noticed_within(allowed: float, real: float, alpha: float, before: int = 0) -> float:
    """About how many audits pass until a model that errs at `real` since `before` audits is noticed; inf for never.

    The first order of the delay: what has to be won, over what the best bettor wins with each audit.
    """
    odds = np.array(rates(allowed))
    growth = real * np.log(odds / allowed) + (1 - real) * np.log((1 - odds) / (1 - allowed))
    best = float(growth.max())
    k = before + 1
    return (log(1 / alpha) + log(len(RATES)) + log(k * (k + 1))) / best if best > 0 else inf


def watched(errors: Sequence[bool], allowed: float, test: SequentialTest | None = None) -> SequentialTest:
    """A sequential test over audits in their order."""
    test = test or SequentialTest()
    for wrong in errors:
        test = test.after(wrong, allowed)
    return test
