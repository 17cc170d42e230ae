"""What is told of two models beside their scores: figures of many tasks together, slice by slice. Pure numpy.

Their spread is taken over groups, copies of one image or text: groups are drawn anew with replacement, the same for
both models, and the interval is that of the draws' spread with as many degrees of freedom as there are groups but one
(Efron and Tibshirani, "An Introduction to the Bootstrap", 1993), and never less than the gate takes for its own: that a
few pictures are all alike proves nothing. They say what a model is like; the gate asks the scores alone.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from assist.learning.gate import EVERYTHING, LEVEL, MARGIN
from assist.learning.paired import least_error

DRAWS = 200
LEAST_GROUPS = 10  # of fewer no spread is told

Value = Callable[[np.ndarray], float]  # how often each task counts -> the figure; NaN where nothing makes it up


@dataclass(frozen=True)
class Kind:
    """One figure: how it is called in what is kept, and what it makes of the tasks' evidence."""

    key: str
    of: Callable[[Sequence[Any]], Value]


@dataclass(frozen=True)
class Told:
    """One task: its group, its slices, and what each model's answer came to, as the kinds read it."""

    group: str
    slices: frozenset[str]
    candidate: Any
    champion: Any


@dataclass(frozen=True)
class Figure:
    """A figure of both models in one slice; `low` and `high` of the difference, None where too few groups tell it."""

    figure: str
    slice: str
    tasks: int
    groups: int
    candidate: float
    champion: float
    difference: float
    low: float | None
    high: float | None


def ratio(over: Callable[[Any], float], under: Callable[[Any], float]) -> Callable[[Sequence[Any]], Value]:
    """The sum of one thing over that of another."""

    def of(evidence: Sequence[Any]) -> Value:
        parts = np.array([[over(one), under(one)] for one in evidence], float).reshape(-1, 2)

        def value(counts: np.ndarray) -> float:
            above, below = counts @ parts
            return float(above / below) if below else math.nan

        return value

    return of


def beside(
    kinds: Sequence[Kind], told: Sequence[Told], slices: Sequence[str], rng: np.random.Generator
) -> list[Figure]:
    """Each figure over all tasks and in each of these slices, where both models' evidence makes it up."""
    found = []
    for name in (EVERYTHING, *sorted(slices)):
        rows = [one for one in told if name == EVERYTHING or name in one.slices]
        found += [made for kind in kinds if (made := _figure(kind, name, rows, rng)) is not None]
    return found


def _figure(kind: Kind, name: str, rows: Sequence[Told], rng: np.random.Generator) -> Figure | None:
    ours, theirs = kind.of([one.candidate for one in rows]), kind.of([one.champion for one in rows])
    once = np.ones(len(rows))
    candidate, champion = ours(once), theirs(once)
    if math.isnan(candidate) or math.isnan(champion):
        return None
    groups = _places(rows)
    reach = _reach(ours, theirs, groups, rng)
    difference = candidate - champion
    low, high = (None, None) if reach is None else (difference - reach, difference + reach)
    return Figure(kind.key, name, len(rows), int(groups.max()) + 1, candidate, champion, difference, low, high)


def _places(rows: Sequence[Told]) -> np.ndarray:
    """The number of each task's group."""
    known: Mapping[str, int] = {group: at for at, group in enumerate(dict.fromkeys(one.group for one in rows))}
    return np.array([known[one.group] for one in rows])


def _reach(ours: Value, theirs: Value, groups: np.ndarray, rng: np.random.Generator) -> float | None:
    """How far the difference reaches to each side."""
    count = int(groups.max()) + 1
    if count < LEAST_GROUPS:
        return None
    differences = []
    for _ in range(DRAWS):
        drawn = np.bincount(rng.integers(0, count, count), minlength=count)[groups].astype(float)
        differences.append(ours(drawn) - theirs(drawn))
    known = [one for one in differences if not math.isnan(one)]
    if len(known) < DRAWS / 2:
        return None
    error = float(np.std(known, ddof=1)) * math.sqrt(count / (count - 1))
    return float(scipy.special.stdtrit(count - 1, 1 - LEVEL)) * max(error, least_error(MARGIN, count))
