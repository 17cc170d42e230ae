"""What a model costs while it is measured, and how far its word may be believed. Pure numpy.

How far: the expected calibration error (Guo and others, "On Calibration of Modern Neural Networks", 2017) over portions
of equal number, of all that a model said with a score on tasks that people decided without help. What such a figure
shows by chance, where every score holds, is told beside it, since few answers make any model look badly calibrated
(Kumar, Liang and Ma, "Verified Uncertainty Calibration", 2019).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

PORTIONS, IN_A_PORTION = 10, 20  # at most so many; in each so many answers at least
LEAST_TIMED = 59  # answers among which one of the slowest in twenty shows itself, in nineteen of twenty times


@dataclass
class Meter:
    """What is noted while a model is asked: the seconds of each answer, the most memory that its process took, in MB,
    and by task how sure it was of each thing that it would offer, and whether that was right. `about`: the tasks that
    it is asked about now, in their order; `took`: the seconds of answers by the task that they were about."""

    seconds: list[float] = field(default_factory=list)
    memory: int | None = None
    said: dict[int, list[tuple[float, bool]]] = field(default_factory=dict)
    about: list[int] = field(default_factory=list)
    took: dict[int, list[float]] = field(default_factory=dict)

    def note(self, seconds: float, answers: int) -> None:
        """So many answers came, after so many seconds each. Which is of which task is known where there is one for
        each, or all are of one."""
        self.seconds += [seconds] * answers
        whose = self.about * answers if len(self.about) == 1 else self.about
        for task in whose if len(whose) == answers else ():
            self.took.setdefault(task, []).append(seconds)


@dataclass(frozen=True)
class Cost:
    """What came of it. `miscalibration` is the expected calibration error, `by_chance` what a model whose scores all
    hold would show, and `spread` its standard error; None of a model that gave no scores. Times are in seconds, and
    None where nothing was timed."""

    tasks: int  # of which it said anything with a score
    said: int
    miscalibration: float | None
    by_chance: float | None
    spread: float | None
    timed: int
    p50: float | None
    p95: float | None
    memory: int | None


def cost_of(meter: Meter, groups: Mapping[int, str]) -> Cost:
    """Of what was noted; `groups`: the group of each task that counts, copies of a text or one image."""
    said = [(score, right, groups[task]) for task, own in meter.said.items() if task in groups for score, right in own]
    error, by_chance, spread = _miscalibration(said) if said else (None, None, None)
    p50, p95 = (float(one) for one in np.percentile(meter.seconds, (50, 95))) if meter.seconds else (None, None)
    tasks = sum(bool(own) for task, own in meter.said.items() if task in groups)
    return Cost(tasks, len(said), error, by_chance, spread, len(meter.seconds), p50, p95, meter.memory)


def within(meter: Meter, groups: Mapping[int, str]) -> Cost:
    """The same of these tasks alone; memory is that of the whole."""
    own = Meter(said=meter.said, memory=meter.memory)
    own.seconds = [seconds for task in groups for seconds in meter.took.get(task, ())]
    return cost_of(own, groups)


def _miscalibration(said: Sequence[tuple[float, bool, str]]) -> tuple[float, float, float]:
    """The error, what it would be by chance, and its standard error. Answers of one group are no independent evidence;
    two groups are added, one that is all wrong and one that is all right, as the gate adds them."""
    scores, right = np.array([one[0] for one in said]), np.array([float(one[1]) for one in said])
    portions = min(PORTIONS, max(1, len(said) // IN_A_PORTION))
    edges = np.quantile(scores, np.linspace(0, 1, portions + 1)[1:-1])
    places = np.searchsorted(edges, scores, side="right")
    _, groups = np.unique([one[2] for one in said], return_inverse=True)
    error = by_chance = 0.0
    residuals = np.zeros(len(said))
    for place in np.unique(places):
        own = places == place
        error += abs(float((right[own] - scores[own]).sum())) / len(said)
        expected = scores[own]
        by_chance += math.sqrt(2 / math.pi * float((expected * (1 - expected)).sum())) / len(said)
        residuals[own] = right[own] - right[own].mean()
    sums = np.bincount(groups, weights=residuals)
    spread = math.sqrt(float((sums**2).sum()) + 2) / (len(said) + 2)
    return error, by_chance, spread
