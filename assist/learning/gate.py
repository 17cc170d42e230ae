"""May this model take that one's place? Pure numpy and scipy.

Both models answered the same tasks just now, tasks whose answers people found without any model's help. What is tested
is that the candidate loses no more than a margin against the champion: paired non-inferiority, over all tasks and in
each slice of them. All have to hold, so the level is not divided among slices (an intersection-union test; Berger,
Technometrics 1982), while the power is.

Tasks of one group (copies of a text, one image) are no independent evidence: the spread is taken over groups. Two
groups are added, one that the candidate wins whole and one that it loses whole, which keeps intervals honest where few
answers differ (Bonett and Price, British Journal of Mathematical and Statistical Psychology 2012); the spread is taken
for no less than that of answers which are lost at the margin, as a score test does (Tango, Statistics in Medicine
1998); and fewer groups than would show such a loss prove nothing, however alike the models look. Every look at the
same tasks costs: the k-th has 6 / (pi k)^2 of the level, which adds up to no more than the level however often one
looks. Only looks at which something could pass are counted (`could_pass`): the others add nothing to that sum.

To decide alone, more is asked of a candidate (`decide`): that it is better, or that a person declared a refresh; that
nothing is lost anywhere; and that it keeps to a project's floors. All of it has to be shown as well.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import scipy

from assist.learning.costs import LEAST_TIMED, Cost

VERSION = 2  # of the rules; what another version of them passed doesn't count
LEVEL = 0.05  # chance to pass a candidate that is worse by the margin
POWER = 0.8  # chance to pass an equal one, with as many tasks as are asked for
MARGIN = 0.05
WORTH = 100  # times the tasks: a lead that takes more of them to show isn't worth waiting for
EVERYTHING = "all"
# Reasons as they are kept; pages say them in the reader's language.
REASONS = {
    "nothing": "No task was decided without a model's help.",
    "worse": "Worse than the model in place: %(slices)s.",
    "little": "Too little to tell: about %(missing)s more tasks decided without help.",
    "idle": "Nothing to measure by: wherever something is marked, the model in place finds nothing of it.",
    "slices": "On the whole nothing is lost; too little to tell of %(slices)s.",
    "passed": "As good as the model in place, wherever there is evidence enough to tell.",
    "empty": "No task of the slice %(slice)s was answered.",
    "all": "all tasks",
}


class Outcome(StrEnum):
    """What the gate says. Only `PASSED` opens it."""

    PASSED = "passed"
    REFUSED = "refused"
    CANNOT_TELL = "cannot-tell"


class Rule(StrEnum):
    """What has to hold of a model before it decides alone."""

    SUPERIOR = "superior"  # better on the whole
    REFRESH = "refresh"  # or as good, which a person declared to be enough
    NOTHING_LOST = "nothing-lost"
    SCORE = "score"
    CALIBRATION = "calibration"
    LATENCY = "latency"
    MEMORY = "memory"


class Unfit(ValueError):
    """What was measured can't be judged; the message says why."""


@dataclass(frozen=True)
class Pair:
    """One task that both models answered: their scores in [0, 1], the group it belongs to, and its slices."""

    task: str
    group: str
    candidate: float
    champion: float
    slices: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding:
    """What one slice shows: the mean scores, their difference with its interval, and how many tasks are still missing
    until a candidate that is as good would probably be told to be so (0 where there are enough). `binding`: unless it
    shows that nothing is lost, the candidate is held back."""

    slice: str
    tasks: int
    groups: int
    candidate: float
    champion: float
    difference: float
    low: float
    high: float
    missing: int
    binding: bool
    outcome: Outcome


@dataclass(frozen=True)
class Judgement:
    """The gate's answer, the reason in one sentence, and the findings: all tasks first, then slice by slice."""

    outcome: Outcome
    reason: str
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> int:
        """Tasks that are missing altogether, for the slice that lacks most."""
        return max((one.missing for one in self.findings), default=0)


@dataclass(frozen=True)
class Floors:
    """What a project asks of a model that decides alone: the least mean score, the greatest expected calibration error,
    the most seconds that 95 % of its answers take, and the most memory of its process, in MB."""

    least_score: float = 0.8
    most_miscalibration: float = 0.1
    most_seconds: float = 2.0
    most_memory: int = 4_096


@dataclass(frozen=True)
class Ruling:
    """What one rule says: the candidate's value beside its limit, None where there is none, and about how many more
    tasks decided without help would tell (0 where no number of them does, or it is told); of which tasks, where it is
    asked slice by slice."""

    rule: Rule
    outcome: Outcome
    value: float | None
    limit: float | None
    missing: int = 0
    slice: str = EVERYTHING


def judge(
    pairs: Iterable[Pair],
    *,
    slices: Iterable[str] = (),
    binding: str = "",
    margin: float = MARGIN,
    looks: int = 0,
) -> Judgement:
    """May the candidate suggest in the champion's place? `slices` are those that are protected; `looks`: how often
    these tasks have been looked at before.

    All tasks together must show that nothing is lost, and so must every slice in which a loss would show itself; one
    with fewer tasks holds nobody back, unless what it has speaks against the candidate, or it is the `binding` one: the
    tasks without which the others tell nothing. Where the champion does nothing right in it, only what is better for
    certain there can be told.
    Raises Unfit for scores outside of [0, 1], tasks named twice, or a protected slice without any task.
    """
    rows, level = _checked(pairs), _level(looks)
    if not rows:
        return Judgement(Outcome.CANNOT_TELL, REASONS["nothing"], ())
    wanted = sorted(set(slices))
    members = {name: [one for one in rows if name in one.slices] for name in wanted}
    if empty := [name for name, own in members.items() if not own]:
        raise Unfit(REASONS["empty"] % {"slice": empty[0]})
    tests = 1 + len(wanted)
    whole = _finding(EVERYTHING, rows, margin, level, tests)
    slice_by_slice = (_finding(name, members[name], margin, level, tests) for name in wanted)
    findings = (whole, *(replace(one, binding=one.binding or one.slice == binding) for one in slice_by_slice))
    idle = bool(binding) and not any(one.champion for one in rows if binding in one.slices)
    better = any(one.slice == binding and one.low > 0 for one in findings)
    return Judgement(*_verdict(findings, idle and not better), findings)


def decide(
    pairs: Iterable[Pair],
    judgement: Judgement,
    costs: Mapping[str, Cost],
    floors: Floors,
    *,
    refresh: bool = False,
    margin: float = MARGIN,
    looks: int = 0,
) -> tuple[Ruling, ...]:
    """May the candidate decide alone? Rule by rule; `answer` says what they come to. The arguments are those of
    `judge`, what that said, what the candidate costs (of EVERYTHING, and in each protected slice), and whether a person
    declared that being as good is enough. How sure it is and how long it takes is asked of each slice that has the
    evidence, or speaks against it."""
    cost = costs[EVERYTHING]
    rows, level = list(pairs), _level(looks)
    lost = [one for one in judgement.findings if one.binding or one.slice == EVERYTHING]
    open_ones = [one.missing for one in lost if one.outcome == Outcome.CANNOT_TELL]
    low = min((one.low for one in lost), default=None)
    return (
        _refreshed(rows) if refresh else _superior(rows, margin, level),
        Ruling(Rule.NOTHING_LOST, judgement.outcome, low, -margin, max(open_ones, default=0)),
        _scored(rows, floors.least_score, margin, level),
        _calibrated(cost, floors.most_miscalibration, level),
        _quick(cost, floors.most_seconds),
        _within(Rule.MEMORY, cost.memory, floors.most_memory, 0),
        *(
            replace(one, slice=name)
            for name, own in costs.items()
            if name != EVERYTHING
            for one in _of_a_slice(own, floors, level)
        ),
    )


def answer(rulings: Iterable[Ruling]) -> Outcome:
    """All have to hold: one that is broken refuses, one that can't be told holds back."""
    outcomes = {one.outcome for one in rulings}
    if Outcome.REFUSED in outcomes:
        return Outcome.REFUSED
    return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.CANNOT_TELL


def _refreshed(rows: Sequence[Pair]) -> Ruling:
    value = float(np.mean([one.candidate - one.champion for one in rows])) if rows else None
    return Ruling(Rule.REFRESH, Outcome.PASSED if rows else Outcome.CANNOT_TELL, value, None)


def _superior(rows: Sequence[Pair], margin: float, level: float) -> Ruling:
    """Better for certain; refused where a lead of one margin is out of the question, and what lead there is would take
    more than `WORTH` times as many tasks to show."""
    if not rows:
        return Ruling(Rule.SUPERIOR, Outcome.CANNOT_TELL, None, 0.0, _least(margin, level))
    mean, reach = _interval(rows, margin, level)
    if mean - reach > 0:
        return Ruling(Rule.SUPERIOR, Outcome.PASSED, mean, 0.0)
    ruled_out = mean + reach < margin
    if ruled_out and mean * math.sqrt(WORTH) < reach:
        return Ruling(Rule.SUPERIOR, Outcome.REFUSED, mean, 0.0)
    missing = _more(len(rows), reach, mean if ruled_out else max(mean, margin - mean))
    return Ruling(Rule.SUPERIOR, Outcome.CANNOT_TELL, mean, 0.0, missing)


def _scored(rows: Sequence[Pair], least: float, margin: float, level: float) -> Ruling:
    """A score against its own rest is a difference in [-1, 1]: so the same interval holds of it."""
    if not rows:
        return Ruling(Rule.SCORE, Outcome.CANNOT_TELL, None, least, _least(margin, level))
    mean, reach = _interval([replace(one, champion=1 - one.candidate) for one in rows], margin, level)
    centre, reach = (1 + mean) / 2, reach / 2
    value = float(np.mean([one.candidate for one in rows]))
    if centre - reach >= least:
        return Ruling(Rule.SCORE, Outcome.PASSED, value, least)
    if centre + reach < least:
        return Ruling(Rule.SCORE, Outcome.REFUSED, value, least)
    missing = _more(len(rows), reach, max(abs(centre - least), margin / 2))
    return Ruling(Rule.SCORE, Outcome.CANNOT_TELL, value, least, missing)


def _calibrated(cost: Cost, most: float, level: float) -> Ruling:
    """What chance alone shows speaks neither for a model nor against it."""
    error = cost.miscalibration
    if error is None or cost.by_chance is None or cost.spread is None:
        return Ruling(Rule.CALIBRATION, Outcome.CANNOT_TELL, None, most)
    reach = float(scipy.special.ndtri(1 - level)) * cost.spread
    if error + reach <= most:
        return Ruling(Rule.CALIBRATION, Outcome.PASSED, error, most)
    if error - cost.by_chance - reach > most:
        return Ruling(Rule.CALIBRATION, Outcome.REFUSED, error, most)
    missing = _more(cost.tasks, cost.by_chance + reach, most / 2)
    return Ruling(Rule.CALIBRATION, Outcome.CANNOT_TELL, error, most, missing)


def _quick(cost: Cost, most: float) -> Ruling:
    return _within(Rule.LATENCY, cost.p95, most, max(0, LEAST_TIMED - cost.timed))


def _of_a_slice(cost: Cost, floors: Floors, level: float) -> Iterator[Ruling]:
    """What binds there: what is told, and what can't be told where there is twice as much as it takes to tell of one
    whose scores all hold, or what there is speaks against the candidate."""
    sure, quick = _calibrated(cost, floors.most_miscalibration, level), _quick(cost, floors.most_seconds)
    if cost.miscalibration is not None and cost.by_chance is not None and cost.spread is not None:
        reach = cost.by_chance + float(scipy.special.ndtri(1 - level)) * cost.spread
        against = cost.miscalibration - cost.by_chance > floors.most_miscalibration
        if sure.outcome != Outcome.CANNOT_TELL or 2 * reach <= floors.most_miscalibration or against:
            yield sure
    if quick.outcome != Outcome.CANNOT_TELL or (cost.p50 is not None and cost.p50 > floors.most_seconds):
        yield quick


def _within(rule: Rule, value: float | None, most: float, missing: int) -> Ruling:
    if value is None or missing:
        return Ruling(rule, Outcome.CANNOT_TELL, value, most, missing)
    return Ruling(rule, Outcome.PASSED if value <= most else Outcome.REFUSED, value, most)


def _interval(rows: Sequence[Pair], margin: float, level: float) -> tuple[float, float]:
    """The mean difference, and how far its interval reaches to each side."""
    sums, sizes = _groups(rows)
    mean, error = _mean(sums, sizes)
    return mean, float(scipy.special.stdtrit(len(sums), 1 - level)) * max(error, least_error(margin, len(sums)))


def _more(tasks: int, reach: float, distance: float) -> int:
    """Tasks that are missing until an interval that reaches so far reaches no further than this, if they are alike."""
    return max(1, math.ceil(tasks * ((reach / distance) ** 2 - 1)))


def could_pass(groups: int, margin: float, looks: int) -> bool:
    """Whether any candidate could pass at so many groups: a loss of one margin would show itself among them."""
    return groups >= _least(margin, _level(looks))


def _level(looks: int) -> float:
    return LEVEL * 6 / (math.pi * (1 + looks)) ** 2


def _verdict(findings: Sequence[Finding], idle: bool) -> tuple[Outcome, str]:
    worse = [one for one in findings if one.outcome == Outcome.REFUSED]
    if worse:
        return Outcome.REFUSED, REASONS["worse"] % {"slices": _named(worse)}
    if idle:
        return Outcome.CANNOT_TELL, REASONS["idle"]
    whole, *slices = findings
    if whole.outcome != Outcome.PASSED:
        return Outcome.CANNOT_TELL, REASONS["little"] % {"missing": f"{whole.missing:,}"}
    open_ones = [one for one in slices if one.binding and one.outcome == Outcome.CANNOT_TELL]
    if open_ones:
        return Outcome.CANNOT_TELL, REASONS["slices"] % {"slices": _named(open_ones)}
    return Outcome.PASSED, REASONS["passed"]


def _named(findings: Sequence[Finding]) -> str:
    return ", ".join(REASONS["all"] if one.slice == EVERYTHING else one.slice for one in findings)


def _checked(pairs: Iterable[Pair]) -> list[Pair]:
    rows = list(pairs)
    for one in rows:
        if not (0 <= one.candidate <= 1 and 0 <= one.champion <= 1):  # false of NaN as well
            raise Unfit(f"Task {one.task} has no score in [0, 1].")
    if twice := [task for task, count in Counter(one.task for one in rows).items() if count > 1]:
        raise Unfit(f"Task {twice[0]} was answered twice.")
    return rows


def _finding(name: str, rows: Sequence[Pair], margin: float, level: float, tests: int) -> Finding:
    candidate, champion = (
        float(np.mean(ones)) for ones in zip(*((r.candidate, r.champion) for r in rows), strict=True)
    )
    sums, sizes = _groups(rows)
    groups, (mean, error) = len(sums), _mean(sums, sizes)
    error = max(error, least_error(margin, groups))
    reach = float(scipy.special.stdtrit(groups, 1 - level)) * error
    low, high = mean - reach, mean + reach
    missing = max(0, _needed(sums, sizes, error, margin, level, tests) - len(rows))
    difference, would_show = candidate - champion, groups >= _least(margin, level)
    if high < 0 and difference <= -margin:
        outcome = Outcome.REFUSED
    elif low > -margin and would_show:
        outcome, missing = Outcome.PASSED, 0
    else:
        outcome = Outcome.CANNOT_TELL
    binding = would_show or difference <= -margin
    return Finding(name, len(rows), groups, candidate, champion, difference, low, high, missing, binding, outcome)


def _groups(rows: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """For each group the sum of its differences, and its tasks."""
    found: Mapping[str, list[float]] = defaultdict(list)
    for one in rows:
        found[one.group].append(one.candidate - one.champion)
    return np.array([sum(own) for own in found.values()]), np.array([float(len(own)) for own in found.values()])


def _mean(sums: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """The mean difference of a task and its standard error, with the two groups that are added."""
    sums, sizes = np.append(sums, [1.0, -1.0]), np.append(sizes, [1.0, 1.0])
    mean = sums.sum() / sizes.sum()
    spread = ((sums - mean * sizes) ** 2).sum() * len(sums) / (len(sums) - 1)
    return float(mean), float(np.sqrt(spread) / sizes.sum())


def least_error(margin: float, groups: int) -> float:
    """The standard error below which none is believed: that of answers which are lost at the margin."""
    return math.sqrt(margin * (1 - margin) / groups)


def _least(margin: float, level: float) -> int:
    """Groups among which a loss of one margin would show itself once, all but surely."""
    return math.ceil(math.log(level) / math.log1p(-margin))


def _needed(sums: np.ndarray, sizes: np.ndarray, error: float, margin: float, level: float, tests: int) -> int:
    """Tasks with which a candidate that is as good passes all `tests` with `POWER`, if they are like those seen."""
    tasks = sizes.sum() + 2
    reach = float(scipy.special.ndtri(1 - level) + scipy.special.ndtri(1 - (1 - POWER) / tests))
    for_spread = tasks * (reach * error / margin) ** 2
    for_least = _least(margin, level) * sizes.sum() / len(sizes)
    return math.ceil(max(for_spread, for_least))
