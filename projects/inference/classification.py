"""categorical_v1: which class a task has, how sure that is, and how able each tasker is.

No single model wins on every crowd, so several are fitted and their posteriors pooled: taskers differ in ability only
(`dawid_skene`); in ability and in liking for answers; each has a confusion matrix of their own, drawn from the crowd's
(`confusion`). What a member weighs is told by how well it foretells labels that it hasn't seen (`held_out`). Where the
models disagree the pool is honestly unsure. The choice of the pool by leave-one-set-out is told in docs/truth.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from projects.inference.confusion import Confusion, ConfusionFit, fit_confusion
from projects.inference.dawid_skene import Fit, Floats, Member, Votes, fit, votes
from projects.inference.held_out import foretold, parts_of, weights_of

Pooled = Member | Confusion
Fitted = Fit | ConfusionFit

_NODES, _WEIGHTS = hermegauss(5)

ABILITY = Member(bias=False)
BIAS = Member(bias=True)
HARDNESS = Member(True, (0.0, 0.5, 1.0, 2.0), (0.25, 0.25, 0.25, 0.25), learn_shares=True)
LOGNORMAL = Member(True, tuple(np.exp(_NODES)), tuple(_WEIGHTS / _WEIGHTS.sum()))
PERSONAL = Confusion()
KINDS = Confusion(kinds=3)
POOL = (ABILITY, BIAS, PERSONAL)
# Beside those of the pool, what was tried and is measured on (benchmarks/truth/unseen.py).
TRIED = (HARDNESS, LOGNORMAL, KINDS)

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
        return (ABILITY,)
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
    given = _Labels(task[order], worker[order], label[order], None if weight is None else weight[order])
    kept = sorted(pool_of(classes, workers, pool), key=lambda member: isinstance(member, Confusion))
    arranged = given.votes(sizes)
    fits = tuple(_fitted(arranged, sizes, member, known) for member in kept)
    weights = _weights(given, sizes, kept, known)
    pooled = sum((share * one.posterior for share, one in zip(weights, fits, strict=True)), np.zeros((tasks, classes)))
    return Estimate(pooled, fits, tuple(kept), weights)


@dataclass(frozen=True)
class _Labels:
    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    weight: Floats | None

    def votes(self, sizes: tuple[int, int, int]) -> Votes:
        return votes(self.task, self.worker, self.label, sizes, self.weight)

    def only(self, chosen: NDArray[np.bool_]) -> _Labels:
        weight = None if self.weight is None else self.weight[chosen]
        return _Labels(self.task[chosen], self.worker[chosen], self.label[chosen], weight)


def _fitted(given: Votes, sizes: tuple[int, int, int], member: Pooled, known: NDArray[np.int64] | None) -> Fitted:
    if isinstance(member, Confusion):
        return fit_confusion(given, sizes, member, known)
    return fit(given, sizes, member, known)


def _weights(
    given: _Labels, sizes: tuple[int, int, int], pool: Sequence[Pooled], known: NDArray[np.int64] | None
) -> Floats:
    """How much each member counts, by the labels held out from all of them."""
    if len(pool) == 1:
        return np.ones(1)
    told = []
    for out in parts_of(given.task, given.worker, given.label, sizes):
        arranged, unseen = given.only(~out).votes(sizes), given.only(out)
        fits = (_fitted(arranged, sizes, member, known) for member in pool)
        told.append([foretold(one.joint, one.table, unseen.task, unseen.worker, unseen.label) for one in fits])
    return weights_of(np.concatenate(told, axis=1))
