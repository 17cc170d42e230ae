"""What is lost by asking no further: the answers that judgements still allowed would set right, and how sure that is.

For each task a truth is drawn by its posterior, the labels that are missing by what the crowd says of such a task, and
the posterior moves by Bayes' rule: how often the answer is right then, less how often it is now. That takes the labels
for independent and the posterior for honest, which neither is quite; how far off that leaves the forecast was measured
on crowds that were asked to the end (docs/truth.md), and is in the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projects.inference import arguments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 12
# A crowd's row before anything is seen: one label's worth of "half right, the rest even".
ROW_PRIOR = 0.5
# Four in five lie within so many standard deviations.
LIKELY = 1.2816
# How far off the forecast is for its own sake: a share of itself, and of all tasks.
RELATIVE, ABSOLUTE = 0.5, 0.005


@dataclass(frozen=True)
class Foregone:
    """The share of all tasks whose answer would become right, less those that would become wrong: what is expected,
    and the ends of its 80 % interval."""

    expected: float
    low: float
    high: float


def foregone(
    posterior: Floats, said: tuple[Ints, Ints], left: Ints, judged: int | None = None, draws: int = DRAWS
) -> Foregone:
    """By a calibrated `posterior` (tasks, classes), the labels that there are (task, class), and how many more each
    task may have. `judged` is how many tasks the share is counted on, drawn from them; all unless said. BadArgument
    where not every task has a number of its own."""
    if np.shape(left) != (len(posterior),):
        raise arguments.BadArgument("left", f"there must be {len(posterior)}, one for each task")
    if not len(posterior):
        return Foregone(0.0, 0.0, 0.0)
    open_to = np.flatnonzero(left > 0)
    rows, chance, more = _crowd(posterior, *said), posterior[open_to], left[open_to]
    gains = np.zeros((draws, open_to.size))
    random = np.random.default_rng(0)
    for draw in range(draws):
        truth = _drawn(chance, random)
        scores = np.log(np.maximum(chance, 1e-12))
        for turn in range(int(more.max(initial=0))):
            told = np.log(rows)[:, _drawn(rows[truth], random)].T
            scores += np.where((more > turn)[:, None], told, 0)
        gains[draw] = (scores.argmax(1) == truth).astype(float) - (chance.argmax(1) == truth)
    expected = float(gains.mean(0).sum() / len(posterior))
    spread = gains.var(0).sum() / len(posterior) / min(judged or len(posterior), len(posterior))
    reach = LIKELY * float(np.sqrt(spread + (RELATIVE * expected) ** 2 + ABSOLUTE**2))
    return Foregone(expected, expected - reach, expected + reach)


def _crowd(posterior: Floats, task: Ints, label: Ints) -> Floats:
    """(classes, answers) what the crowd says of a task of each class."""
    classes = posterior.shape[1]
    said = np.stack([np.bincount(label, posterior[task, k], classes) for k in range(classes)])
    said += ROW_PRIOR * (np.eye(classes) + 1 / classes)
    return np.asarray(said / said.sum(1, keepdims=True))


def _drawn(chances: Floats, random: np.random.Generator) -> Ints:
    """One place for each row, by its chances."""
    picked = (random.random(len(chances))[:, None] > chances.cumsum(1)).sum(1)
    return np.minimum(picked, chances.shape[1] - 1)
