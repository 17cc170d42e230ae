"""categorical_v1: which class a task has, how sure that is, and how able each tasker is.

No single model wins on every crowd, so several are fitted and the posterior in their middle is taken (`median`): all
taskers are alike, which is majority vote; they differ in ability (`dawid_skene`); in ability and in liking for answers;
each has a confusion matrix of their own, drawn from the crowd's (`confusion`), for tasks of one kind or of three; and
their mistakes go together by kinds of tasks. Where the models disagree the pool is honestly unsure. How the pool was
chosen, by leave-one-set-out and on made-up crowds, is told in docs/truth.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from projects.inference.confusion import Confusion, ConfusionFit, fit_confusion
from projects.inference.dawid_skene import Fit, Floats, Member, Votes, fit, votes
from projects.inference.median import middle

Pooled = Member | Confusion
Fitted = Fit | ConfusionFit

_NODES, _WEIGHTS = hermegauss(5)

ALIKE = Member(bias=False, alike=True)
ABILITY = Member(bias=False)
BIAS = Member(bias=True)
HARDNESS = Member(True, (0.0, 0.5, 1.0, 2.0), (0.25, 0.25, 0.25, 0.25), learn_shares=True)
LOGNORMAL = Member(True, tuple(np.exp(_NODES)), tuple(_WEIGHTS / _WEIGHTS.sum()))
PERSONAL = Confusion()
KINDS = Confusion(kinds=3)
CLIQUES = Confusion(kinds=5, learnt=False)
POOL = (ABILITY, BIAS, ALIKE, PERSONAL, KINDS, CLIQUES)
# With very many classes; the second knows of no mistake that is made more often, and keeps the first from certainty.
MANY: tuple[Pooled, ...] = (ABILITY, ALIKE)
# Beside those of the pool, what was tried and is measured on (benchmarks/truth/unseen.py).
TRIED = (HARDNESS, LOGNORMAL)

# Tables larger than this many numbers (taskers × classes² × groups) are not made: the pool shrinks to
# its ability member, which is the one that can't over-fit many classes.
LARGEST_TABLE = 2_000_000
# With more classes nobody's liking for each of them is estimated either: there are more likings than a tasker's labels
# can tell, and what is kept of each tasker grows with their square.
MOST_LIKED = 30


@dataclass(frozen=True)
class Estimate:
    """The batch result: `posterior` (tasks, classes), pooled; `fits` one per member of the pool, those with confusion
    matrices last; `weights` (members,) are even unless said."""

    posterior: Floats
    fits: tuple[Fitted, ...]
    members: tuple[Pooled, ...]
    weighed: Floats | None = None

    @property
    def weights(self) -> Floats:
        """How much each member counts; they sum to one."""
        return np.full(len(self.fits), 1 / len(self.fits)) if self.weighed is None else self.weighed

    @property
    def answer(self) -> NDArray[np.int64]:
        """The most probable class of each task; the lowest where equal (to nine digits)."""
        return np.round(self.posterior, 9).argmax(1)

    @property
    def confidence(self) -> Floats:
        """The pooled probability of `answer`, before calibration."""
        return self.posterior.max(1)


def pool_of(classes: int, workers: int = 0, pool: tuple[Pooled, ...] = POOL) -> tuple[Pooled, ...]:
    """The members that so many classes and taskers allow."""
    if classes > MOST_LIKED:
        return tuple(m for m in pool if m in MANY) or (ABILITY,)
    return tuple(m for m in pool if workers * classes**2 * _groups(m) <= LARGEST_TABLE) or (ABILITY,)


def _groups(member: Pooled) -> int:
    return member.kinds if isinstance(member, Confusion) else len(member.ease)


def estimate(
    task: NDArray[np.int64],
    worker: NDArray[np.int64],
    label: NDArray[np.int64],
    sizes: tuple[int, int, int],
    known: NDArray[np.int64] | None = None,
    pool: tuple[Pooled, ...] = POOL,
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
    kept = sorted(pool_of(classes, workers, pool), key=lambda member: isinstance(member, Confusion))
    fits = tuple(_fitted(given, sizes, member, known) for member in kept)
    weights = middle([one.posterior for one in fits])
    pooled = sum((share * one.posterior for share, one in zip(weights, fits, strict=True)), np.zeros((tasks, classes)))
    return Estimate(np.minimum(pooled, 1), fits, tuple(kept), weights)  # shares add up to a hair more than one


def _fitted(given: Votes, sizes: tuple[int, int, int], member: Pooled, known: NDArray[np.int64] | None) -> Fitted:
    if isinstance(member, Confusion):
        return fit_confusion(given, sizes, member, known)
    return fit(given, sizes, member, known)
