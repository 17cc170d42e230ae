"""Ability alone, by labels seen: what `dawid_skene.fit` finds where nobody likes an answer and no task is harder.

A tasker is right with one chance whatever the class, and else says what the crowd mistakes that class for. So nothing
is kept of each tasker and class: memory goes with the labels and with tasks × classes, and time with labels × classes,
where the table of who says what of which goes with taskers × classes².
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from projects.inference.dawid_skene import (
    LONGEST_STEP,
    ROW_PRIOR,
    STILL,
    Fit,
    Floats,
    Member,
    Votes,
    held,
    learnt_variance,
    plain_confusions,
)

Ints = NDArray[np.int64]


def fit_one_coin(
    given: Votes, sizes: tuple[int, int, int], member: Member, known: Ints | None = None, rounds: int = 60
) -> Fit:
    """Estimate all from votes, of a `member` without likings and of one ease. `sizes` = (tasks, taskers, classes);
    `known[t]` is a class or -1."""
    tasks, workers, classes = sizes
    labels = given.said.tocoo()
    label, worker = np.divmod(labels.coords[0].astype(np.int64), workers)
    task, each = labels.coords[1].astype(np.int64), labels.data
    said = csr_array((each, (task, label)), shape=(tasks, classes))
    heard = said.T.tocsr()
    count: Floats = np.bincount(worker, each, workers).astype(float)
    excluded = None if known is None else (known[:, None] >= 0) & (known[:, None] != np.arange(classes))
    posterior = np.ascontiguousarray(held(given.first, known).T)
    person = _People(np.zeros(workers), np.full(workers, 0.0), 0.0 if member.alike else 1.0, 1.5)
    confusions, class_logs = plain_confusions(classes), np.zeros(classes)
    for turn in range(rounds):
        hits: Floats = np.bincount(worker, each * posterior[task, label], workers).astype(float)
        for _ in range(1 if turn else given.steps):
            wrong = person.step(hits, count)
            if not member.alike and classes > 2:
                missed = posterior.T @ np.bincount(task, each * wrong[worker], tasks)
                confusions = _stepped_confusions(confusions, np.asarray(heard @ posterior).T, missed)
        if turn > 3 and not member.alike:
            person.variance = learnt_variance(person.own, person.spread)
        totals = np.ones(classes) if member.alike else posterior.sum(0) + 1
        class_logs = np.log(totals / totals.sum())
        right = person.ability + person.own
        gain = csr_array((each * right[worker], (task, label)), shape=(tasks, classes))
        scores = said @ np.ascontiguousarray(confusions.T) + class_logs
        scores += gain.toarray()
        if excluded is not None:
            scores[excluded] = -np.inf
        before, posterior = posterior, np.exp(scores - scores.max(1, keepdims=True))
        posterior /= posterior.sum(1, keepdims=True)
        if turn > 8 and np.abs(posterior - before).sum() < STILL * tasks:
            break
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


def _stepped_confusions(confusions: Floats, seen: Floats, missed: Floats) -> Floats:
    """The crowd's mistakes (K, K) after what was `seen` (class, answer); `missed` (K,) how many mistakes each class's
    tasks are expected to have."""
    classes = len(missed)
    off = ~np.eye(classes, dtype=bool)
    even = ROW_PRIOR / (classes - 1)
    expected = np.exp(confusions) * missed[:, None] + even
    logs = np.where(off, confusions + np.log((seen + even) / expected), -np.inf)
    return np.asarray(np.where(off, logs - np.logaddexp.reduce(logs, axis=1, keepdims=True), 0.0), dtype=np.float64)
