"""categorical_v1: which class a task has, how sure that is, and how able each tasker is.

No single model wins on every crowd, so four of one family (`confusion.Member`) are fitted and their
posteriors pooled with equal weights: taskers differ in ability only; in ability and in liking for
answers; and both of them with difficulty groups, once from useless to easy with learnt shares, once
log-normal around ordinary. Where the models disagree the pool is honestly unsure. The choice of the pool
by leave-one-set-out is told in docs/truth.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from projects.inference.dawid_skene import Fit, Floats, Member, fit, votes

_NODES, _WEIGHTS = hermegauss(5)

ABILITY = Member(bias=False)
BIAS = Member(bias=True)
HARDNESS = Member(True, (0.0, 0.5, 1.0, 2.0), (0.25, 0.25, 0.25, 0.25), learn_shares=True)
LOGNORMAL = Member(True, tuple(np.exp(_NODES)), tuple(_WEIGHTS / _WEIGHTS.sum()))
POOL = (ABILITY, BIAS, HARDNESS, LOGNORMAL)

# Tables larger than this many numbers (taskers × classes² × groups) are not made: the pool shrinks to
# its ability member, which is the one that can't over-fit many classes.
LARGEST_TABLE = 2_000_000
# With more classes nobody's liking for each of them is estimated either: there are more likings than a tasker's labels
# can tell, and what is kept of each tasker grows with their square.
MOST_LIKED = 30


@dataclass(frozen=True)
class Estimate:
    """The batch result: `posterior` (tasks, classes), pooled; `fits` one per member of the pool."""

    posterior: Floats
    fits: tuple[Fit, ...]
    members: tuple[Member, ...]

    @property
    def answer(self) -> NDArray[np.int64]:
        """The most probable class of each task; the lowest where equal (to nine digits)."""
        return np.round(self.posterior, 9).argmax(1)

    @property
    def confidence(self) -> Floats:
        """The pooled probability of `answer`, before calibration."""
        return self.posterior.max(1)


def pool_of(classes: int, workers: int = 0, pool: tuple[Member, ...] = POOL) -> tuple[Member, ...]:
    """The members that so many classes and taskers allow."""
    if classes > MOST_LIKED:
        return (ABILITY,)
    return tuple(m for m in pool if workers * classes**2 * len(m.ease) <= LARGEST_TABLE) or (ABILITY,)


def estimate(
    task: NDArray[np.int64],
    worker: NDArray[np.int64],
    label: NDArray[np.int64],
    sizes: tuple[int, int, int],
    known: NDArray[np.int64] | None = None,
    pool: tuple[Member, ...] = POOL,
    weight: Floats | None = None,
) -> Estimate:
    """Pooled estimate from (task, tasker, class) triples of small integers, in any order.

    `sizes` = (tasks, taskers, classes). `known[t]` ≥ 0 holds a known answer fixed; `weight` is how much each
    label counts (copying.voices), 1 by default. A task without labels gets the classes' shares. ValueError for
    indices out of range.
    """
    tasks, workers, classes = sizes
    for name, values, size in (("task", task, tasks), ("tasker", worker, workers), ("label", label, classes)):
        if values.size and not (values.min() >= 0 and values.max() < size):
            raise ValueError(f"a {name} index is out of range")
    order = np.argsort((label * workers + worker) * tasks + task)
    given = votes(task[order], worker[order], label[order], sizes, None if weight is None else weight[order])
    kept = pool_of(classes, workers, pool)
    fits = tuple(fit(given, sizes, member, known) for member in kept)
    pooled = np.mean([one.posterior for one in fits], axis=0)
    return Estimate(pooled, fits, kept)
