"""How well each member of a pool foretells labels that it hasn't seen: which needs no truth.

Some labels are held out, the members are fitted to the rest, and each says how likely the labels held out are.
The weights of the pool are those of stacking (Yao et al. 2018): under them the pooled expectation is the most likely.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

# The labels fall into so many parts; each is held out in turn until so many labels have been.
PARTS = 7
ENOUGH = 3_000
# What each member's weight begins with, in labels that it alone foretold: a few labels choose nobody.
EVEN = 1.0
ROUNDS = 200
# How often what is known of tasks, taskers and classes goes to the others.
ECHOES = 4
ODD = np.uint64(1)


def parts_of(task: Ints, worker: Ints, label: Ints, sizes: tuple[int, int, int]) -> Iterator[Bits]:
    """Which labels are held out, part by part: by a hash of who gave it to what, both told by their labels alone.

    So numbering tasks, taskers or classes anew, or another order of the labels, changes nothing (colour refinement,
    Weisfeiler and Leman 1968; sums of hashes know no order).
    """
    tasks, workers, classes = sizes
    of_task, of_worker = np.zeros(tasks, dtype=np.uint64), np.zeros(workers, dtype=np.uint64)
    of_class = np.zeros(classes, dtype=np.uint64)
    for _ in range(ECHOES):
        here, who, said = (_mixed(told[at]) for told, at in ((of_task, task), (of_worker, worker), (of_class, label)))
        of_task = _summed(task, _mixed(said + (who << ODD)), tasks)
        of_worker = _summed(worker, _mixed(said ^ (here << ODD)), workers)
        of_class = _summed(label, _mixed(here + (who << ODD)), classes)
    # Tasks that are told apart by nothing take turns: which of them is which changes nothing either.
    order = np.argsort(of_task, kind="stable")
    first = np.searchsorted(of_task[order], of_task[order])
    turn = np.empty(tasks, dtype=np.uint64)
    turn[order] = (np.arange(tasks) - first).astype(np.uint64)
    part = (_mixed(_mixed(of_task[task]) + of_worker[worker]) + turn[task]) % np.uint64(PARTS)
    for which in range(min(PARTS, -(-ENOUGH * PARTS // max(label.size, 1)))):
        yield part == which


def foretold(joint: Floats, table: Floats, task: Ints, worker: Ints, label: Ints) -> Floats:
    """The log chance (n,) of each label by a fit that hasn't seen it: `joint` (T, K, G) and `table` (W, K, G, K)."""
    return np.log(np.maximum((joint[task] * np.exp(table[worker, :, :, label])).sum((1, 2)), 1e-12))


def weights_of(chances: Floats) -> Floats:
    """(members,) from the log chances (members, labels) of the labels held out; they sum to one."""
    members, labels = chances.shape
    weights = np.full(members, 1 / members)
    if members == 1 or not labels:
        return weights
    likely = np.exp(chances - chances.max(0))
    for _ in range(ROUNDS):
        shares = likely * weights[:, None]
        weights = ((shares / shares.sum(0)).sum(1) + EVEN) / (labels + members * EVEN)
    return weights


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
