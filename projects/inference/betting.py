"""Bets against a claim about a mean, one observation after the other, that may be looked at whenever one likes.

The claim is that observations, each of them at least `least`, have a mean of no more than `claimed`, whatever came
before. A bettor who stakes the share f of what may be staked multiplies their capital by
1 + f (x - claimed) / (claimed - least): a fair or losing game as long as the claim holds, and never below nothing (a
test supermartingale; Waudby-Smith & Ramdas, JRSS B 2023). The claim may cease to hold at any time, so new bettors join:
the k-th with 1 / (k (k + 1)) of the first capital, which adds up to one (a mixture of restarts, after the e-detectors
of Shin, Ramdas & Rinaldo 2023), split evenly over how daring they are. When somebody joins may depend on all that was
seen, never on what comes next. The whole stays a supermartingale that starts at one, so by Ville's inequality it ever
reaches 1 / alpha with probability at most alpha.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Of the most that may be staked: little where observations reach far beyond their mean, and more where they don't.
CAREFUL = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
DARING = (1 / 4, 1 / 2, 3 / 4)
CAP = 1e300


def joining(k: int) -> float:
    """The part of the first capital with which the k-th joins."""
    return 1.0 / (k * (k + 1))


def unbet(k: int) -> float:
    """The part of the first capital that is left once k have joined."""
    return 1.0 / (k + 1)


def grown(stakes: Iterable[float], factors: Iterable[float], joins: float = 0.0) -> tuple[float, ...]:
    """What the stakes become, each of them with what joins it before."""
    return tuple(min((stake + joins) * factor, CAP) for stake, factor in zip(stakes, factors, strict=True))


@dataclass(frozen=True)
class Bets:
    """What each bettor has won so far, by the fraction that they stake; at the beginning nobody has joined."""

    joined: int
    stakes: tuple[float, ...]
    fractions: tuple[float, ...]

    @property
    def capital(self) -> float:
        """What one unit has become, with what hasn't been bet yet."""
        return sum(self.stakes) + unbet(self.joined)

    def restarted(self) -> Bets:
        """With one more who joins, before anything else is seen."""
        joins = joining(self.joined + 1) / len(self.fractions)
        return Bets(self.joined + 1, tuple(stake + joins for stake in self.stakes), self.fractions)

    def after(self, value: float, least: float, claimed: float = 0.0) -> Bets:
        """The bets one observation later. `least`, known before it is seen, lies below what is claimed."""
        gain = (value - claimed) / (claimed - least)
        factors = [max(0.0, 1 + one * gain) for one in self.fractions]
        return Bets(self.joined, grown(self.stakes, factors), self.fractions)


def opened(fractions: tuple[float, ...]) -> Bets:
    """The beginning, with the first who have joined."""
    return Bets(0, (0.0,) * len(fractions), fractions).restarted()
