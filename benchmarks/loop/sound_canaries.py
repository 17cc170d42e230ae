"""How often a sound version is ever taken back, looked at with each piece of work on its way from 5 % to all of it."""

from collections.abc import Iterable

import numpy as np

from benchmarks.loop import canaries
from benchmarks.loop.row import Row

LIVES = 1_000


def rows(lives: int = LIVES, seed: int = 1) -> Iterable[Row]:
    """Harm comes in a fifth of the work, under each guardrail and for both versions alike."""
    rng = np.random.default_rng(seed)
    found = [canaries.life(rng, 0.2, 0.2) for _ in range(lives)]
    ended = canaries.shares(found)
    back = ended.get("back", 0.0)
    yield Row(f"sound canaries ever taken back, of {lives:,}", "≤ 5 %", f"{100 * back:.1f} %", back <= 0.05)
    promoted = [one for one in found if one.end == "promoted"]
    pieces, own = (np.median([getattr(one, name) for one in promoted]) for name in ("pieces", "own"))
    told = f"{100 * ended.get('promoted', 0.0):.1f} %, after {pieces:,.0f} pieces of work (median), {own:,.0f} its own"
    yield Row("sound canaries that come to answer all", "", told)
