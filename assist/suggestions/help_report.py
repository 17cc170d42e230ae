"""Does the copilot help? Time saved and quality gained against the control arm, with intervals. Pure numpy and scipy.

Which assignments go without is drawn by hash at claim (docs/assist-protocol.md), so the two arms differ in nothing
else but chance. People differ far more in speed than any model helps, so each person is compared with themselves:

- time: log seconds per part of an answer, less the person's own level; the difference of the arms is pooled over
  people by their information (inverse variance, one common variance), and its exponent is the ratio of times;
- quality: the score in [0, 1] of blind checks, pooled in the same way, as a difference.

Intervals are 95 %, from Student's t; where few people took part they are wide, and that is said by their width.
Method: a randomised block design with people as blocks (Fisher, "The Design of Experiments", 1935); times on the log
scale, since they are skewed and help acts in proportion (Ulrich and Miller, 1993).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, stdtrit

# Of a whole piece of work, whatever its parts: limits on each part would cut the arm that is faster by them.
LEAST_SECONDS = 0.5  # shorter is a slip of the hand, not work
LONGEST_SECONDS = 3600.0
LEAST_EACH = 2  # items of a person in each arm before they tell anything
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Item:
    """One piece of work handed in: by whom, in which arm, its active seconds, its blind score in [0, 1] if any, and of
    how many parts (regions, spans, choices) the answer is, since time is compared part by part."""

    tasker: str
    helped: bool
    seconds: float
    score: float | None = None
    model: str = ""
    parts: int = 1

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

    @property
    def finding(self) -> str:
        """ "saves" or "costs" time where the interval says so; "unclear", or "too-little" to say anything."""
        if self.saved is None:
            return "too-little"
        if not self.saved.clear:
            return "unclear"
        return "saves" if self.saved.value > 0 else "costs"


def _signed(share: float) -> str:
    number = round(100 * share)
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def measure(items: Iterable[Item]) -> Help:
    """The help in these items. Without enough of both arms for at least one person the intervals are None."""
    rows = [row for row in items if LEAST_SECONDS <= row.seconds <= LONGEST_SECONDS]
    times = _blocks([(row.tasker, row.helped, float(np.log(row.pace))) for row in rows])
    scores = _blocks([(row.tasker, row.helped, row.score) for row in rows if row.score is not None])
    time, quality = _pooled(times), _pooled(scores)
    saved = None if time is None else Interval(1 - np.exp(time.value), 1 - np.exp(time.high), 1 - np.exp(time.low))
    helped = sum(row.helped for row in rows)
    return Help(helped, len(rows) - helped, len(times), _plain(saved), _plain(quality))


def by(items: Sequence[Item], name: str) -> dict[str, Help]:
    """The help for each value of a field ("tasker" or "model"); the control arm is compared with each model."""
    control = [row for row in items if not row.helped]
    values = sorted({str(getattr(row, name)) for row in items if row.helped})
    if name == "model":
        return {one: measure([*control, *(row for row in items if row.helped and row.model == one)]) for one in values}
    return {one: measure([row for row in items if str(getattr(row, name)) == one]) for one in values}


Block = tuple[np.ndarray, np.ndarray]  # one person's values with help, and without


def _blocks(rows: Sequence[tuple[str, bool, float]]) -> list[Block]:
    people: dict[str, tuple[list[float], list[float]]] = {}
    for tasker, helped, value in rows:
        people.setdefault(tasker, ([], []))[0 if helped else 1].append(value)
    return [(np.array(a), np.array(b)) for _, (a, b) in sorted(people.items()) if min(len(a), len(b)) >= LEAST_EACH]


def _pooled(blocks: Sequence[Block]) -> Interval | None:
    """The mean difference between the arms over people, each weighed by its information."""
    if not blocks:
        return None
    differences = np.array([a.mean() - b.mean() for a, b in blocks])
    weights = np.array([1 / (1 / len(a) + 1 / len(b)) for a, b in blocks])
    freedom = sum(len(a) + len(b) - 2 for a, b in blocks)
    spread = sum(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum() for a, b in blocks) / freedom
    value = float((weights * differences).sum() / weights.sum())
    variance = spread / weights.sum()
    if len(blocks) > 1:  # help differs between people: the pooled value is no surer than they agree
        between = float((weights * (differences - value) ** 2).sum() / (len(blocks) - 1) / weights.sum())
        if between > variance:
            variance, freedom = between, len(blocks) - 1
    reach = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(variance))
    return Interval(value, value - reach, value + reach)


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
        low = float(betaincinv(taken, shown - taken + 1, (1 - CONFIDENCE) / 2)) if taken else 0.0
        rows.append(PlantedErrorRate(tasker, shown, taken, low))
    return sorted(rows, key=lambda row: (-row.low, -row.taken, row.tasker))
