"""Who says what somebody else said: dependence between taskers beyond what their abilities and the tasks explain.

Two people agree where both are right, and where a task misleads everybody. A pair is suspected where they differ far
less than the rest of the tasks' people let expect. Then the crowd is estimated anew with one of the two left out, since
a group of copies can outvote the rest and prove itself right: who is merely as able as the other agrees with them no
more than that estimate says, or than the rest of the task's people do; who copies does. Too few differences as evidence
of copying is from Dong, Berti-Equille and Srivastava (2009), who ask the same of web sources.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import arguments
from projects.inference.classification import BIAS, estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Pairs with fewer tasks in common are not judged.
LEAST_SHARED = 10
# How often, over all pairs of a crowd that copies nothing, one pair or more is called dependent.
FALSE_ALARM = 0.05
# Who differs on less than this share of the tasks where they should differ copies.
COPYING = 0.1
# What the model expects of a tasker weighs as much as so many other people's answers to the task.
MODEL_WEIGHT = 2.0


@dataclass(frozen=True)
class Copy:
    """Tasker `who` says what tasker `of` says: tasks they `shared`, how often they `differed` and how often they were
    `expected` to; `surprise` is the chance of so few differences between independent people. Who of the two began
    can't be told: `of` is the one with more labels."""

    who: int
    of: int
    shared: int
    differed: int
    expected: float
    surprise: float


@dataclass(frozen=True)
class _Labels:
    task: Ints
    worker: Ints
    label: Ints
    sizes: tuple[int, int, int]
    by_tasker: list[tuple[Ints, Ints]]
    votes: Ints


def find_copies(task: Ints, worker: Ints, label: Ints, sizes: tuple[int, int, int]) -> list[Copy]:
    """Who copies whom, the most surprising first; nobody copies a copier. The order of labels is nothing. `sizes` =
    (tasks, taskers, classes). BadArgument for an index out of
    range, or columns of different lengths."""
    tasks, workers, classes = sizes
    for name, column, size in (("task", task, tasks), ("worker", worker, workers), ("label", label, classes)):
        arguments.indices(name, column, size, len(task))
    votes = np.bincount(task * classes + label, minlength=tasks * classes).reshape(tasks, classes)
    given = _Labels(task, worker, label, sizes, _labels_by_tasker(task, worker, label, workers), votes)
    answered = scipy.sparse.csr_array((np.ones(task.size), (worker, task)), shape=(workers, tasks))
    first, second = np.nonzero(np.triu((answered @ answered.T).toarray() >= LEAST_SHARED, 1))
    limit = FALSE_ALARM / max(first.size, 1)
    even = np.full((workers, classes, classes), 1 / classes)
    flat = np.full((tasks, classes), 1 / classes)
    suspected: dict[int, list[tuple[float, int]]] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        who, of = sorted((a, b), key=lambda one: (given.by_tasker[one][0].size, -one))
        found = _judged(given, who, of, flat, even)
        if found.surprise < limit and found.differed < COPYING * found.expected:
            suspected.setdefault(of, []).append((found.surprise, who))
    copies: dict[int, Copy] = {}
    for of in sorted(suspected, key=lambda one: (min(suspected[one]), one)):
        left = [who for _, who in sorted(suspected[of]) if who not in copies]
        if of in copies or not left:
            continue
        for found in _confirmed(given, left, of):
            if found.surprise < limit and found.differed < COPYING * found.expected:
                copies[found.who] = found
    return sorted(copies.values(), key=lambda one: (one.surprise, one.who))


def _confirmed(given: _Labels, suspects: list[int], of: int) -> list[Copy]:
    """Each suspect, judged by an estimate in which only the one they may copy has a voice."""
    kept = ~np.isin(given.worker, suspects)
    known = estimate(given.task[kept], given.worker[kept], given.label[kept], given.sizes, pool=(BIAS,)).posterior
    classes = given.sizes[2]
    habits = np.zeros((given.sizes[1], classes, classes))
    for who in suspects:
        tasks, said = given.by_tasker[who]
        np.add.at(habits[who].T, said, known[tasks])
        # One answer's worth of "as the others of this class": few labels prove no habit.
        habits[who] = (habits[who] + 1 / classes) / (habits[who].sum(1, keepdims=True) + 1)
    return [_judged(given, who, of, known, habits) for who in suspects]


def _judged(given: _Labels, who: int, of: int, known: Floats, habits: Floats) -> Copy:
    """How often the two differ, and should: the chance that they say the same is what the rest of a task's people, or
    the posterior `known` with the `habits` (classes × answers) of who may copy, let expect, whichever is more."""
    common, mine, theirs = _common(given.by_tasker[who], given.by_tasker[of])
    rows = np.arange(common.size)
    rest = given.votes[common].astype(float)
    rest[rows, mine] -= 1
    rest[rows, theirs] -= 1
    predicted = (known[common] @ habits[who])[rows, theirs]
    accuracy_model = (rest[rows, theirs] + MODEL_WEIGHT * predicted) / (rest.sum(1) + MODEL_WEIGHT)
    expected, differed = float((1 - np.maximum(accuracy_model, predicted)).sum()), int((mine != theirs).sum())
    return Copy(who, of, int(common.size), differed, expected, float(scipy.special.pdtr(differed, max(expected, 1e-9))))


def voices(task: Ints, worker: Ints, copies: list[Copy]) -> Floats:
    """How much each label should weigh in an estimate, in (0, 1]: a group who say the same speaks once per task,
    whoever of them answered it."""
    size = int(worker.max(initial=-1)) + 1
    key = task * max(size, 1) + _groups(copies, size)[worker]
    _, at, times = np.unique(key, return_inverse=True, return_counts=True)
    return 1 / times[at]


def _groups(copies: list[Copy], workers: int) -> Ints:
    group = np.arange(workers)
    for one in copies:
        group[one.who] = one.of
    return group


def _labels_by_tasker(task: Ints, worker: Ints, label: Ints, workers: int) -> list[tuple[Ints, Ints]]:
    order = np.lexsort((task, worker))
    cuts = np.searchsorted(worker[order], np.arange(1, workers))
    return list(zip(np.split(task[order], cuts), np.split(label[order], cuts), strict=True))


def _common(first: tuple[Ints, Ints], second: tuple[Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    common, at, to = np.intersect1d(first[0], second[0], return_indices=True)
    return common, first[1][at], second[1][to]
