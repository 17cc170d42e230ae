"""Yardsticks in plain numpy, which need nothing installed: majority, Dawid-Skene, and the latter with kinds of tasks.

All take (task, tasker, class) triples of small integers and `sizes` = (tasks, taskers, classes), and give a posterior
(tasks, classes).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sizes = tuple[int, int, int]

DS_ROUNDS, EBCC_ROUNDS, STARTS, KINDS = 100, 100, 3, 10
# Sets with more labels than this are begun once.
MANY = 50_000


def majority(task: Ints, worker: Ints, label: Ints, sizes: Sizes) -> Floats:
    """Shares of the votes; even where nobody voted."""
    tasks, _, classes = sizes
    votes = np.bincount(task * classes + label, minlength=tasks * classes).reshape(tasks, classes).astype(float)
    votes[votes.sum(1) == 0] = 1
    return votes / votes.sum(1, keepdims=True)


def dawid_skene(task: Ints, worker: Ints, label: Ints, sizes: Sizes) -> Floats:
    """Dawid and Skene 1979: maximum likelihood by expectation maximisation, from the shares of the votes."""
    tasks, workers, classes = sizes
    said = _said(task, worker, label, sizes)
    heard, posterior = said.T.tocsr(), majority(task, worker, label, sizes)
    for _ in range(DS_ROUNDS):
        counts = (said @ posterior).reshape(workers, classes, classes)
        logs = np.log(np.maximum(counts / np.maximum(counts.sum(1, keepdims=True), 1e-10), 1e-10))
        shares = np.log(np.maximum(posterior.mean(0), 1e-10))
        before, posterior = posterior, _normalised(heard @ logs.reshape(workers * classes, classes) + shares)
        if np.abs(posterior - before).mean() < 1e-7:
            break
    return posterior


def ebcc(task: Ints, worker: Ints, label: Ints, sizes: Sizes) -> Floats:
    """Enhanced Bayesian combination of classifiers (Li, Rubinstein and Cohn, ICML 2019): mean field with ten kinds of
    tasks in each class, the best lower bound of a few random starts."""
    found = [
        _ebcc(task, worker, label, sizes, np.random.default_rng(seed))
        for seed in range(STARTS if task.size < MANY else 1)
    ]
    return max(found, key=lambda one: one[1])[0]


def _ebcc(task: Ints, worker: Ints, label: Ints, sizes: Sizes, random: np.random.Generator) -> tuple[Floats, float]:
    tasks, workers, classes = sizes
    states = classes * KINDS
    said = _said(task, worker, label, sizes)
    heard, posterior = said.T.tocsr(), majority(task, worker, label, sizes)
    joint = posterior[:, :, None] * random.dirichlet(np.ones(KINDS), (tasks, classes))
    prior = (np.eye(classes) * 3 + 1)[None, :, :, None]
    for turn in range(EBCC_ROUNDS):
        kinds, shares = 0.1 / KINDS + joint.sum(0), 1 + posterior.sum(0)
        cells = (said @ joint.reshape(tasks, states)).reshape(workers, classes, classes, KINDS) + prior
        logs = (digamma(cells) - digamma(cells.sum(1, keepdims=True))).reshape(workers * classes, states)
        lean = (
            digamma(kinds) - digamma(kinds.sum(1, keepdims=True)) + (digamma(shares) - digamma(shares.sum()))[:, None]
        )
        scores = heard @ logs + lean.reshape(-1)
        top = scores.max(1, keepdims=True)
        evidence = float((top[:, 0] + np.log(np.exp(scores - top).sum(1))).sum())
        joint = _normalised(scores).reshape(tasks, classes, KINDS)
        before, posterior = posterior, joint.sum(2)
        if turn > 20 and np.abs(posterior - before).max() < 1e-3:
            break
    bound = evidence - _divergence(kinds, np.full_like(kinds, 0.1 / KINDS), 1)
    bound -= _divergence(shares, np.ones_like(shares), 0) + _divergence(cells, np.broadcast_to(prior, cells.shape), 1)
    return posterior, bound


def _divergence(after: Floats, before: Floats, axis: int) -> float:
    """Kullback-Leibler divergence of Dirichlet distributions along an axis, summed over all others."""
    moved = (after - before) * (digamma(after) - digamma(after.sum(axis, keepdims=True)))
    constants = gammaln(after.sum(axis)) - gammaln(before.sum(axis))
    return float((constants + (moved - gammaln(after) + gammaln(before)).sum(axis)).sum())


def _said(task: Ints, worker: Ints, label: Ints, sizes: Sizes) -> csr_array:
    tasks, workers, classes = sizes
    return csr_array((np.ones(task.size), (worker * classes + label, task)), shape=(workers * classes, tasks))


def _normalised(scores: Floats) -> Floats:
    chances = np.exp(scores - scores.max(1, keepdims=True))
    return chances / chances.sum(1, keepdims=True)
