"""Which of many small whole numbers there are, and where each of them stands among these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# Counting goes over all numbers there could be, sorting over those that are there: where so many times as many could be
# there it is sorting that is quicker.
SPARSE = 16


def distinct(values: Ints, size: int) -> tuple[Ints, Ints]:
    """What `np.unique` tells, with the inverse, of numbers from 0 to below `size`: those that are there, in order, and
    the place of each value among them."""
    if size > SPARSE * values.size:
        found, at = np.unique(values, return_inverse=True)
        return found, at
    there = np.zeros(size, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]
