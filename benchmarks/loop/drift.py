"""How often nothing that changed raises an alarm, and how soon another topic does."""

import time
from collections.abc import Iterable

import numpy as np
from sklearn.datasets import load_digits

from assist.learning.drift.detector import BASE, WATCHED, unlike, watched
from benchmarks.loop.row import Row

WEEKS, A_WEEK = 52, 500
BOUND = float(WATCHED * WEEKS * A_WEEK)
YEARS, SWAPS = 4, 40


def rows(seed: int = 1) -> Iterable[Row]:
    """Years of twelve series of any shape; digits of five kinds, after which those of the other five come."""
    draw = np.random.default_rng(seed)
    alarms = sum(watched(_stable(draw, at), BOUND, at).reached for at in range(YEARS * WATCHED))
    what = f"alarms a year of {WATCHED} series in which nothing changes, over {YEARS} years"
    yield Row(what, "≤ 1", f"{alarms / YEARS:.2f}", alarms <= YEARS)

    late = [_late(draw, at) for at in range(SWAPS)]
    seen = [one for one in late if one is not None and one >= 0]
    share = sum(one <= 500 for one in seen) / SWAPS
    told = f"{100 * share:.0f} % of {SWAPS}; half after {np.median(seen) if seen else 0:.0f}"
    yield Row("digits 5 to 9 after 0 to 4: alarm within 500", "all", told, share == 1.0)

    started = time.process_time()
    watched(draw.random(50_000), BOUND, 0)
    taken = time.process_time() - started
    yield Row("50,000 pieces, processor", "≤ 30 s", f"{taken:.1f} s", taken <= 30)


def _stable(draw: np.random.Generator, at: int) -> np.ndarray:
    number = WEEKS * A_WEEK
    match at % 4:
        case 0:
            return draw.normal(size=number)
        case 1:
            return draw.exponential(size=number)
        case 2:
            return draw.random(number)
        case _:
            return draw.integers(0, 4, number)


def _late(draw: np.random.Generator, at: int) -> int | None:
    """How many of the others came until it was seen; less than none where it was seen before any came."""
    images, kinds = load_digits(return_X_y=True)
    images = images / np.linalg.norm(images, axis=1, keepdims=True)
    old, new = (draw.permutation(np.flatnonzero(some)) for some in (kinds < 5, kinds >= 5))
    first = watched(unlike(images[np.concatenate([old, new[:500]])], BASE), BOUND, at).first
    return None if first is None else first - (len(old) - BASE)
