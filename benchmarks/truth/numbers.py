"""Simulated crowds that say numbers: what the product merges them into, beside the plain mean and the median.

Nothing here is drawn from the model that is fitted. A cell is a kind of crowd and how many answer a task; what counts
is the mean absolute error, beside the better of mean and median in that cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth.verdicts import Ledger
from projects.inference.fields import merge_values

Floats = NDArray[np.floating]
Crowd = Callable[[np.random.Generator, int, int], tuple[Floats, Floats]]  # -> (tasks, people) said, (tasks,) true

PEOPLE = (3, 5, 10, 20)
# Worse than the better of the two by no more than this share of its error, or than its noise.
ALLOWED = 0.05


@dataclass(frozen=True)
class Cell:
    """A kind of crowd, and how many people answer each task."""

    crowd: str
    people: int


@dataclass(frozen=True)
class Compared:
    """Mean absolute errors: `ours`, `mean`, `median`; and the `noise` of ours less the better (standard error)."""

    ours: float
    mean: float
    median: float
    noise: float

    @property
    def best(self) -> float:
        return min(self.mean, self.median)

    @property
    def gap(self) -> float:
        """How much worse than the better of the two."""
        return self.ours - self.best

    @property
    def holds(self) -> bool:
        return self.gap <= max(2 * self.noise, ALLOWED * self.best)


def table(ledger: Ledger, tasks: int = 400, seed: int = 2) -> None:
    """Every cell, and how many of them are no worse than the better of mean and median."""
    ledger.say(f"\n## Numbers: mean absolute error on simulated crowds, {tasks} tasks a cell")
    cells = [Cell(crowd, people) for crowd in CROWDS for people in PEOPLE]
    found = {cell: judged(cell, tasks, seed) for cell in cells}
    for cell, one in found.items():
        mark = "" if one.holds else "  worse"
        ledger.say(
            f"{cell.crowd:20s} {cell.people:3d} people: mean {one.mean:7.3f}, median {one.median:7.3f}, "
            f"ours {one.ours:7.3f} ({one.gap:+.3f} ± {one.noise:.3f}){mark}"
        )
    held = sum(one.holds for one in found.values())
    worst = max(found, key=lambda cell: found[cell].gap / max(found[cell].best, 0.05))
    reached = f"{held} of {len(found)}; worst {worst.crowd}, {worst.people} people, {found[worst].gap:+.2f}"
    ledger.told("numbers, no worse than mean or median", "every cell", reached, held == len(found))


def judged(cell: Cell, tasks: int, seed: int) -> Compared:
    """Mean, median and what the product merges, on the same made-up answers."""
    random = np.random.default_rng([seed, list(CROWDS).index(cell.crowd), cell.people])
    said, truth = CROWDS[cell.crowd](random, tasks, cell.people)
    merged = [merge_values("number", row.tolist(), [1.0] * cell.people) for row in said]
    ours, mean, median = (np.abs(np.asarray(one) - truth) for one in (merged, said.mean(1), np.median(said, axis=1)))
    gap = ours - (mean if mean.mean() <= median.mean() else median)
    noise = float(gap.std() / np.sqrt(tasks))
    return Compared(float(ours.mean()), float(mean.mean()), float(median.mean()), noise)


def _measured(noise: Callable[[np.random.Generator, tuple[int, int]], Floats]) -> Crowd:
    """Something between 20 and 80 that is measured with an error."""

    def crowd(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
        truth = random.uniform(20, 80, tasks)
        return truth[:, None] + 8 * noise(random, (tasks, people)), truth

    return crowd


def _rounded(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
    said, truth = NORMAL(random, tasks, people)
    return np.round(said / 5) * 5, truth


def _slips(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
    """One in twenty slips a digit."""
    said, truth = NORMAL(random, tasks, people)
    return np.where(random.random(said.shape) < 0.05, said * random.choice([0.1, 10], said.shape), said), truth


def _guessers(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
    """One in five says anything."""
    said, truth = NORMAL(random, tasks, people)
    return np.where(random.random(said.shape) < 0.2, random.uniform(0, 100, said.shape), said), truth


def _counts(right: float) -> Crowd:
    """How many there are: said rightly so often, else a few beside it."""

    def crowd(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
        truth = random.poisson(6, tasks) + 1.0
        beside = random.choice([-2, -1, 1, 2, 3], (tasks, people), p=[0.1, 0.35, 0.35, 0.1, 0.1])
        said = np.where(random.random((tasks, people)) < right, truth[:, None], truth[:, None] + beside)
        return np.maximum(said, 0.0), truth

    return crowd


def _none_there(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
    """There is nothing to count, and one in ten sees something."""
    seen = random.random((tasks, people)) < 0.1
    return np.where(seen, random.integers(1, 4, seen.shape), 0).astype(float), np.zeros(tasks)


def _felt(nothing: float) -> Crowd:
    """How much is felt, of 100, in steps of five: many feel nothing, and the truth is what all feel on the average."""

    def crowd(random: np.random.Generator, tasks: int, people: int) -> tuple[Floats, Floats]:
        none, strength = random.beta(20 * nothing, 20 * (1 - nothing), tasks), random.uniform(1, 4, tasks)
        felt = np.round(random.beta(strength[:, None], 3, (tasks, people)) * 20) * 5
        truth = (1 - none) * strength / (strength + 3) * 100
        return np.where(random.random(felt.shape) < none[:, None], 0.0, felt), truth

    return crowd


NORMAL = _measured(lambda random, shape: random.normal(0, 1, shape))
CROWDS: dict[str, Crowd] = {
    "normal": NORMAL,
    "rounded": _rounded,
    "heavy tails": _measured(lambda random, shape: 0.6 * random.standard_t(3, shape)),
    "Laplace": _measured(lambda random, shape: random.laplace(0, 0.7, shape)),
    "slips": _slips,
    "guessers": _guessers,
    "counts": _counts(0.7),
    "hard counts": _counts(0.5),
    "none there": _none_there,
    "felt, few nothing": _felt(0.3),
    "felt, half nothing": _felt(0.5),
    "felt, most nothing": _felt(0.8),
}
