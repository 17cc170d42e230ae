"""How much a mean can be at most, at every moment at once: the upper end of a confidence sequence.

An empirical-Bernstein sequence with predictable weights (Waudby-Smith & Ramdas, JRSS B 2023, section 3.2; the
inequality is Fan, Grama & Liu's of 2015): for observations that are at most `most`, with any guess g of the next one
and any weight w below 1 / (most - g), both made before it is seen, the products of
exp(w (mean - x) - psi(w) (x - g)^2), with psi(w) = (-log(1 - c w) - c w) / c^2 and c = most - g, are a supermartingale.
So with probability 1 - alpha the mean lies below (sum w x + sum psi(w) (x - g)^2 + log(1 / alpha)) / sum w at every
moment; of means that change, their average by these weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, log1p

DARING = 0.5  # of the largest weight that may be given


@dataclass(frozen=True)
class UpperEnd:
    """What was seen so far; `UpperEnd()` is the beginning."""

    weight: float = 0.0
    weighed: float = 0.0  # observations, times their weights
    spread: float = 0.0

    def at(self, alpha: float) -> float:
        """The upper end, passed by the mean with probability `alpha` at most at any moment whatever; inf at first."""
        return (self.weighed + self.spread + log(1 / alpha)) / self.weight if self.weight else inf

    @property
    def mean(self) -> float:
        """The weighed mean of what was seen; 0 at first."""
        return self.weighed / self.weight if self.weight else 0.0

    def after(self, value: float, most: float, *, variance: float, within: float, guess: float = 0.0) -> UpperEnd:
        """One observation later. The weight is chosen for a sequence that is wanted to come within `within` of the mean
        soon, where observations vary by `variance`; all but the value are known before it is seen."""
        reach = most - guess
        weight = min(within / variance, DARING / reach)
        psi = (-log1p(-reach * weight) - reach * weight) / reach**2
        return UpperEnd(self.weight + weight, self.weighed + weight * value, self.spread + psi * (value - guess) ** 2)
