"""Paired bootstrap: is one method better than another on the same items?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def paired(ours: Sequence[Floats], theirs: Sequence[Floats], draws: int = 2000) -> tuple[float, float, float]:
    """Difference of means (mean over groups of the groups' means) and its 95 % interval, resampling items
    within each group. One group: an ordinary paired bootstrap."""
    random = np.random.default_rng(0)
    gaps = [np.asarray(a, dtype=float) - np.asarray(b, dtype=float) for a, b in zip(ours, theirs, strict=True)]
    drawn = np.zeros(draws)
    for gap in gaps:
        for start in range(0, draws, 200):
            picked = random.integers(0, gap.size, (200, gap.size))
            drawn[start : start + 200] += gap[picked].mean(1) / len(gaps)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(np.mean([gap.mean() for gap in gaps])), float(low), float(high)
