"""May a candidate decide alone? More is asked of it than to suggest (gate.py): that it is better, or that a person
declared a refresh; that nothing is lost anywhere; and that it keeps to a project's floors. All of it has to be shown as
well. Pure numpy and scipy.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import scipy

from assist.learning import paired
from assist.learning.costs import LEAST_TIMED, Cost
from assist.learning.gate import EVERYTHING, MARGIN, Finding, Judgement, Outcome, Pair, grouped, level_of, levels

WORTH = 100  # times the tasks: a lead that takes more of them to show isn't worth waiting for


class Rule(StrEnum):
    """What has to hold of a model before it decides alone."""

    SUPERIOR = "superior"  # better on the whole
    REFRESH = "refresh"  # or as good, which a person declared to be enough
    NOTHING_LOST = "nothing-lost"
    SCORE = "score"
    CALIBRATION = "calibration"
    LATENCY = "latency"
    MEMORY = "memory"


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
    evidence, or speaks against it. That nothing is lost may not rest on bets here."""
    cost = costs[EVERYTHING]
    rows, level = list(pairs), level_of(looks)
    lost = [one for one in judgement.findings if one.binding or one.slice == EVERYTHING]
    open_ones = [one.missing for one in lost if one.outcome == Outcome.CANNOT_TELL]
    low = min((one.low for one in lost), default=None)
    told = judgement.outcome
    if told == Outcome.PASSED and (few := _told_by_few(lost, levels(looks)[0], margin)):
        told, open_ones = Outcome.CANNOT_TELL, [few]
    return (
        _refreshed(rows) if refresh else _superior(rows, margin, level),
        Ruling(Rule.NOTHING_LOST, told, low, -margin, max(open_ones, default=0)),
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
        return Ruling(Rule.SUPERIOR, Outcome.CANNOT_TELL, None, 0.0, paired.least(margin, level))
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
        return Ruling(Rule.SCORE, Outcome.CANNOT_TELL, None, least, paired.least(margin, level))
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
    return paired.interval(*grouped(rows), margin, level)


def _more(tasks: int, reach: float, distance: float) -> int:
    """Tasks that are missing until an interval that reaches so far reaches no further than this, if they are alike."""
    return max(1, math.ceil(tasks * ((reach / distance) ** 2 - 1)))


def _told_by_few(findings: Iterable[Finding], level: float, margin: float) -> int:
    """About how many tasks are missing where bets told what intervals don't."""
    least = paired.least(margin, level)
    return max(0, *(math.ceil((least - one.groups) * one.tasks / one.groups) for one in findings))
