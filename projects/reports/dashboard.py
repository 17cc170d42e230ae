"""A project in figures: what its dashboard, the files behind it and programs read. Reads only, from what is added up.

Five statements, however many tasks there are: the days (hours.py), the batches with what stalls, the labels, the money.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.utils import timezone

from projects.configuration import raised_rate, spending_limit
from projects.inference import forecast
from projects.models import Project, ProjectSettings
from projects.reports import pay_example, spending
from projects.reports.shares import MILLION, Share, share
from projects.reports.spending import Budget
from projects.reports.stands import Stands, stands_of
from taskers.database.prepared import ask, ask_rows
from taskers.money import earning_days

HISTORY = 28  # days that a forecast looks back on
MIN_AUDITS = 20  # answered audits; fewer give no figure

NAMES = (
    "people",
    "machines",
    "voided",
    "timed",
    "timed_ms",
    "helped",
    "helped_ms",
    "by_answers",
    "by_reviewers",
    "by_models",
    "anew",
    "reopened",
    "sure",
    "compared",
    "agreed",
    "known",
    '"right"',
    "audited",
    "confirmed",
)
PERIODS = f"""
SELECT b.project_id AS project, u.unit, date_trunc(u.unit, h.hour, %(zone)s::text) AS at,
  {", ".join(f"sum(h.{name})::bigint AS {name}" for name in NAMES)}
FROM unnest(%(units)s::text[], %(since)s::timestamptz[]) AS u(unit, since)
CROSS JOIN projects_batch b JOIN projects_batchhour h ON h.batch_id = b.id AND h.hour >= u.since
WHERE b.project_id = ANY(%(projects)s::bigint[])
GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
MOST_LABELS, MOST_MODELS = 50, 20
# The labels by what they are used for; how many people were graded; and each model by itself, with what its blind work
# was graded. People's own grades mostly say how far they agree with verdicts that they made themselves.
LABELS_AND_GRADED = f"""
(SELECT 'label' AS what, l.key, l.name, coalesce(y.tasks, 0)::bigint AS number, 0::float AS good, 0::float AS poor
FROM projects_label l LEFT JOIN projects_labeltally y ON y.project_id = l.project_id AND y.label = l.key
WHERE l.project_id = %(project)s::bigint AND (l.retired_at IS NULL OR y.tasks > 0)
ORDER BY coalesce(y.tasks, 0) DESC, l.position, l.id LIMIT {MOST_LABELS})
UNION ALL
(SELECT p.kind, '', CASE WHEN p.kind = 'model' THEN max(p.name) ELSE '' END, count(*), sum(s.good), sum(s.poor)
FROM taskers_standing s JOIN taskers_person p ON p.id = s.tasker_id
WHERE s.project_key = %(key)s::uuid AND p.kind IN ('human', 'model') AND s.good + s.poor > 0
GROUP BY p.kind, CASE WHEN p.kind = 'model' THEN p.id END
ORDER BY p.kind, sum(s.good + s.poor) DESC LIMIT {1 + MOST_MODELS})
"""
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.get_fixed_timezone(0))


class Whose(NamedTuple):
    """Whose a period is, by the project's key, and by what it is counted: "hour" or "day"."""

    project: int
    unit: str


class Period(NamedTuple):
    """What happened in an hour, a day or a week; shares are sums in millionths, times in milliseconds."""

    at: datetime
    people: int = 0
    machines: int = 0
    voided: int = 0
    timed: int = 0
    timed_ms: int = 0
    helped: int = 0
    helped_ms: int = 0
    by_answers: int = 0
    by_reviewers: int = 0
    by_models: int = 0
    anew: int = 0
    reopened: int = 0
    sure: int = 0
    compared: int = 0
    agreed: int = 0
    known: int = 0
    right: int = 0
    audited: int = 0
    confirmed: int = 0

    @property
    def judgements(self) -> int:
        """All that were handed in."""
        return self.people + self.machines

    @property
    def decisions(self) -> int:
        """Tasks decided, and decided anew."""
        return self.by_answers + self.by_reviewers + self.by_models

    @property
    def net_judgements(self) -> int:
        """What it added to those that count."""
        return self.judgements - self.voided

    @property
    def net_decisions(self) -> int:
        """What it added to the tasks that are decided."""
        return self.decisions - self.anew - self.reopened

    @property
    def agreement(self) -> Share:
        """How far people agree with what was decided; the answers of one task count as one."""
        return share(self.agreed, self.compared, min(self.compared, self.decisions))

    @property
    def accuracy(self) -> Share:
        """How right people are on gold, without the copilot."""
        return share(self.right, self.known, self.known)

    @property
    def seconds(self) -> float | None:
        """Active seconds for a judgement."""
        return self.timed_ms / self.timed / 1000 if self.timed else None

    @property
    def seconds_helped(self) -> float | None:
        """The same with the copilot."""
        return self.helped_ms / self.helped / 1000 if self.helped else None

    @property
    def seconds_alone(self) -> float | None:
        """The same without it."""
        alone = self.timed - self.helped
        return (self.timed_ms - self.helped_ms) / alone / 1000 if alone else None


class LabelUse(NamedTuple):
    """How many decided tasks use a label."""

    key: str
    name: str
    tasks: int


class Graded(NamedTuple):
    """People together by gold that they answered without the copilot, or one model by all of its blind work; no value
    where nothing tells."""

    kind: str  # "human" or "model"
    name: str  # of the model
    people: int
    right: Share


@dataclass(frozen=True)
class Ahead:
    """When a project's live batches will be done, by now: the middle and its 80 % interval; and how likely that is
    before the deadline, if there is one."""

    left: int
    at: datetime | None
    low: datetime | None
    high: datetime | None
    deadline: datetime | None
    chance: float | None


@dataclass(frozen=True)
class Money:
    """What was earned, in millionths, and what follows for one label that is right."""

    total: int
    days: dict[date, int]
    planned: int  # what all judgements that are wanted earn, where all are accepted
    correct: Share  # of the tasks that are decided, by audits; no value where those are too few
    decided: int  # tasks
    missing_audits: int  # how many more must be answered before they tell
    budget: Budget | None = None  # where it may not spend as much as it takes
    at_least: bool = False  # what regions, words or time add to what is planned can't be told yet

    @property
    def each(self) -> int | None:
        """For one task that is decided correctly, to a hundredth of a cent."""
        return self._for_one(self.correct.value)

    @property
    def each_low(self) -> int | None:
        """The lower end of its 95 % interval."""
        return self._for_one(self.correct.high)

    @property
    def each_high(self) -> int | None:
        """The upper end."""
        return self._for_one(self.correct.low)

    def _for_one(self, correct: float | None) -> int | None:
        tasks = self.decided * (correct or 0.0)
        return int(round(self.total / tasks, -2)) if tasks >= 1 else None


@dataclass(frozen=True)
class Dashboard:
    """Everything that the page says. `days` are all there were, oldest first and without gaps."""

    stands: Stands
    days: Sequence[Period]
    labels: Sequence[LabelUse]
    money: Money
    ahead: Ahead | None
    hours: Sequence[Period] = ()
    graded: Sequence[Graded] = ()  # people first, then models, those of whom most is known before others

    @property
    def lately(self) -> Period:
        """The last seven days together."""
        return together(self.days[-7:])


def of(project: Project, settings: ProjectSettings, *, hours_since: datetime | None = None) -> Dashboard:
    """The figures as they stand, by days of the current time zone, and since a moment by hours."""
    stands = stands_of(project)
    found = periods(project, {"day": LONG_AGO} | ({"hour": hours_since} if hours_since else {}))
    days, hours = found["day"], found.get("hour", [])
    whole = together(days)
    money = _money(project, settings, stands, whole)
    labels, graded = _labels_and_graded(project, whole.accuracy)
    return Dashboard(stands, days, labels, money, ahead(project.pk, settings, stands, days), hours, graded)


def _labels_and_graded(project: Project, on_gold: Share) -> tuple[list[LabelUse], list[Graded]]:
    rows = ask(LABELS_AND_GRADED, {"project": project.pk, "key": project.public_id})
    labels = [LabelUse(key, name, number) for what, key, name, number, _good, _poor in rows if what == "label"]
    graded = [
        Graded(kind, name, people, on_gold if kind == "human" else _right(good, poor))
        for kind, _key, name, people, good, poor in rows
        if kind != "label"
    ]
    return labels, graded


def _right(good: float, poor: float) -> Share:
    weight = good + poor
    return share(round(good / weight * MILLION), 1, round(weight))._replace(number=round(weight))


def periods(project: Project, since: Mapping[str, datetime]) -> dict[str, list[Period]]:
    """What happened, for each unit asked for ("hour" or "day" of the current time zone) since a moment: oldest first,
    those without anything as well. One query."""
    found = _periods([project.pk], since)
    return {unit: filled(found.get((project.pk, unit), []), unit) for unit in since}


def days_by_project(projects: Sequence[int], since: datetime) -> dict[int, list[Period]]:
    """Days of several projects, by their keys; those in which nothing happened since then are left out."""
    return {key: filled(some, "day") for (key, _unit), some in _periods(projects, {"day": since}).items()}


def _periods(projects: Sequence[int], since: Mapping[str, datetime]) -> dict[tuple[int, str], list[Period]]:
    terms = {"projects": list(projects), "units": list(since), "since": list(since.values())}
    found: dict[tuple[int, str], list[Period]] = defaultdict(list)
    for whose, one in ask_rows(PERIODS, terms | {"zone": timezone.get_current_timezone_name()}, Whose, Period):
        found[whose.project, whose.unit].append(one)
    return found


def filled(found: Sequence[Period], unit: str) -> list[Period]:
    """Without gaps, up to now."""
    if not found:
        return []
    by_time = {timezone.localtime(one.at): one for one in found}
    now, whole = timezone.localtime(), []
    at = min(by_time)
    while at <= now:
        whole.append(by_time.get(at, Period(at))._replace(at=at))
        at = at + timedelta(hours=1) if unit == "hour" else timezone.make_aware(_next_midnight(at))
    return whole


def _next_midnight(at: datetime) -> datetime:
    return datetime.combine(at.date() + timedelta(days=1), datetime.min.time())


def by_week(days: Sequence[Period]) -> list[Period]:
    """Days put together by the weeks that begin on Mondays."""
    weeks: dict[date, list[Period]] = {}
    for one in days:
        weeks.setdefault(one.at.date() - timedelta(days=one.at.weekday()), []).append(one)
    return [together(some) for some in weeks.values()]


def together(some: Sequence[Period]) -> Period:
    """The sum of periods, at the begin of the first."""
    if not some:
        return Period(LONG_AGO)
    columns = zip(*(one[1:] for one in some), strict=True)
    return Period(some[0].at, *(sum(column) for column in columns))


def ahead(
    key: int, settings: ProjectSettings, stands: Stands, days: Sequence[Period], paths: int = forecast.PATHS
) -> Ahead | None:
    """The forecast; None where nothing is left, or the past is too short to tell."""
    left = left_of(settings, stands)
    now = timezone.localtime()
    past = [one.judgements for one in days if one.at.date() < now.date()][-HISTORY:]
    dice = np.random.default_rng([key, now.date().toordinal()])
    found = forecast.outlook(past, left, now.weekday(), dice, paths=paths) if left else None
    if found is None:
        return None

    def moment(days_from_now: float | None) -> datetime | None:
        return None if days_from_now is None else now + timedelta(days=days_from_now)

    chance = None
    if stands.deadline is not None:
        # A simulation is never quite sure.
        chance = min(0.99, max(0.01, found.chance_within((stands.deadline - now) / timedelta(days=1))))
    return Ahead(left, moment(found.days), moment(found.low), moment(found.high), stands.deadline, chance)


def left_of(settings: ProjectSettings, stands: Stands) -> int:
    """Judgements that live batches still need: those wanted, and where overlap grows, as many as decided tasks had."""
    needed = stands.live_wanted
    if settings.most and stands.decided:
        needed = max(needed, round(stands.live_tasks * stands.spent / stands.decided))
    return max(0, needed - stands.live_submitted)


def _money(project: Project, settings: ProjectSettings, stands: Stands, whole: Period) -> Money:
    days = earning_days.by_day(project.organization, project.public_id)
    total = int(sum(days.values()))
    known = budget_of(settings, stands, total)
    budget = spending.of(project.pk, known, days) if known else None
    varies = bool(settings.unit_rate or settings.hourly_rate)
    example = pay_example.of(project) if varies else None
    all_wanted = planned(settings, stands, total, example.average if example else 0)
    correct = _correct(whole, stands.decided)
    missing_audits = max(0, MIN_AUDITS - whole.audited)
    at_least = varies and example is None
    return Money(total, days, all_wanted, correct, stands.decided, missing_audits, budget, at_least=at_least)


def _correct(whole: Period, decided: int) -> Share:
    """The share of decided tasks that are decided correctly: all of the reviewers', and of the others the share that
    audits confirm. A verdict's own confidence is an expectation, and answers that agree may be wrong together, so
    neither is evidence."""
    if whole.audited < MIN_AUDITS or not decided:
        return Share(None, None, None, whole.audited)
    confirmed = share(whole.confirmed * MILLION, whole.audited, whole.audited)
    reviewed = min(1.0, whole.by_reviewers / decided)

    def with_reviewed(end: float | None) -> float | None:
        return None if end is None else reviewed + (1 - reviewed) * end

    value, low, high = map(with_reviewed, confirmed[:3])
    return Share(value, low, high, whole.audited)


def planned(settings: ProjectSettings, stands: Stands, earned: int, lately: int = 0) -> int:
    """What all judgements that are wanted earn, where all are accepted, after so much was earned. What each earns is no
    less than what they earned `lately` on average under the terms of now, where units or time are paid."""
    each = max(lately, _each(settings, stands, earned))
    return earned + max(0, stands.wanted - stands.settled) * each


def _each(settings: ProjectSettings, stands: Stands, earned: int) -> int:
    return spending_limit.each(settings.rate, earned - stands.bonuses, stands.settled)


def budget_of(settings: ProjectSettings, stands: Stands, earned: int) -> Budget | None:
    """What it has spent of what it may, as spending_limit.py reckons; None where it may spend as much as it takes."""
    if not stands.allowed:
        return None
    each = spending_limit.each(raised_rate.highest(settings), earned - stands.bonuses, stands.settled)
    promised = max(0, stands.submitted - stands.settled) * each
    return Budget(stands.allowed, earned, promised, max(earned + promised, planned(settings, stands, earned)))
