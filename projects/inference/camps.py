"""A crowd split in two: by how far people agree with an estimate, and by what it leaves unexplained.

The second looks for the direction in which people's answers go together beyond what the estimate and the crowd's
confusions let expect: the leading eigenvector of their residual agreement on the same tasks, by power iteration, nobody
compared with themselves (compare Ghosh, Kale and McAfee 2011, who find contrary raters by such a vector). Each begins
with a throw of dice that knows no numbering (`colours`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.distinct import distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]
Sizes = tuple[int, int, int]

# What is kept of a person's agreement where they have few labels: so many labels' worth of the crowd's.
FEW = 2.0
TURNS = 20
# Beyond so many digits a direction is chance.
DIGITS = 7


class Labels(NamedTuple):
    """(task, tasker, class) triples."""

    task: Ints
    worker: Ints
    label: Ints

    def only(self, here: Bits) -> Labels:
        return Labels(*(column[here] for column in self))


def by_agreement(given: Labels, sizes: Sizes, posterior: Floats) -> Bits:
    """(taskers,) who agrees less with the posterior, by the cut that splits people best."""
    _, workers, classes = sizes
    expected = np.bincount(given.worker, posterior.mean(0)[given.label], workers)
    agreed = np.bincount(given.worker, posterior[given.task, given.label], workers) - expected
    count = np.bincount(given.worker, minlength=workers).astype(float)
    room = count - expected
    prior = FEW * (1 - 1 / classes)
    usual = agreed.sum() / max(room.sum(), 1e-9)
    found = np.zeros(workers, dtype=bool)
    seen = np.flatnonzero(count)
    found[seen] = _lower((agreed + prior * usual)[seen] / (room + prior)[seen], count[seen])
    return found


def _lower(values: Floats, weights: Floats) -> Bits:
    """Those below the cut in two with the least variance within the parts; nobody where all are equal."""
    order = np.argsort(values)
    ordered, weight = np.round(values[order], 9), weights[order]
    size, total = np.cumsum(weight), np.cumsum(weight * ordered)
    cuts = np.flatnonzero(ordered[1:] > ordered[:-1])
    if not cuts.size:
        return np.zeros(values.size, dtype=bool)
    between = total[cuts] ** 2 / size[cuts] + (total[-1] - total[cuts]) ** 2 / (size[-1] - size[cuts])
    return np.asarray(np.round(values, 9) <= ordered[cuts[np.round(between, 9).argmax()]])


def by_residual(given: Labels, sizes: Sizes, posterior: Floats, begin: Floats) -> Bits:
    """(taskers,) one side of the direction in which answers go together beyond the posterior; `begin` is any start."""
    tasks, workers, classes = sizes
    expected = posterior @ _confusions(given, posterior, classes)
    square = (expected**2).sum(1)
    cells, at = distinct(given.task * classes + given.label, tasks * classes)
    cell_task, chance = cells // classes, expected.ravel()[cells]
    said = scipy.sparse.csr_array((np.ones(at.size), (at, given.worker)), shape=(cells.size, workers))
    heard = said.T
    own = np.bincount(given.worker, 1 - 2 * chance[at] + square[given.task], workers)
    busy = np.sqrt(np.maximum(np.bincount(given.worker, minlength=workers), 1))
    side = begin
    for _ in range(TURNS):
        votes = said @ side
        total = np.bincount(cell_task, votes, tasks)
        usual = np.bincount(cell_task, chance * votes, tasks) - square * total
        moved = (heard @ (votes - chance * total[cell_task] - usual[cell_task]) - side * own) / busy
        length = np.linalg.norm(moved)
        if not length:
            break
        side = moved / length
    return np.asarray(np.round(side, DIGITS) < 0)


def _confusions(given: Labels, posterior: Floats, classes: int) -> Floats:
    """(classes, classes) what the crowd says of which class."""
    said = np.stack([np.bincount(given.label, posterior[given.task, k], classes) for k in range(classes)]) + 0.5
    return np.asarray(said / said.sum(1, keepdims=True))
