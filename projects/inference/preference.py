"""preference_v1: which of two is better, from many people's comparisons.

A vote on items i (left) and j (right) by tasker w follows Davidson's model of ties with a place for
habits and for taskers of different worth:

    left : right : tie  =  exp(u / 2) : exp(-u / 2) : exp(c + t_w)
    u = (1 + a_w) (strength_i - strength_j) + b + b_w

1 + a_w is the tasker's reliability (1: votes like the accuracy_model; 0: blindly; below: against it), b and b_w
a liking for the left side, t_w for ties. An item may belong to a group (the answers of one model, say):
its strength is the group's plus its own deviation, so that one comparison of an answer teaches a little
about all answers of that model. Every family of numbers has a normal prior whose variance is estimated
from the data (partial pooling), but for a_w, whose variance is given: it sets the scale of the strengths.

Sources: Bradley and Terry 1952; Davidson 1970 (ties); Davidson and Beaver 1977 (order); Chen et al. 2013
(taskers' reliability); posterior mode by L-BFGS, variances by EM with Laplace's approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import arguments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEFT, RIGHT, TIE = 0, 1, 2
FAMILIES = ("group", "item", "reliability", "side", "tie")
FIRST_VARIANCES = {"group": 1.0, "item": 0.3, "reliability": 0.5, "side": 0.1, "tie": 0.5}
# The variance estimates are pulled to their first values as if seen this many times.
VARIANCE_PRIOR = 2.0
ROUNDS = 8
# Beyond so many numbers their joint uncertainty isn't worked out: a matrix of this size squared is inverted.
MOST_JOINT = 2_000
# The crowd's liking for sides and ties come first in the vector that is optimised.
GLOBALS = 2


class Votes(NamedTuple):
    """Triples and outcome of each vote: items `left`, `right`, `worker`, `outcome` (LEFT, RIGHT, TIE)."""

    left: Ints
    right: Ints
    worker: Ints
    outcome: Ints


@dataclass(frozen=True)
class Preferences:
    """Posterior mode and standard deviation of each item's strength, and of each tasker's habits.
    `side` is the crowd's liking for the left side in logits, `tie` its readiness to call a tie; `group` is each item's,
    where they have any."""

    strength: Floats
    deviation: Floats
    reliability: Floats
    worker_side: Floats
    worker_tie: Floats
    side: float
    tie: float
    variances: dict[str, float]
    group: Ints | None = None

    def chances(self, left: Ints, right: Ints, worker: Ints | None = None) -> Floats:
        """(votes, 3) chances of left, right, tie; by a tasker, or by a stranger if `worker` is None."""
        gap = self.strength[left] - self.strength[right]
        if worker is None:
            push, tie = gap + self.side, np.full(len(gap), self.tie)
        else:
            push = self.reliability[worker] * gap + self.side + self.worker_side[worker]
            tie = self.tie + self.worker_tie[worker]
        return scipy.special.softmax(np.column_stack([push / 2, -push / 2, tie]), axis=1)

    def better(self, first: int, second: int) -> float:
        """The probability that `first` is stronger than `second`, whichever side it is shown on."""
        from_zero = self.strength[first] - self.strength[second]
        spread = np.hypot(self.deviation[first], self.deviation[second])
        return float(1 / (1 + np.exp(-1.702 * from_zero / max(spread, 1e-9))))

    def order(self) -> Ints:
        """Items from the strongest to the weakest."""
        return np.lexsort((np.arange(self.strength.size), -np.round(self.strength, 9)))


@dataclass
class _Layout:
    """Where each family of numbers lies in the one vector that is optimised."""

    slices: dict[str, slice]
    size: int

    @classmethod
    def of(cls, counts: dict[str, int]) -> _Layout:
        slices, at = {}, GLOBALS
        for name in FAMILIES:
            slices[name] = slice(at, at + counts[name])
            at += counts[name]
        return cls(slices, at)


def infer_preferences(votes: Votes, items: int, workers: int, group: Ints | None = None) -> Preferences:
    """Estimate all from votes in any order. `group[i]` is item i's group; by default each item stands
    alone. BadArgument for an index out of range, columns of different lengths or an item compared with itself."""
    _check(votes, items, workers)
    if group is not None:
        group = arguments.indices("group", group, max(items, 1), items)
    order = np.lexsort((votes.outcome, votes.worker, votes.right, votes.left))
    votes = Votes(*(np.asarray(column)[order] for column in votes))
    grouped = group is not None
    groups = np.zeros(items, dtype=np.int64) if group is None else np.asarray(group)
    counts = {"group": int(groups.max(initial=-1)) + 1 if grouped else 0, "item": items}
    layout = _Layout.of({**counts, "reliability": workers, "side": workers, "tie": workers})
    variances = dict(FIRST_VARIANCES) | ({} if grouped else {"item": 1.0})
    at = np.zeros(layout.size)
    for _ in range(ROUNDS):
        prior = _precisions(layout, variances)
        found = scipy.optimize.minimize(
            _cost, at, args=(votes, groups, layout, prior), jac=True, method="L-BFGS-B", options={"maxiter": 300}
        )
        at = found.x
        curve = _curvature(at, votes, groups, layout) + prior
        new = _new_variances(at, curve, layout)
        still = all(abs(np.log(new[name] / variances[name])) < 0.02 for name in new)
        variances |= new
        if still:
            break
    return replace(_told(at, curve, groups, layout, variances), group=groups if grouped else None)


def numbered_groups(said: Sequence[str | None]) -> Ints | None:
    """The number of each item's group by what is said of where it comes from; who comes from nowhere said stands alone.
    None where none comes from anywhere, and where no two come from one place: then groups tell nothing."""
    names = {name: n for n, name in enumerate(sorted({name for name in said if name is not None}))}
    alone = iter(range(len(names), len(names) + len(said)))
    group = np.array([next(alone) if name is None else names[name] for name in said], dtype=np.int64)
    return group if np.unique(group).size < group.size else None


def as_the_crowd_sees(votes: Votes, found: Preferences) -> tuple[Floats, Floats]:
    """Each item's strength beside the mean of all, in the logits of the tasker who gave an average vote, and its
    standard deviation.

    Strengths and reliabilities trade: only their product is told by votes, so it is the product that is given. Its
    deviation is from the joint uncertainty of all numbers (delta method on the inverse of the expected information).
    Where there are too many numbers for that, the taskers' habits are taken as known, and then each strength by itself.
    """
    items, workers = found.strength.size, found.reliability.size
    count = np.bincount(votes.worker, minlength=workers)
    share = count / max(count.sum(), 1)
    scale = float(share @ found.reliability) if count.any() else 1.0
    centred = found.strength - found.strength.mean() if items else found.strength
    if GLOBALS + items > MOST_JOINT:
        return scale * centred, abs(scale) * found.deviation
    free = 0 if GLOBALS + items + 3 * workers > MOST_JOINT else workers
    joint, layout = _information(votes, found, free)
    towards = np.zeros((items, layout.size))
    towards[:, layout.slices["item"]] = scale * (np.eye(items) - 1 / max(items, 1))
    towards[:, layout.slices["reliability"]] = np.outer(centred, share[:free])
    moved = np.linalg.solve(joint, towards.T)
    return scale * centred, np.sqrt(np.maximum((towards.T * moved).sum(0), 0))


def _information(votes: Votes, found: Preferences, workers: int) -> tuple[Floats, _Layout]:
    """The expected information of the votes and priors on all numbers together; with no `workers` without theirs."""
    push, tie = _slopes(votes, found, workers)
    chance = found.chances(votes.left, votes.right, votes.worker)
    lean = chance[:, 0] - chance[:, 1]
    both = -lean * chance[:, 2] / 2
    weighed = push.multiply(((1 - chance[:, 2] - lean**2) / 4)[:, None]) + tie.multiply(both[:, None])
    rest = tie.multiply((chance[:, 2] * (1 - chance[:, 2]))[:, None]) + push.multiply(both[:, None])
    layout = _Layout.of({"group": 0, "item": found.strength.size, **dict.fromkeys(FAMILIES[2:], workers)})
    prior = np.diag(_precisions(layout, found.variances))
    if found.group is not None:
        prior[layout.slices["item"], layout.slices["item"]] -= _in_common(found.group, found.variances)
    return (push.T @ weighed + tie.T @ rest).toarray() + prior, layout


def _in_common(group: Ints, variances: dict[str, float]) -> Floats:
    """(items, items) by how much less is told of items apart, since those of a group have its strength in common: the
    prior precision of all is the inverse of the item's variance on the diagonal plus the group's within groups
    (Sherman and Morrison 1950)."""
    own, size = variances["item"], np.bincount(group)[group]
    return np.where(group[:, None] == group, 1 / own**2 / (1 / variances["group"] + size / own), 0.0)


def _slopes(votes: Votes, found: Preferences, workers: int) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    """How the push to the left and the readiness for a tie of each vote move with each number, in the layout's order;
    with no `workers` their numbers are left out."""
    size, items = votes.left.size, found.strength.size
    rows, ones = np.arange(size), np.ones(size)
    factor = found.reliability[votes.worker]
    gap = found.strength[votes.left] - found.strength[votes.right]
    of_worker = GLOBALS + items + votes.worker
    pushed = [(np.zeros(size, int), ones), (GLOBALS + votes.left, factor), (GLOBALS + votes.right, -factor)]
    tied = [(np.ones(size, int), ones)]
    if workers:
        pushed += [(of_worker, gap), (of_worker + workers, ones)]
        tied += [(of_worker + 2 * workers, ones)]
    shape = (size, GLOBALS + items + 3 * workers)
    push, tie = (
        scipy.sparse.csr_array(
            (
                np.concatenate([one for _, one in some]),
                (np.tile(rows, len(some)), np.concatenate([at for at, _ in some])),
            ),
            shape,
        )
        for some in (pushed, tied)
    )
    return push, tie


def _check(votes: Votes, items: int, workers: int) -> None:
    for name, values, size in zip(Votes._fields, votes, (items, items, workers, 3), strict=True):
        arguments.indices(name, values, size, len(votes.left))
    if (np.asarray(votes.left) == np.asarray(votes.right)).any():
        raise arguments.BadArgument("right", "an item can't be compared with itself")


def _precisions(layout: _Layout, variances: dict[str, float]) -> Floats:
    prior = np.full(layout.size, 0.25)
    for name, where in layout.slices.items():
        prior[where] = 1 / variances[name]
    return prior


def _strengths(at: Floats, groups: Ints, layout: _Layout) -> Floats:
    own = at[layout.slices["item"]]
    return own + at[layout.slices["group"]][groups] if layout.slices["group"].stop > GLOBALS else own


def _parts(at: Floats, votes: Votes, groups: Ints, layout: _Layout) -> tuple[Floats, Floats, Floats]:
    """Per vote: the gap in strength, the reliability factor, and the three logits."""
    strength = _strengths(at, groups, layout)
    gap = strength[votes.left] - strength[votes.right]
    factor = 1 + at[layout.slices["reliability"]][votes.worker]
    push = factor * gap + at[0] + at[layout.slices["side"]][votes.worker]
    tie = at[1] + at[layout.slices["tie"]][votes.worker]
    return gap, factor, np.column_stack([push / 2, -push / 2, tie])


def _cost(at: Floats, votes: Votes, groups: Ints, layout: _Layout, prior: Floats) -> tuple[float, Floats]:
    gap, factor, logits = _parts(at, votes, groups, layout)
    logs = scipy.special.log_softmax(logits, axis=1) if len(gap) else np.zeros((0, 3))
    rows = np.arange(len(gap))
    pull = np.exp(logs)
    pull[rows, votes.outcome] -= 1
    push, tie = (pull[:, 0] - pull[:, 1]) / 2, pull[:, 2]
    slope = prior * at
    slope[:GLOBALS] += push.sum(), tie.sum()
    _spread(slope, layout, votes, groups, push * factor, push * gap, push, tie, sign=-1.0)
    return float(-logs[rows, votes.outcome].sum() + (prior * at**2).sum() / 2), slope


def _curvature(at: Floats, votes: Votes, groups: Ints, layout: _Layout) -> Floats:
    """The diagonal of the expected curvature (Fisher information) of the votes."""
    gap, factor, logits = _parts(at, votes, groups, layout)
    chance = scipy.special.softmax(logits, axis=1) if len(gap) else np.zeros((0, 3))
    push = (chance[:, 0] + chance[:, 1] - (chance[:, 0] - chance[:, 1]) ** 2) / 4
    tie = chance[:, 2] * (1 - chance[:, 2])
    curve = np.zeros(layout.size)
    curve[:GLOBALS] = push.sum(), tie.sum()
    _spread(curve, layout, votes, groups, push * factor**2, push * gap**2, push, tie, sign=1.0)
    return curve


def _spread(
    out: Floats, layout: _Layout, votes: Votes, groups: Ints, gap: Floats, factor: Floats, push: Floats,
    tie: Floats, sign: float,
) -> None:  # fmt: skip
    """Add each vote's share to the numbers it touches; the right item's share comes with `sign`."""
    items, workers = layout.slices["item"], layout.slices["reliability"]
    count = items.stop - items.start
    own = np.bincount(votes.left, gap, count) + sign * np.bincount(votes.right, gap, count)
    out[items] += own
    where = layout.slices["group"]
    if where.stop > where.start:
        out[where] += np.bincount(groups, own, where.stop - where.start)
    size = workers.stop - workers.start
    for name, values in (("reliability", factor), ("side", push), ("tie", tie)):
        out[layout.slices[name]] += np.bincount(votes.worker, values, size)


def _new_variances(at: Floats, curve: Floats, layout: _Layout) -> dict[str, float]:
    new = {}
    for name, where in layout.slices.items():
        if where.stop > where.start and name != "reliability":
            squares = (at[where] ** 2 + 1 / curve[where]).sum()
            count = where.stop - where.start
            first = FIRST_VARIANCES[name] * VARIANCE_PRIOR
            new[name] = float((squares + first) / (count + VARIANCE_PRIOR))
    return new


def _told(at: Floats, curve: Floats, groups: Ints, layout: _Layout, variances: dict[str, float]) -> Preferences:
    spread = 1 / curve[layout.slices["item"]]
    where = layout.slices["group"]
    if where.stop > where.start:
        spread = spread + (1 / curve[where])[groups]
    return Preferences(
        _strengths(at, groups, layout),
        np.sqrt(spread),
        1 + at[layout.slices["reliability"]],
        at[layout.slices["side"]],
        at[layout.slices["tie"]],
        float(at[0]),
        float(at[1]),
        variances,
    )
