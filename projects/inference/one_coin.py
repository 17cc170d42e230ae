"""Ability alone, by labels seen: what `dawid_skene.fit` finds where nobody likes an answer and no task is harder.

A tasker is right with one chance whatever the class, and else says what the crowd mistakes that class for. So nothing
is kept of each tasker and class: memory goes with the labels and with tasks × classes, and time with labels × classes,
where the table of who says what of which goes with taskers × classes².
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.dawid_skene import (
    FIRST_TURNS,
    LONGEST_STEP,
    ROW_PRIOR,
    STILL,
    Fit,
    Floats,
    Member,
    Votes,
    expected,
    held,
    learnt_variance,
    normalised,
    plain_confusions,
)
from projects.inference.distinct import distinct

Ints = NDArray[np.int64]

# With no more classes a table of tasks and classes is quicker than one of what was said.
DENSE = 30


def fit_one_coin(
    given: Votes,
    sizes: tuple[int, int, int],
    member: Member,
    known: Ints | None = None,
    rounds: int = 60,
    begin: Fit | None = None,
) -> Fit:
    """Estimate all from votes, of a `member` without likings and of one ease. `sizes` = (tasks, taskers, classes);
    `known[t]` is a class or -1; `begin` is what was learnt of the same people."""
    if member.alike:
        return _alike(given, sizes, known, rounds)
    tasks, workers, classes = sizes
    task, worker, label = given.triples
    each, cell = given.said.data, task * classes + label
    counts = _table(cell, each, tasks, classes)
    heard = counts.T.tocsr() if isinstance(counts, scipy.sparse.csr_array) else counts.T
    count = np.bincount(worker, each, workers).astype(float)
    excluded = None if known is None else (known[:, None] >= 0) & (known[:, None] != np.arange(classes))
    person, confusions, posterior = _begun(given, sizes, known, begin)
    class_logs, every = np.zeros(classes), np.ones(tasks)
    for turn in range(rounds):
        hits = np.bincount(worker, each * posterior.ravel()[cell], workers).astype(float)
        for _ in range(1 if turn else given.steps):
            wrong = person.step(hits, count)
            if classes > 2:
                missed = np.bincount(task, each * wrong[worker], tasks) @ posterior
                seen = np.asarray(heard @ posterior).T
                confusions = _stepped_confusions(confusions, seen, missed, member.popular)
        if turn > 3:
            person.variance = learnt_variance(person.own, person.spread)
        totals = every @ posterior + 1
        class_logs = np.log(totals / totals.sum())
        scores = counts @ np.ascontiguousarray(confusions.T)
        scores += np.bincount(cell, each * (person.ability + person.own)[worker], tasks * classes).reshape(scores.shape)
        if excluded is not None:
            scores[excluded] = -np.inf
        before, posterior = posterior, normalised(scores, class_logs)
        if turn >= FIRST_TURNS and np.abs(posterior - before).sum() < STILL * tasks:
            break
    return _fit_of(posterior, person, class_logs, confusions)


def _begun(
    given: Votes, sizes: tuple[int, int, int], known: Ints | None, begin: Fit | None
) -> tuple[_People, Floats, Floats]:
    """People, the crowd's mistakes and the posterior in the beginning."""
    if begin is None:
        nobody = np.zeros(sizes[1])
        first = np.ascontiguousarray(held(given.first, known).T)
        return _People(nobody, nobody, 1.0, 1.5), plain_confusions(sizes[2]), first
    person = _People(begin.parameters[:, 0], begin.spread[:, 0, 0], float(begin.variances[0]), begin.ability)
    return person, begin.confusions, expected(begin, given, known)[:, :, 0]


def _alike(given: Votes, sizes: tuple[int, int, int], known: Ints | None, rounds: int) -> Fit:
    """The same where all have one ability and mistake every class for every other as often: of a task those classes are
    equally likely that nobody named, so that only the others are counted."""
    tasks, workers, classes = sizes
    task, _, label = given.triples
    cells, at = distinct(task * classes + label, tasks * classes)
    of_task, of_class = np.divmod(cells, max(classes, 1))
    times = np.bincount(at, given.said.data, cells.size).astype(float)
    unnamed, most = classes - np.bincount(of_task, minlength=tasks), np.zeros(tasks)
    np.maximum.at(most, of_task, times)
    told = np.full(tasks, -1) if known is None else known
    held_right, free = (told[of_task] == of_class).astype(float), told[of_task] < 0
    chance, rest = held(given.first, known)[of_class, of_task], np.zeros(tasks)
    person, mistake = _People(np.zeros(1), np.zeros(1), 0.0, 1.5), -np.log(max(classes - 1, 1))
    for turn in range(rounds):
        hits = np.array([times @ chance])
        for _ in range(1 if turn else given.steps):
            person.step(hits, np.array([times.sum()]))
        lift = person.ability - mistake
        shift = max(lift, 0.0) * most
        named, other = np.exp(lift * times - shift[of_task]), np.exp(-shift)
        totals = np.bincount(of_task, named, tasks) + unnamed * other
        before, chance = chance, np.where(free, named / totals[of_task], held_right)
        rest_before, rest = rest, np.where(told < 0, other / totals, 0)
        moved = np.abs(chance - before).sum() + unnamed @ np.abs(rest - rest_before)
        if turn >= FIRST_TURNS and moved < STILL * tasks:
            break
    posterior = np.repeat(rest, classes).reshape(tasks, classes)
    posterior.ravel()[cells] = chance
    posterior[told >= 0] = told[told >= 0, None] == np.arange(classes)
    even = np.full(classes, -np.log(max(classes, 1)))
    everybody = _People(np.zeros(workers), np.zeros(workers), 0.0, person.ability)
    return _fit_of(posterior, everybody, even, plain_confusions(classes))


def _table(cell: Ints, each: Floats, tasks: int, classes: int) -> Floats | scipy.sparse.csr_array:
    """(tasks, classes) how often each class was said of each task; by what was said where there are many classes."""
    if classes <= DENSE:
        return np.bincount(cell, each, tasks * classes).reshape(tasks, classes)
    return scipy.sparse.csr_array((each, np.divmod(cell, classes)), shape=(tasks, classes))


def _fit_of(posterior: Floats, person: _People, class_logs: Floats, confusions: Floats) -> Fit:
    return Fit(
        posterior[:, :, None], np.ones(1), person.own[:, None], person.spread[:, None, None], class_logs, np.ones(1),
        person.ability, confusions, np.array([person.variance]),
    )  # fmt: skip


class _People:
    """Everybody's ability: the crowd's, and each one's own beside it with its variance."""

    def __init__(self, own: Floats, spread: Floats, variance: float, ability: float) -> None:
        self.own, self.spread, self.variance, self.ability = own, spread, variance, ability

    def step(self, hits: Floats, count: Floats) -> Floats:
        """One Newton step on each one's ability and then on the crowd's, from how often each was right of how many
        labels; the chance of each to be wrong in between."""
        right = _chance(self.ability + self.own)
        if self.variance:
            slope = hits - count * right - self.own / self.variance
            self.spread = 1 / (count * right * (1 - right) + 1 / self.variance)
            self.own = self.own + np.clip(self.spread * slope, -LONGEST_STEP, LONGEST_STEP)
            right = _chance(self.ability + self.own)
        rise = float((hits - count * right).sum() - 0.1 * self.ability)
        curve = float((count * right * (1 - right)).sum() + 0.1)
        self.ability += float(np.clip(rise / curve, -1, 1))
        return 1 - right


def _chance(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)


def _stepped_confusions(confusions: Floats, seen: Floats, missed: Floats, popular: bool) -> Floats:
    """The crowd's mistakes (K, K) after what was `seen` (class, answer); `missed` (K,) how many mistakes each class's
    tasks are expected to have. Where they are `popular` all classes have one row between them, but for their own."""
    classes = len(missed)
    off = ~np.eye(classes, dtype=bool)
    even = ROW_PRIOR / (classes - 1)
    expected = np.exp(confusions) * missed[:, None]
    if popular:
        seen, expected = (np.where(off, table, 0).sum(0) for table in (seen, expected))
    logs = np.where(off, confusions + np.log((seen + even) / (expected + even)), -np.inf)
    return np.asarray(np.where(off, logs - np.logaddexp.reduce(logs, axis=1, keepdims=True), 0.0), dtype=np.float64)
