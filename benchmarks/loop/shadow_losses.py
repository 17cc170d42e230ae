"""How soon a loss of ten points is named in shadow, and how often one is named that isn't there."""

from collections.abc import Iterable

import numpy as np

from benchmarks.loop import canaries
from benchmarks.loop.row import Row

LIVES = 1_000
VERDICTS = 150


def rows(lives: int = LIVES, seed: int = 3) -> Iterable[Row]:
    """Planted: the candidate spoils every tenth task, each of which the champion gets right. The harder case, where it
    wins some that the champion loses, is shown beside."""
    rng = np.random.default_rng(seed)

    def named(lost: float, won: float) -> float:
        return sum(canaries.named(rng, lost, won, VERDICTS) is not None for _ in range(lives)) / lives

    planted = named(0.1, 0.0)
    asked = f"≥ 90 % within {VERDICTS} blind verdicts"
    yield Row("planted loss of 10 points named in shadow", asked, f"{100 * planted:.1f} %", planted >= 0.9)
    yield Row("the same, lost 12.5 % and won 2.5 %", "", f"{100 * named(0.125, 0.025):.1f} %")
    alike = named(0.05, 0.05)
    yield Row("named though nothing is lost (5 % each way)", "≤ 5 %", f"{100 * alike:.1f} %", alike <= 0.05)
