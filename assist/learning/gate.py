"""May this model take that one's place? Pure numpy and scipy.

Both models answered the same tasks just now, tasks whose answers people found without any model's help. What is tested
is that the candidate loses no more than a margin against the champion: paired non-inferiority, over all tasks and in
each slice of them. All have to hold, so the level is not divided among slices (an intersection-union test; Berger,
Technometrics 1982), while the power is.

Tasks of one group (copies of a text, one image) are no independent evidence: the spread is taken over groups. Two
groups are added, one that the candidate wins whole and one that it loses whole, which keeps intervals honest where few
answers differ (Bonett and Price, British Journal of Mathematical and Statistical Psychology 2012); the spread is taken
for no less than that of answers which are lost at the margin, as a score test does (Tango, Statistics in Medicine
1998); and fewer groups than would show such a loss prove nothing, however alike the models look. What is better for
certain may be told by fewer: by bets that suppose nothing of what wasn't seen (paired.py), which have a tenth of the
level. Every look at the same tasks costs: the k-th has 6 / (pi k)^2 of the level, which adds up to no more than the
level however often one looks. Only looks at which something could pass are counted, for either way its own
(`could_pass`, `could_pass_by_bets`): the others add nothing to that sum.

A slice of a few tasks that shows a loss speaks against the candidate, however few they are, unless chance shows as much
in one of so many slices.

To decide alone, more is asked of a candidate (deciding_gate.py).
"""

import math
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import scipy

from assist.learning import paired

VERSION = 3  # of the rules; what another version of them passed doesn't count
LEVEL = 0.05  # chance to pass a candidate that is worse by the margin
BETS = 0.1  # of the level, for passing by bets; the intervals have the rest
LEAST_BET_ON = 30  # groups: among fewer a slice that is lost may not show itself
BY_CHANCE = 0.2  # slices of few tasks that speak against a candidate which is as bad there as elsewhere, at most
LOST = (1.0, 1.5)  # groups: a slice of few that lost these may speak against the candidate (_small)
POWER = 0.8  # chance to pass an equal one, with as many tasks as are asked for
MARGIN = 0.05
EVERYTHING = "all"
NAMED = 200  # characters of slices' names in a reason: a line keeps 300
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
    until a candidate that is as good, or goes on as well, would probably be told to be so (0 where there are enough).
    `binding`: unless it shows that nothing is lost, the candidate is held back."""

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


def judge(
    pairs: Iterable[Pair],
    *,
    slices: Iterable[str] = (),
    binding: str = "",
    margin: float = MARGIN,
    looks: int = 0,
    bets: int | None = None,
) -> Judgement:
    """May the candidate suggest in the champion's place? `slices` are those that are protected; `looks`: how often
    these tasks have been looked at before, and `bets` how often where bets could tell, as often unless it is said.

    All tasks together must show that nothing is lost, and so must every slice in which a loss would show itself; one
    with fewer tasks, protected or not, holds nobody back, unless what it has speaks against the candidate, or it is the
    `binding` one: the tasks without which the others tell nothing. Where the champion does nothing right in it, only
    what is better for certain there can be told.
    Raises Unfit for scores outside of [0, 1], tasks named twice, or a protected slice without any task.
    """
    rows = _checked(pairs)
    if not rows:
        return Judgement(Outcome.CANNOT_TELL, REASONS["nothing"], ())
    wanted = sorted(set(slices))
    members = {name: [one for one in rows if name in one.slices] for name in wanted}
    if empty := [name for name, own in members.items() if not own]:
        raise Unfit(REASONS["empty"] % {"slice": empty[0]})
    (level, _), (_, betting) = levels(looks), levels(looks if bets is None else bets)
    terms = _Terms(margin, level, betting, 1 + len(wanted))
    whole = _finding(EVERYTHING, rows, terms)
    told = [_finding(name, own, terms) for name, own in members.items()]
    asked = _needed(*grouped(rows), terms)  # so few tell nothing of their own spread
    others = [_finding(name, own, terms, lost) for name, own, lost in _small(rows, members, margin)]
    findings = (
        whole,
        *(replace(one, binding=one.binding or one.slice == binding) for one in told),
        *(replace(one, missing=max(1, asked - one.tasks)) for one in others if one.binding),
    )
    idle = bool(binding) and not any(one.champion for one in rows if binding in one.slices)
    better = any(one.slice == binding and one.low > 0 for one in findings)
    return Judgement(*_verdict(findings, idle and not better), findings)


def could_pass(groups: int, margin: float, looks: int) -> bool:
    """Whether any candidate could pass at so many groups: a loss of one margin would show itself among them."""
    return groups >= paired.least(margin, levels(looks)[0])


def could_pass_by_bets(groups: int, margin: float, looks: int) -> bool:
    """Whether one that is much better could, whatever the margin and the looks."""
    return groups >= LEAST_BET_ON


def level_of(looks: int) -> float:
    return LEVEL * 6 / (math.pi * (1 + looks)) ** 2


def levels(looks: int) -> tuple[float, float]:
    """The level of intervals, and of bets."""
    return level_of(looks) * (1 - BETS), level_of(looks) * BETS


@dataclass(frozen=True)
class _Terms:
    """What a finding is told by: the margin, the levels of intervals and of bets, and how many are told together."""

    margin: float
    level: float
    betting: float
    tests: int


def _small(rows: Sequence[Pair], known: Mapping[str, object], margin: float) -> Iterator[tuple[str, list[Pair], float]]:
    """The slices that aren't protected, having too few tasks, and how many groups each has to lose until it speaks
    against the candidate: more than chance makes any of so many slices lose, were it as bad there as elsewhere.

    One at least; and more than one, so that one lost by chance is none, once a loss of one margin, all of it in one
    slice, would show itself twice."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for row in rows:
        for name in row.slices - known.keys():
            found[name].append(row)
    found = {name: own for name, own in found.items() if len(own) < len(rows)}
    groups = len({one.group for one in rows})
    once_at_most = (1 - margin) ** groups + groups * margin * (1 - margin) ** (groups - 1)
    everywhere = _lost(rows)
    for name, own in sorted(found.items()):
        here, beside = _lost(own), groups - len({one.group for one in own})
        rate = max(0.0, everywhere.sum() - here.sum()) / beside if beside > 0 else 0.0
        yield name, own, max(LOST[once_at_most <= LEVEL], _by_chance(len(here), min(1.0, rate), len(found)))


def _lost(rows: Sequence[Pair]) -> np.ndarray:
    """Of each group the share that the candidate lost of it, 0 where it won."""
    sums, sizes = grouped(rows)
    return np.maximum(0.0, -sums / sizes)


def _by_chance(groups: int, rate: float, slices: int) -> int:
    """The fewest lost groups that hardly ever any of so many slices has by chance; one more than it has where all may
    be."""
    counts = np.arange(1, groups + 1)
    unlikely = slices * scipy.special.bdtrc(counts - 1, groups, rate) <= BY_CHANCE
    return int(counts[unlikely.argmax()]) if unlikely.any() else groups + 1


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
    """As many of them as a sentence bears; the findings have all."""
    names = ", ".join(REASONS["all"] if one.slice == EVERYTHING else one.slice for one in findings)
    return textwrap.shorten(names, NAMED, placeholder=" …")


def _checked(pairs: Iterable[Pair]) -> list[Pair]:
    rows = list(pairs)
    for one in rows:
        if not (0 <= one.candidate <= 1 and 0 <= one.champion <= 1):  # false of NaN as well
            raise Unfit(f"Task {one.task} has no score in [0, 1].")
    if twice := [task for task, count in Counter(one.task for one in rows).items() if count > 1]:
        raise Unfit(f"Task {twice[0]} was answered twice.")
    return rows


def _finding(name: str, rows: Sequence[Pair], terms: _Terms, lost: float = 0.0) -> Finding:
    """Of one slice; one of few tasks speaks against the candidate once it `lost` so many groups of it."""
    candidate, champion = (
        float(np.mean(ones)) for ones in zip(*((r.candidate, r.champion) for r in rows), strict=True)
    )
    margin, (sums, sizes) = terms.margin, grouped(rows)
    mean, reach = paired.interval(sums, sizes, margin, terms.level)
    low, high, difference = mean - reach, mean + reach, candidate - champion
    would_show = len(sums) >= paired.least(margin, terms.level)
    against = difference <= -margin and (not lost or -float((sums / sizes).sum()) >= lost - 1e-9)
    if high < 0 and difference <= -margin:
        outcome = Outcome.REFUSED
    elif (low > -margin and would_show) or _better(sums, sizes, low, terms):
        outcome = Outcome.PASSED
    else:
        outcome = Outcome.CANNOT_TELL
    missing = 0 if outcome == Outcome.PASSED else max(0, _needed(sums, sizes, terms) - len(rows))
    binding = would_show or against
    return Finding(name, len(rows), len(sums), candidate, champion, difference, low, high, missing, binding, outcome)


def _better(sums: np.ndarray, sizes: np.ndarray, low: float, terms: _Terms) -> bool:
    """For certain, on what was seen, and by bets on what wasn't as well."""
    told = low > 0 and len(sums) >= LEAST_BET_ON
    return told and paired.log_capital(sums, sizes, terms.margin) >= -math.log(terms.betting)


def grouped(rows: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """For each group the sum of its differences, and its tasks."""
    found: Mapping[str, list[float]] = defaultdict(list)
    for one in rows:
        found[one.group].append(one.candidate - one.champion)
    return np.array([sum(own) for own in found.values()]), np.array([float(len(own)) for own in found.values()])


def _needed(sums: np.ndarray, sizes: np.ndarray, terms: _Terms) -> int:
    """Tasks with which all tests are passed with `POWER` by a candidate that is as good, or by one that goes on doing
    as well as it did here, whichever is less."""
    chance = 1 - (1 - POWER) / terms.tests
    as_good = paired.needed(sums, sizes, terms.margin, terms.level, chance)
    so_well = paired.needed_to_bet(sums, sizes, terms.margin, terms.betting, chance)
    return math.ceil(min(as_good, max(so_well, LEAST_BET_ON * sizes.sum() / len(sizes))))
