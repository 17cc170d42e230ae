"""What tasks, taskers and classes look like by their labels alone, so that chance may be drawn without any numbering.

Numbering tasks, taskers or classes anew, or giving the labels in another order, changes no colour (colour refinement,
Weisfeiler and Leman 1968; sums of hashes know no order).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

# How often what is known of tasks, taskers and classes goes to the others.
ECHOES = 4
ODD = np.uint64(1)


class Colours(NamedTuple):
    """A hash for each task, tasker and class. Tasks that nothing tells apart, and taskers, have different ones: which
    of them has which changes nothing either."""

    task: Hashes
    worker: Hashes
    label: Hashes


def colours(task: Ints, worker: Ints, label: Ints, sizes: tuple[int, int, int]) -> Colours:
    """The colours of all by (task, tasker, class) triples; `sizes` = (tasks, taskers, classes)."""
    tasks, workers, classes = sizes
    of_task, of_worker = np.zeros(tasks, dtype=np.uint64), np.zeros(workers, dtype=np.uint64)
    of_class = np.zeros(classes, dtype=np.uint64)
    for _ in range(ECHOES):
        here, who, said = (_mixed(told)[at] for told, at in ((of_task, task), (of_worker, worker), (of_class, label)))
        of_task = _summed(task, _mixed(said + (who << ODD)), tasks)
        of_worker = _summed(worker, _mixed(said ^ (here << ODD)), workers)
        of_class = _summed(label, _mixed(here + (who << ODD)), classes)
    return Colours(_apart(of_task), _apart(of_worker), of_class)


def evenly(told: Colours, kinds: int) -> Floats:
    """(tasks, classes, kinds): a throw of dice for each task and class, even over all shares of the kinds."""
    pairs = _mixed(told.task)[:, None] + _mixed(told.label)
    thrown = _mixed(pairs[:, :, None] + np.arange(1, kinds + 1).astype(np.uint64))
    shares = -np.log((thrown >> np.uint64(11)) * 2.0**-53 + 2.0**-54)
    return np.asarray(shares / shares.sum(2, keepdims=True), dtype=np.float64)


def drawn(hashes: Hashes, turn: int) -> Floats:
    """A number in [0, 1) by each hash, another for each turn."""
    return np.asarray((_mixed(_mixed(hashes) + np.uint64(turn)) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def _apart(hashes: Hashes) -> Hashes:
    """Other hashes, of which no two are equal."""
    order = np.argsort(hashes, kind="stable")
    first = np.searchsorted(hashes[order], hashes[order])
    turn = np.empty(hashes.size, dtype=np.uint64)
    turn[order] = (np.arange(hashes.size) - first).astype(np.uint64)
    return _mixed(hashes + turn)


def _summed(at: Ints, hashes: Hashes, size: int) -> Hashes:
    total = np.zeros(size, dtype=np.uint64)
    np.add.at(total, at, hashes)
    return total


def _mixed(values: Hashes) -> Hashes:
    """A well-mixed hash of each number (Steele, Lea and Flood 2014, splitmix64)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
