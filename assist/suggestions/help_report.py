"""Does the copilot help? Time saved and quality gained against the control arm, with intervals. Pure numpy and scipy.

Which assignments go without is drawn by hash at claim (projects/queue/model_draws.py), so the two arms differ in
nothing else but chance. They are compared whole (by intention to treat): work in which nothing was suggested stays in
its arm, since whoever finds a task easy asks for nothing, and the control arm can't be cut alike. People differ far
more in speed than any model helps, so each is compared with themselves:

- time: log seconds per part of an answer, less the person's own level; the difference of the arms is pooled over
  people by their information (inverse variance, one common variance), and its exponent is the ratio of times;
- quality: the score in [0, 1] of blind checks, pooled in the same way, as a difference.

Answers to one task share what is hard about it, and are drawn together in part: by as much as that makes the result
vary more than as many answers to as many tasks, its variance is raised (Kish, "Survey Sampling", 1965).

Intervals are 95 %, from Student's t; where few people took part they are wide, and that is said by their width.
Method: a randomised block design with people as blocks (Fisher, "The Design of Experiments", 1935); times on the log
scale, since they are skewed and help acts in proportion (Ulrich and Miller, 1993).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

# Of a whole piece of work, whatever its parts: limits on each part would cut the arm that is faster by them.
LEAST_SECONDS = 0.5  # shorter is a slip of the hand, not work
LONGEST_SECONDS = 3600.0
LEAST_EACH = 2  # items of a person in each arm before they tell anything
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Item:
    """One piece of work handed in: by whom, in which arm, its active seconds, its blind score in [0, 1] if any, of how
    many parts (regions, spans, choices) the answer is, since time is compared part by part, and of which task it is; ""
    is one of its own. `suggested` says whether anything was suggested in it; arms are compared whole all the same."""

    tasker: str
    helped: bool
    seconds: float
    score: float | None = None
    model: str = ""
    parts: int = 1
    task: str = ""
    suggested: bool = False

    @property
    def pace(self) -> float:
        """Seconds for one part."""
        return self.seconds / self.parts


@dataclass(frozen=True)
class Interval:
    """An estimate between its bounds."""

    value: float
    low: float
    high: float

    @property
    def percent(self) -> str:
        """In whole percent, with its sign."""
        return _signed(self.value)

    @property
    def low_percent(self) -> str:
        return _signed(self.low)

    @property
    def high_percent(self) -> str:
        return _signed(self.high)

    @property
    def clear(self) -> bool:
        """Whether nothing at all (0) lies outside of it."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Help:
    """What the copilot did: `saved` is the share of time (0.2: a fifth less), `better` the difference in score."""

    helped: int
    control: int
    people: int
    saved: Interval | None
    better: Interval | None
    suggested: int = 0  # of those with help, how many were shown a suggestion

    @property
    def finding(self) -> str:
        """ "saves" or "costs" time where the interval says so; "unclear", or "too-little" to say anything."""
        if self.saved is None:
            return "too-little"
        if not self.saved.clear:
            return "unclear"
        return "saves" if self.saved.value > 0 else "costs"

    @property
    def does_harm(self) -> bool:
        """Whether an interval lies wholly on the wrong side of nothing: it costs time, or answers are worse by it."""
        return self.finding == "costs" or (self.better is not None and self.better.high < 0)


def _signed(share: float) -> str:
    number = round(100 * share)
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def measure(items: Iterable[Item]) -> Help:
    """The help in these items. Without enough of both arms for at least one person the intervals are None."""
    rows = [row for row in items if LEAST_SECONDS <= row.seconds <= LONGEST_SECONDS]
    times = _blocks([(row.tasker, row.helped, float(np.log(row.pace)), row.task) for row in rows])
    scores = _blocks([(row.tasker, row.helped, row.score, row.task) for row in rows if row.score is not None])
    time, quality = _pooled(times), _pooled(scores)
    saved = None if time is None else Interval(1 - np.exp(time.value), 1 - np.exp(time.high), 1 - np.exp(time.low))
    helped = sum(row.helped for row in rows)
    suggested = sum(row.helped and row.suggested for row in rows)
    return Help(helped, len(rows) - helped, len(times), _plain(saved), _plain(quality), suggested)


def by(items: Sequence[Item], name: str) -> dict[str, Help]:
    """The help for each value of a field ("tasker" or "model"); the control arm is compared with each model."""
    control = [row for row in items if not row.helped]
    values = sorted({str(getattr(row, name)) for row in items if row.helped})
    if name == "model":
        return {one: measure([*control, *(row for row in items if row.helped and row.model == one)]) for one in values}
    return {one: measure([row for row in items if str(getattr(row, name)) == one]) for one in values}


class Arm(NamedTuple):
    """One person's values in one arm, and of which task each is."""

    values: np.ndarray
    tasks: Sequence[str]


Block = tuple[Arm, Arm]  # one person's with help, and without


def _blocks(rows: Sequence[tuple[str, bool, float, str]]) -> list[Block]:
    people: dict[str, dict[bool, list[tuple[float, str]]]] = {}
    for number, (tasker, helped, value, task) in enumerate(rows):
        arms = people.setdefault(tasker, {True: [], False: []})
        arms[helped].append((value, task or f"of its own: {number}"))
    found = [(_arm(arms[True]), _arm(arms[False])) for _, arms in sorted(people.items())]
    return [block for block in found if min(len(arm.values) for arm in block) >= LEAST_EACH]


def _arm(rows: Sequence[tuple[float, str]]) -> Arm:
    return Arm(np.array([value for value, _ in rows]), [task for _, task in rows])


def _pooled(blocks: Sequence[Block]) -> Interval | None:
    """The mean difference between the arms over people, each weighed by its information."""
    if not blocks:
        return None
    pairs = [(a.values, b.values) for a, b in blocks]
    differences = np.array([a.mean() - b.mean() for a, b in pairs])
    weights = np.array([1 / (1 / len(a) + 1 / len(b)) for a, b in pairs])
    freedom = sum(len(a) + len(b) - 2 for a, b in pairs)
    spread = sum(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum() for a, b in pairs) / freedom
    value = float((weights * differences).sum() / weights.sum())
    variance = spread / weights.sum() * max(1.0, _design_effect(blocks, weights))
    if len(blocks) > 1:  # help differs between people: the pooled value is no surer than they agree
        between = float((weights * (differences - value) ** 2).sum() / (len(blocks) - 1) / weights.sum())
        if between > variance:
            variance, freedom = between, len(blocks) - 1
    reach = float(scipy.special.stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(variance))
    return Interval(value, value - reach, value + reach)


def _design_effect(blocks: Sequence[Block], weights: np.ndarray) -> float:
    """By how many times the pooled difference varies more than if each value were of a task of its own."""
    alone, together = 0.0, defaultdict[str, float](float)
    for block, weight in zip(blocks, weights, strict=True):
        for sign, arm in zip((1, -1), block, strict=True):
            moved = sign * weight * (arm.values - arm.values.mean()) / len(arm.values)
            alone += float((moved**2).sum())
            for task, by in zip(arm.tasks, moved, strict=True):
                together[task] += float(by)
    return sum(by**2 for by in together.values()) / alone if alone else 1.0


def _plain(interval: Interval | None) -> Interval | None:
    return interval and Interval(float(interval.value), float(interval.low), float(interval.high))


@dataclass(frozen=True)
class PlantedErrorRate:
    """One person and the deliberately wrong suggestions they were shown: how many they took as they were."""

    tasker: str
    shown: int
    taken: int
    low: float  # lower end of the 95 % interval of the share taken

    @property
    def flagged(self) -> bool:
        """Whether they surely take more of them than a careful person lets slip."""
        return self.low > CARELESS


CARELESS = 0.2


def planted_error_rates(outcomes: Iterable[tuple[str, bool]]) -> list[PlantedErrorRate]:
    """From (tasker, taken as it was) for each trap shown, the most careless first. Intervals by Clopper and Pearson."""
    counts: dict[str, list[int]] = {}
    for tasker, fell in outcomes:
        count = counts.setdefault(tasker, [0, 0])
        count[0] += 1
        count[1] += fell
    rows = []
    for tasker, (shown, taken) in counts.items():
        low = float(scipy.special.betaincinv(taken, shown - taken + 1, (1 - CONFIDENCE) / 2)) if taken else 0.0
        rows.append(PlantedErrorRate(tasker, shown, taken, low))
    return sorted(rows, key=lambda row: (-row.low, -row.taken, row.tasker))
