"""categorical_v1: which class a task has, how sure that is, and how able each tasker is.

No single model wins on every crowd, so several are fitted and the posterior in their middle is taken (`median`): all
taskers are alike, which is majority vote; they differ in ability (`dawid_skene`); in ability and in liking for answers;
each has a confusion matrix of their own, drawn from the crowd's (`confusion`), for tasks of one kind or of three; and
their mistakes go together by kinds of tasks. Where the models disagree the pool is honestly unsure. Where the crowd
tells two stories that could as well be true, the pool says so (`rivals`) and is no surer than that. How the pool was
chosen, by leave-one-set-out and on made-up crowds, is told in docs/truth.md.

What a model says of labels that it wasn't told speaks for it (`held_out`): one that has gone astray foretells them
badly. Where labels are many, what it learnt of people by then is where it begins when it is told all; where they are
very many, all but the last turns are taken on some of the tasks. People who say
the same whatever the task is have one voice (`cliques`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from projects.inference import held_out
from projects.inference.cliques import find_cliques, one_voice
from projects.inference.colours import Colours, colours
from projects.inference.confusion import Confusion, ConfusionFit, fit_confusion
from projects.inference.dawid_skene import Fit, Floats, Member, Votes, fit, votes
from projects.inference.distinct import distinct
from projects.inference.median import middle
from projects.inference.one_coin import fit_one_coin
from projects.inference.rivals import ENOUGH, Told, tempered, weigh_rival

Pooled = Member | Confusion
Fitted = Fit | ConfusionFit

_NODES, _WEIGHTS = hermegauss(5)

ALIKE = Member(bias=False, alike=True)
POPULAR = Member(bias=False, popular=True)
ABILITY = Member(bias=False)
BIAS = Member(bias=True)
STRICT = Member(bias=True, together=True)
HARDNESS = Member(True, (0.0, 0.5, 1.0, 2.0), (0.25, 0.25, 0.25, 0.25), learn_shares=True)
LOGNORMAL = Member(True, tuple(np.exp(_NODES)), tuple(_WEIGHTS / _WEIGHTS.sum()))
PERSONAL = Confusion()
KINDS = Confusion(kinds=3)
CLIQUES = Confusion(kinds=5, learnt=False)
POOL = (ABILITY, STRICT, ALIKE, PERSONAL, KINDS, CLIQUES)
# With very many classes, where labels are too few to ask what speaks for each. The first learns every mistake apart, of
# which there are more than labels; the second how popular each class is; the third nothing.
MANY: tuple[Pooled, ...] = (ABILITY, POPULAR, ALIKE)
# Beside those of the pool, what was tried and is measured on (benchmarks/truth/unseen.py).
TRIED = (BIAS, HARDNESS, LOGNORMAL)

# Tables larger than this many numbers (taskers × classes² × groups) are not made: the pool shrinks to
# its ability member, which is the one that can't over-fit many classes.
LARGEST_TABLE = 2_000_000
# With more classes nobody's liking for each of them is estimated either: there are more likings than a tasker's labels
# can tell, and what is kept of each tasker grows with their square.
MOST_LIKED = 30
# At most so many turns, of members of ability fewer.
ROUNDS, ABLE_ROUNDS = 100, 60
# Of very many labels (held_out.MOST) people are learnt by some of the tasks, and by all of them in so many turns.
LEARNT_ROUNDS = 5
# Where known answers speak for a rival story it is told by its people, the others' labels counting so much; then all
# are fitted to it, in so many steps, and it is held with what they all say so many times.
FAINT, BEGUN, RETOLD = 0.05, 8, 2


@dataclass(frozen=True)
class Estimate:
    """The batch result: `posterior` (tasks, classes), pooled; `fits` one per member of the pool, those with confusion
    matrices last; `weights` (members,) are even unless said, `favour` is what speaks for each (held_out). `sure` is the
    chance that this story is the true one, which the posterior heeds, and `needed` how many known answers would be
    expected to tell where the crowd doesn't."""

    posterior: Floats
    fits: tuple[Fitted, ...]
    members: tuple[Pooled, ...]
    weighed: Floats | None = None
    sure: float = 1.0
    needed: int = 0
    favour: Floats | None = None

    @property
    def identified(self) -> bool:
        """Whether the answers tell what is true; False where the mirror of it could as well be."""
        return self.sure >= ENOUGH

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
        return MANY if pool == POOL else tuple(m for m in pool if m in MANY) or (ABILITY,)
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
    task, worker, label = task[order], worker[order], label[order]
    each = np.ones(task.size) if weight is None else weight[order]
    each = each * one_voice(task, worker, find_cliques(task, worker, label, sizes), workers)
    looks = colours(task, worker, label, sizes)
    given = replace(votes(task, worker, label, sizes, each), looks=looks)
    kept = tuple(sorted(pool_of(classes, workers, pool), key=lambda member: isinstance(member, Confusion)))
    favour, learnt = _heard((task, worker, label), each, sizes, kept, looks, known)
    rounds = LEARNT_ROUNDS if learnt and task.size > held_out.MOST else ROUNDS
    pooled, fits, weights = _pooled(given, sizes, kept, known, favour, rounds, learnt)
    told = weigh_rival(task, worker, label, sizes, pooled, looks, known)
    if told.sure < 0.5:  # known answers speak for the rival
        faint = votes(task, worker, label, sizes, np.where(told.rival[worker], each, FAINT * each))
        theirs, *_ = _pooled(faint, sizes, kept, known, favour)
        again = replace(given, first=np.ascontiguousarray(theirs.T), steps=BEGUN)
        pooled, fits, weights = _pooled(again, sizes, kept, known, favour, RETOLD)
        told = weigh_rival(task, worker, label, sizes, pooled, looks, known)
    return Estimate(_honest(pooled, told, known), fits, kept, weights, told.sure, told.needed, favour)


def _pooled(
    given: Votes,
    sizes: tuple[int, int, int],
    members: tuple[Pooled, ...],
    known: NDArray[np.int64] | None,
    favour: Floats,
    rounds: int = ROUNDS,
    begin: Sequence[Fitted] = (),
) -> tuple[Floats, tuple[Fitted, ...], Floats]:
    """The posterior in the middle of the members', their fits and their weights; each begins where it is said to."""
    starts: Sequence[Fitted | None] = begin or [None] * len(members)
    fits = tuple(
        _fitted(given, sizes, member, known, rounds, start) for member, start in zip(members, starts, strict=True)
    )
    weights = middle([one.posterior for one in fits], favour)
    shares = zip(weights, fits, strict=True)
    pooled = sum((share * one.posterior for share, one in shares), np.zeros((sizes[0], sizes[2])))
    return np.minimum(pooled, 1), fits, weights  # shares add up to a hair more than one


def _heard(
    triples: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    each: Floats,
    sizes: tuple[int, int, int],
    members: tuple[Pooled, ...],
    looks: Colours,
    known: NDArray[np.int64] | None,
) -> tuple[Floats, Sequence[Fitted]]:
    """How much speaks for each member, which is how well it foretells labels that it isn't told; and what it learnt of
    people by the others, where they are many. Of two members none is the middle, and of very many classes each is known
    by too few labels: nothing is left out then."""
    logs, weights, learnt = [], [], []
    asking = len(members) > 2 and sizes[2] <= MOST_LIKED
    task, worker, label = triples
    for told, asked in held_out.withheld(task, worker, looks) if asking else ():
        tasks, at = distinct(task[told | asked], sizes[0])
        place = np.zeros(task.size, dtype=np.int64)
        place[told | asked] = at
        some = (tasks.size, *sizes[1:])
        given = votes(place[told], worker[told], label[told], some, each[told])
        here = None if known is None else known[tasks]
        rounds = held_out.ROUNDS if task.size <= held_out.MOST else ROUNDS
        fits = [_fitted(given, some, member, here, rounds) for member in members]
        learnt.append(fits)
        logs.append([np.log(one.foretold(place[asked], worker[asked], label[asked])) for one in fits])
        weights.append(each[asked])
    if not logs:
        return np.ones(len(members)), ()
    favour = held_out.favours(np.concatenate(logs, axis=1), np.concatenate(weights))
    return favour, learnt[0] if each.size > held_out.MANY else ()


def _honest(posterior: Floats, told: Told, known: NDArray[np.int64] | None) -> Floats:
    """As sure as the story is; known answers stay known."""
    said = tempered(posterior, told.sure)
    return said if known is None else np.where(known[:, None] >= 0, posterior, said)


def _fitted(
    given: Votes,
    sizes: tuple[int, int, int],
    member: Pooled,
    known: NDArray[np.int64] | None,
    rounds: int,
    begin: Fitted | None = None,
) -> Fitted:
    if isinstance(member, Confusion):
        return fit_confusion(given, sizes, member, known, rounds, begin)
    start = begin if isinstance(begin, Fit) else None
    if not member.bias and member.ease == (1.0,):
        return fit_one_coin(given, sizes, member, known, min(rounds, ABLE_ROUNDS), start)
    return fit(given, sizes, member, known, min(rounds, ABLE_ROUNDS), begin=start)
