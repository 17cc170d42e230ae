"""Who mistakes what for what, person by person: a confusion matrix for each tasker, drawn from the crowd's.

The chance that tasker w says l about a task of class k and kind g is one cell of a row drawn from a Dirichlet
distribution around the crowd's row,

    v_wkg  ~  Dirichlet(strength_kg · row_k)

so that a tasker with one label is the crowd's tasker, and one with a thousand is themselves. The strength of each row
is learnt (Minka 2000, fixed point of the Dirichlet-multinomial), which is how far people differ. With one kind of task
this is the Dawid-Skene model, partially pooled (Paun et al. 2018). With several kinds people's errors go together:
those who are misled by a task of one kind are misled by all of its kind, as in the enhanced Bayesian combination of
classifiers (Li, Rubinstein and Cohn 2019). That model itself is here too, `learnt` off: everybody is held right four
times as often as each mistake whatever the crowd shows, and few of the kinds are there. Where one class is rare, a
crowd that learns its own rows explains it away, and this one doesn't.

Fitted by mean field (expectation maximisation with the expected log chances of the rows), from the shares of the votes;
learnt kinds begin with how contested a task is, the others with a throw of dice that knows no numbering (`colours`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projects.inference.colours import evenly
from projects.inference.dawid_skene import FIRST_TURNS, STILL, Learnt, Votes, expected, held, normalised
from projects.inference.digamma import digamma
from projects.inference.matrices import Table, sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Before anything is seen: four labels' worth of "the crowd's row" for each tasker, and a row right seven times in ten.
FIRST_STRENGTH, FIRST_RIGHT = 4.0, 0.7
# What the crowd's row is drawn towards: two people's worth of "half right, the rest even".
ROW_PRIOR = 2.0
# A strength is never less, or more: a row that everybody shares needs no more than this.
STRENGTHS = (0.5, 200.0)
# The prior of Li et al.: labels' worth of each row that isn't learnt, and how few kinds are expected.
FIRM_RIGHT, FIRM_WRONG, FEW_KINDS = 4.0, 1.0, 0.1
# The crowd's rows change slowly, and cost more than all else: they are learnt anew every so many turns.
LEARNT_EVERY = 2


@dataclass(frozen=True)
class Confusion:
    """A member of the pool with a confusion matrix per tasker, for each of `kinds` of tasks, drawn from the crowd's
    rows if those are `learnt`."""

    kinds: int = 1
    learnt: bool = True


@dataclass(frozen=True)
class ConfusionFit:
    """What was learnt. T tasks, W taskers, K classes, G kinds.

    `joint` (T, K, G) posterior of each task's class and kind; `counts` (W, K, G, K) how often each tasker is held to
    have said what of which; `prior` (K, G, K) what is added to them: strength × the crowd's row; `offset` (K, G) log
    share of each class and kind.
    """

    joint: Floats
    counts: Floats
    prior: Floats
    offset: Floats

    @property
    def posterior(self) -> Floats:
        """(T, K) probability of each class."""
        return self.joint.sum(2)

    @property
    def table(self) -> Floats:
        """(W, K, G, K) log chance of each answer."""
        cells = self.counts + self.prior
        return np.log(cells / cells.sum(3, keepdims=True))

    def foretold(self, task: NDArray[np.int64], worker: NDArray[np.int64], label: NDArray[np.int64]) -> Floats:
        """The chance of each of these labels, if none of them was there when this was learnt."""
        cells = self.counts + self.prior
        chances = cells[worker, :, :, label] / cells.sum(3)[worker]
        return np.asarray(np.einsum("nkg,nkg->n", self.joint[task], chances), dtype=np.float64)


def expected_logs(cells: Floats, totals: Floats) -> Floats:
    """The expected log chances of answers whose counts are `cells`, of `totals` in each row."""
    return np.asarray(digamma(cells) - digamma(totals), dtype=np.float64)


def fit_confusion(
    given: Votes,
    sizes: tuple[int, int, int],
    member: Confusion,
    known: NDArray[np.int64] | None = None,
    rounds: int = 100,
    begin: Learnt | None = None,
) -> ConfusionFit:
    """Estimate all from votes. `sizes` = (tasks, taskers, classes); `known[t]` is a class or -1; `begin` is what
    was learnt of the same people.

    Inside, states are pairs of class and kind, and answers come before taskers, as in `Votes`.
    """
    tasks, workers, classes = sizes
    kinds, states = member.kinds, classes * member.kinds
    joint = _first_joint(given, sizes, member, known) if begin is None else expected(begin, given, known)
    joint = joint.reshape(tasks, states)
    row, strength = _first_rows(classes, kinds, member.learnt)
    # Sums along short rows are slow, and products with ones are not.
    of_class, every = np.repeat(np.eye(classes), kinds, axis=0), np.ones(tasks)
    posterior = joint @ of_class
    excluded = None if known is None else (known[:, None] >= 0) & (known[:, None] != np.arange(classes))
    said, heard = given.of_seen
    label, worker = np.divmod(given.seen, max(workers, 1))
    people, answers = sums(worker, workers), sums(label, classes)
    for turn in range(rounds):
        counts = said @ joint
        totals = people @ counts
        if member.learnt and (turn and turn % LEARNT_EVERY == 0 or turn == 1):
            row, strength = _crowd(counts, totals, label, answers, row, strength)
        prior = (strength * row.T[:, :, None]).reshape(classes, states)  # answers, states
        logs = digamma(counts + prior[label]) - digamma(totals + prior.sum(0))[worker]
        offset = _shares((every @ joint).reshape(classes, kinds), member.learnt)
        scores = heard @ logs
        if excluded is not None:
            scores.reshape(tasks, classes, kinds)[excluded] = -np.inf
        joint = normalised(scores, offset.ravel())
        before, posterior = posterior, joint @ of_class
        if turn >= FIRST_TURNS and np.abs(posterior - before).sum() < STILL * tasks:
            break
    table = np.zeros((classes * workers, states))
    table[given.seen] = counts
    counted = table.reshape(classes, workers, classes, kinds).transpose(1, 2, 3, 0)
    added = prior.reshape(classes, classes, kinds).transpose(1, 2, 0)
    return ConfusionFit(joint.reshape(tasks, classes, kinds), counted, added, offset)


def _first_joint(given: Votes, sizes: tuple[int, int, int], member: Confusion, known: Ints | None) -> Floats:
    """(tasks, classes, kinds) how likely each is in the beginning, by the shares of the votes."""
    shares = held(given.first, known).T[:, :, None]
    if member.learnt:
        return shares * _kinds_at_first(given.first, member.kinds)[:, None]
    return shares * evenly(given.told, member.kinds)


def _first_rows(classes: int, kinds: int, learnt: bool) -> tuple[Floats, Floats]:
    """The crowd's rows (K, K) and their strengths (K, G) before anything is seen."""
    total = FIRM_RIGHT + FIRM_WRONG * (classes - 1)
    right, strength = (FIRST_RIGHT, FIRST_STRENGTH) if learnt else (FIRM_RIGHT / total, total)
    row = np.where(np.eye(classes, dtype=bool), right, (1 - right) / max(classes - 1, 1))
    return row, np.full((classes, kinds), strength)


def _shares(tasks: Floats, learnt: bool) -> Floats:
    """Log shares (K, G) of classes and kinds from how many tasks are of each."""
    classes, kinds = tasks.shape
    if learnt:
        shares = tasks + 1 / kinds
        return np.asarray(np.log(shares / shares.sum()), dtype=np.float64)
    of_class, of_kind = tasks.sum(1) + 1, tasks + FEW_KINDS / kinds
    return expected_logs(of_kind, of_kind.sum(1, keepdims=True)) + np.log(of_class / of_class.sum())[:, None]


def _kinds_at_first(first: Floats, kinds: int) -> Floats:
    """(tasks, kinds): the most contested tasks are likeliest of the first kind; equal ones are equally so."""
    if kinds == 1:
        return np.ones((first.shape[1], 1))
    agreed = np.round(first.max(0), 9)
    ordered = np.sort(agreed)
    place = (np.searchsorted(ordered, agreed, "left") + np.searchsorted(ordered, agreed, "right")) / (2 * agreed.size)
    middles = (np.arange(kinds) + 0.5) / kinds
    near = np.exp(-((place[:, None] - middles) ** 2) * 2 * kinds**2)
    return near / near.sum(1, keepdims=True)


def _crowd(
    counts: Floats, totals: Floats, label: Ints, answers: Table, row: Floats, strength: Floats
) -> tuple[Floats, Floats]:
    """The crowd's rows (K, K) and their strengths (K, G) from everybody's counts: of each (answer, tasker) that was
    seen by state, with its `label`, which `answers` adds up, and of each tasker in `totals`."""
    classes, kinds = strength.shape
    prior = (strength * row.T[:, :, None]).reshape(classes, classes * kinds)
    more = answers @ (digamma(counts + prior[label]) - digamma(prior)[label])
    drawn = (prior * more).reshape(classes, classes, kinds)
    chances = (digamma(totals + strength.ravel()) - digamma(strength.ravel())).sum(0).reshape(classes, kinds)
    strength = np.clip((drawn.sum(0) + FIRST_STRENGTH) / (chances + 1), *STRENGTHS)
    seen = drawn.sum(2).T + ROW_PRIOR * np.where(np.eye(classes, dtype=bool), 0.5, 0.5 / max(classes - 1, 1))
    return seen / seen.sum(1, keepdims=True), strength
