"""How soon a version goes back whose offers are refused 35 times of 100 where the champion's are 20 times."""

from collections.abc import Iterable

import numpy as np

from benchmarks.loop import canaries
from benchmarks.loop.row import Row

LIVES = 300


def rows(lives: int = LIVES, seed: int = 2) -> Iterable[Row]:
    """From its first piece of work, at 5 % of it; one that is let on goes back from the next step."""
    rng = np.random.default_rng(seed)
    found = [canaries.refusing(rng) for _ in range(lives)]
    own = [one.own for one in found if one.end == "back"]
    median, most = np.median(own), np.quantile(own, 0.9)
    missed = 100 * (1 - len(own) / lives)
    told = f"{median:,.0f} of its suggestions (median), {most:,.0f} (nine of ten); {missed:.1f} % promoted all the same"
    yield Row("refusals from 20 to 35 %: back within", "≤ 200 suggestions (median)", told, bool(median <= 200))
