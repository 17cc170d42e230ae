"""A grid of made-up crowds: is the estimate anywhere worse than the better of majority vote and Dawid-Skene?

`python -m benchmarks.truth grid` needs neither data nor extras. Every cell of the grid is one kind of crowd with one
number of classes, one skew and one number of labels a person, over a few seeds. None of them is drawn from the models
that are fitted: see `answers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import plain
from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import Calibration, calibration_error
from projects.inference.classification import estimate

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Method = Callable[[Ints, Ints, Ints, plain.Sizes], Floats]

SEEDS = 5
# A cell may lose this much against the better of majority and Dawid-Skene.
ALLOWED = 0.01
WORST = 8


@dataclass(frozen=True)
class Cell:
    """One kind of crowd. `busy` labels a person on the average, `votes` a task; the commonest of the classes has the
    share `most` (0: all are alike)."""

    crowd: str
    classes: int
    most: float
    votes: int
    busy: int
    tasks: int = 600

    def __str__(self) -> str:
        skew = f"{self.most:.0%} one class" if self.most else "even"
        return f"{self.crowd}, {self.classes} classes ({skew}), {self.votes} a task, {self.busy} a person"


# What crowds are made of: the chance of each answer is a mixture of what follows.
CROWDS = ("able", "spammers", "habits", "grades", "cliques", "hard tasks", "contrary", "favourites")


def cells() -> Iterator[Cell]:
    """The grid: every kind of crowd, with few and many classes, even and skewed, few and many labels."""
    for crowd, classes, most, (votes, busy) in product(
        CROWDS, (2, 4, 10), (0.0, 0.85), ((3, 10), (3, 100), (5, 30), (9, 60))
    ):
        if not (crowd == "grades" and classes == 2):
            yield Cell(crowd, classes, most, votes, busy)
    for crowd, classes, votes in product(("able", "spammers", "grades"), (31, 100, 300), (3, 5)):
        yield Cell(crowd, classes, 0.0, votes, 60, 1_500)


def make(cell: Cell, seed: int) -> tuple[Ints, Ints, Ints, Ints, plain.Sizes]:
    """(task, worker, label, truth, sizes) of one crowd."""
    random = np.random.default_rng([seed, cell.classes, cell.votes, cell.busy, CROWDS.index(cell.crowd)])
    shares = np.ones(cell.classes)
    if cell.most:
        shares[1:] = (1 - cell.most) / (cell.classes - 1) / cell.most
    truth = random.choice(cell.classes, cell.tasks, p=shares / shares.sum())
    workers = max(cell.votes + 1, cell.tasks * cell.votes // cell.busy)
    zeal = random.lognormal(0, 1, workers)
    keys = random.exponential(1, (cell.tasks, workers)) / zeal
    worker = np.argpartition(keys, cell.votes - 1, axis=1)[:, : cell.votes].ravel()
    task = np.repeat(np.arange(cell.tasks), cell.votes)
    label = answers(cell, random, truth, task, worker, workers)
    return task, worker, label, truth, (cell.tasks, workers, cell.classes)


def answers(cell: Cell, random: np.random.Generator, truth: Ints, task: Ints, worker: Ints, workers: int) -> Ints:
    """What everybody says.

    In each crowd people are right with a chance of their own. *spammers*: four in ten say anything, or always the same.
    *habits*: of one class in four or five (two of ten) each says another most of the time. *grades*: mistakes fall next
    to the truth, and some are strict. *cliques*: a third say what their clique says. *hard tasks*: on three in ten
    people guess, and on one in ten they are misled to one wrong class. *contrary*: a quarter say something wrong most
    of the time. *favourites*: in doubt everybody says the commonest class.
    """
    classes, n = cell.classes, task.size
    skill = random.beta(6, 2.5, workers) * (1 - 1 / classes) + 1 / classes
    other = (truth[task] + random.integers(1, classes, n)) % classes
    right = skill[worker]
    culprit = random.random(workers)
    if cell.crowd == "hard tasks":
        kind = random.random(cell.tasks)[task]
        trap = ((truth + random.integers(1, classes, cell.tasks)) % classes)[task]
        right = np.where(kind < 0.3, 1 / classes, np.where(kind < 0.4, 0.35, right))
        other = np.where((kind >= 0.3) & (kind < 0.4), trap, other)
    elif cell.crowd == "contrary":
        right = np.where(culprit[worker] < 0.25, 0.1, right)
    elif cell.crowd == "grades":
        lean = np.where(random.random(workers) < 0.5, 0.85, 0.15)[worker]
        step = np.where(random.random(n) < lean, 1, -1) * random.choice((1, 1, 1, 2), n)
        other = np.clip(truth[task] + step, 0, classes - 1)
    elif cell.crowd == "favourites":
        other = np.where(random.random(n) < 0.8, 0, other)
    elif cell.crowd == "habits":
        confused = random.random((workers, classes)) < min(0.25, 2 / classes)
        into = (np.arange(classes) + random.integers(1, classes, (workers, classes))) % classes
        habit = confused[worker, truth[task]] & (random.random(n) < 0.8)
        right = np.where(habit, 0, np.maximum(right, 0.8))
        other = np.where(habit, into[worker, truth[task]], other)
    label = np.where(random.random(n) < right, truth[task], other)
    if cell.crowd == "spammers":
        anything = random.integers(0, classes, n)
        always = random.integers(0, classes, workers)[worker]
        label = np.where(culprit[worker] < 0.2, anything, np.where(culprit[worker] < 0.4, always, label))
    elif cell.crowd == "cliques":
        cliques = max(workers // 12, 1)
        theirs = np.where(
            random.random((cliques, cell.tasks)) < 0.6, truth, random.integers(0, classes, (cliques, cell.tasks))
        )
        label = np.where(culprit[worker] < 0.33, theirs[worker % cliques, task], label)
    return label


@dataclass(frozen=True)
class Score:
    """Accuracies over the seeds of a cell, and of our own estimate: its error of calibration before any known
    answer and how sure it is of wrong answers."""

    ours: float
    theirs: dict[str, float]
    error: float
    wrongly_sure: float

    @property
    def gap(self) -> float:
        """Against the better of the others."""
        return self.ours - max(self.theirs.values())


def score(cell: Cell, seeds: int = SEEDS) -> Score:
    """Measure one cell."""
    methods: dict[str, Method] = {"majority": plain.majority, "Dawid-Skene": plain.dawid_skene}
    theirs: dict[str, list[float]] = {name: [] for name in methods}
    ours, errors, wrongly = [], [], []
    for seed in range(seeds):
        task, worker, label, truth, sizes = make(cell, seed)
        found = estimate(task, worker, label, sizes)
        hits = found.answer == truth
        sure = Calibration()(found.confidence, 1 / cell.classes)
        ours.append(_share(found.posterior, truth))
        errors.append(calibration_error(sure, hits))
        wrongly.extend(sure[~hits])
        for name, method in methods.items():
            theirs[name].append(_share(method(task, worker, label, sizes), truth))
    means = {name: float(np.mean(values)) for name, values in theirs.items()}
    return Score(float(np.mean(ours)), means, float(np.mean(errors)), float(np.mean(wrongly)) if wrongly else 0.0)


def _share(posterior: Floats, truth: Ints) -> float:
    """Accuracy, ties shared."""
    rounded = np.round(posterior, 9)
    best = rounded == rounded.max(1, keepdims=True)
    return float((best[np.arange(truth.size), truth] / best.sum(1)).mean())


def table(ledger: Ledger) -> None:
    """Measure the grid, and print its means and its worst cells."""
    started = time.monotonic()
    found = [(cell, score(cell)) for cell in cells()]
    ledger.say(f"\n## {len(found)} kinds of made-up crowds, {SEEDS} seeds each ({time.monotonic() - started:.0f} s)")
    for name in ("majority", "Dawid-Skene"):
        ledger.say(f"mean accuracy of {name} {np.mean([one.theirs[name] for _, one in found]):.2%}")
    ledger.say(f"mean accuracy of ours {np.mean([one.ours for _, one in found]):.2%}")
    ledger.say(f"worst {WORST} cells against the better of the two:")
    for cell, one in sorted(found, key=lambda row: row[1].gap)[:WORST]:
        others = ", ".join(f"{name} {value:.1%}" for name, value in one.theirs.items())
        ledger.say(f"  {one.gap:+.1%}  {cell}: ours {one.ours:.1%}, {others}")
    short = [cell for cell, one in found if one.gap < -ALLOWED]
    worst = min(one.gap for _, one in found)
    reached = f"worst {worst:+.1%}, {len(short)} of {len(found)} cells short"
    ledger.told("the grid of made-up crowds", f"≥ {-ALLOWED:.0%} in each cell", reached, not short)
    for classes in sorted({cell.classes for cell, _ in found}):
        row = [one for cell, one in found if cell.classes == classes]
        wrong, error = np.mean([one.wrongly_sure for one in row]), np.mean([one.error for one in row])
        ledger.say(f"{classes} classes: sure of wrong answers {wrong:.2f}, ECE before known answers {error:.3f}")
        if classes == max(cell.classes for cell, _ in found):
            ledger.told(f"{classes} classes, sure of wrong answers", "≤ 0.60", f"{wrong:.2f}", bool(wrong <= 0.6))
