"""Sums and inverses as they are quickest for many small tables."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Table: TypeAlias = "Floats | scipy.sparse.csr_array"

# Matrices of no more cells are kept in full: not looking for what is there is quicker.
FULL = 20_000
# From so many tables for each of their rows on they are inverted all at once.
MANY = 20


def quickest(matrix: scipy.sparse.csr_array) -> Table:
    """The same matrix, in full if it is small."""
    full = matrix.shape[0] * matrix.shape[1] <= FULL
    return np.asarray(matrix.toarray(), dtype=np.float64) if full else matrix


def sums(of: Ints, size: int) -> Table:
    """What, times a table, adds up its rows that are of the same of `size`."""
    return quickest(scipy.sparse.csr_array((np.ones(of.size), (of, np.arange(of.size))), shape=(size, of.size)))


def inverses(tables: Floats) -> Floats:
    """The inverse of each table (D, D, many), all symmetric and positive, which are used up. Of many at once what takes
    their place is eliminated row by row (Gauss and Jordan)."""
    size, _, many = tables.shape
    if many < MANY * size:
        return np.ascontiguousarray(np.linalg.inv(tables.transpose(2, 0, 1)).transpose(1, 2, 0))
    for step in range(size):
        pivot = 1 / tables[step, step]
        row = tables[step] * pivot
        row[step] = pivot
        for other in range(size):
            if other != step:
                factor = tables[other, step].copy()
                tables[other, step] = 0
                tables[other] -= factor * row
        tables[step] = row
    return tables
