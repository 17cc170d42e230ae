"""One person at work: how good, how fast, with whom they agree, what they earned, what they may do. Reads only.

Two statements, of their newest work alone: as quick for who has done a million tasks as for who has done ten.
Managers see it for the projects they manage; a tasker sees their own, where every grade counts alike and none of the
last minutes is told, so that nothing says which was gold.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from django.utils import timezone

from projects.inference import change_point
from projects.models import Project
from projects.reports.shares import MILLION, Share, share
from taskers.database.prepared import ask
from taskers.models import Person
from taskers.standing import grades

NEWEST_GRADES = 200  # of each project
NEWEST_WORK = 300  # pieces of work
MOST_PROJECTS = 40
MOST_FAILURES = 20
DAYS = 28
POOR = 0.5  # an answer to gold below it failed
BREAK = timedelta(minutes=30)  # longer without anything handed in, and another session begins
PARTNERS = 12
CENT = 10_000  # millionths

EVIDENCE = """
SELECT
  (SELECT coalesce(json_agg(json_build_array(s.project_key, s.good, s.poor, s.shown_good, s.shown_poor)), '[]')
   FROM taskers_standing s
   WHERE s.tasker_id = %(person)s::bigint AND s.project_key = ANY(%(keys)s::uuid[]))::text AS standings,
  (SELECT coalesce(json_agg(json_build_array(g.project_key, g.subject, g.source, g.value, g.at, g.detail)
     ORDER BY g.id), '[]')
   FROM unnest(%(keys)s::uuid[]) AS p(key) CROSS JOIN LATERAL (
     SELECT * FROM taskers_grade g WHERE g.tasker_id = %(person)s::bigint AND g.project_key = p.key
       AND g.at < %(before)s::timestamptz
     ORDER BY g.id DESC LIMIT %(grades)s::int
   ) g)::text AS grades,
  (SELECT coalesce(json_agg(json_build_array(p.public_id, l.key, l.name)), '[]')
   FROM projects_label l JOIN projects_project p ON p.id = l.project_id
   WHERE l.project_id = ANY(%(projects)s::bigint[]))::text AS labels,
  (SELECT coalesce(json_agg(json_build_array(p.public_id, x.pair, w.name, w.public_id)), '[]')
   FROM projects_agreementreport r JOIN projects_project p ON p.id = r.project_id
   CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(r.numbers->'pairs')
     WHEN 'array' THEN r.numbers->'pairs' ELSE '[]' END) AS x(pair)
   JOIN taskers_person w ON w.id = (x.pair->'people'->>(
     CASE WHEN (x.pair->'people'->>0)::bigint = %(person)s::bigint THEN 1 ELSE 0 END))::bigint
   WHERE r.project_id = ANY(%(projects)s::bigint[])
     AND x.pair->'people' @> to_jsonb(%(person)s::bigint))::text AS pairs
"""
LIFE = """
SELECT
  (SELECT coalesce(json_agg(json_build_array(p.public_id, n.at, n.active_ms, n.helped) ORDER BY n.at), '[]') FROM (
     SELECT n.at, n.active_ms, a.copilot AS helped, b.project_id FROM projects_annotation n
     JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' <> 'review'
     JOIN projects_batch b ON b.id = a.batch_id
     WHERE n.tasker_id = %(person)s::bigint AND n.superseded_at IS NULL
     ORDER BY n.id DESC LIMIT %(work)s::int
   ) n JOIN projects_project p ON p.id = n.project_id AND p.id = ANY(%(projects)s::bigint[]))::text AS work,
  (SELECT coalesce(json_agg(json_build_array(x.key, x.timed, x.timed_ms)), '[]') FROM (
     SELECT p.public_id AS key, sum(h.timed) AS timed, sum(h.timed_ms) AS timed_ms
     FROM projects_project p JOIN projects_batch b ON b.project_id = p.id
     JOIN projects_batchhour h ON h.batch_id = b.id AND h.hour > now() - make_interval(days => %(days)s::int)
     WHERE p.id = ANY(%(projects)s::bigint[]) GROUP BY 1
   ) x)::text AS paces,
  (SELECT coalesce(json_agg(json_build_array(e.project_key, e.day, e.amount)), '[]') FROM taskers_earningday e
   WHERE e.tasker_id = %(person)s::bigint AND e.day > %(since)s::date AND e.day <= %(upto)s::date
     AND e.project_key = ANY(%(keys)s::uuid[]))::text AS earned,
  (SELECT coalesce(json_agg(json_build_array(p.public_id, d.day, d.judgements)), '[]') FROM projects_daytally d
   JOIN projects_project p ON p.id = d.project_id
   WHERE d.tasker_id = %(person)s::bigint AND d.day > %(since)s::date
     AND d.project_id = ANY(%(projects)s::bigint[]))::text AS days,
  (SELECT coalesce(json_agg(json_build_array(s.name, q.value, q.expires_at, q.note) ORDER BY s.name), '[]')
   FROM taskers_qualification q JOIN taskers_skill s ON s.id = q.skill_id
   WHERE q.person_id = %(person)s::bigint AND s.organization_id = %(organization)s::bigint)::text AS skills,
  (SELECT coalesce(json_agg(json_build_array(x.public_id, p.name, x.kind, x.reason, x.until) ORDER BY x.id), '[]')
   FROM projects_exclusion x LEFT JOIN projects_project p ON p.id = x.project_id
   WHERE x.tasker_id = %(person)s::bigint AND x.organization_id = %(organization)s::bigint AND x.lifted_at IS NULL
     AND (x.until IS NULL OR x.until > now())
     AND (x.project_id = ANY(%(projects)s::bigint[]) OR x.project_id IS NULL AND %(whole)s::boolean)
  )::text AS exclusions
"""


@dataclass(frozen=True)
class Graded:
    """The newest grade of one piece of work."""

    value: float
    at: datetime
    source: str
    task: str  # its public id
    labels: dict[str, float]


@dataclass(frozen=True)
class OnLabel:
    """How good the newest work is where one label is concerned."""

    name: str
    share: Share


@dataclass(frozen=True)
class Week:
    """How good the work of one week was, by when it was judged."""

    begin: date
    share: Share


@dataclass(frozen=True)
class Change:
    """Since when somebody's work is better or worse, and how much."""

    at: datetime
    before: float
    after: float


@dataclass(frozen=True)
class Partner:
    """Somebody who did the same tasks, and how far they agree."""

    name: str
    public_id: str
    tasks: int
    agreement: float


@dataclass
class InProject:
    """One person in one project."""

    project: Project
    estimate: grades.Estimate
    grades: Sequence[Graded] = ()
    labels: Sequence[OnLabel] = ()
    weeks: Sequence[Week] = ()
    change: Change | None = None
    partners: Sequence[Partner] = ()
    seconds: float | None = None  # of a piece of work, the median of the newest
    pace: float | None = None  # of everybody's there lately, the mean
    judgements: int = 0  # lately
    earned: int = 0  # millionths, lately
    failures: Sequence[Graded] = ()  # gold answered wrongly, the newest first; of managers' pages alone

    @property
    def quickness(self) -> float | None:
        """How many times as long as the others they take."""
        return self.seconds / self.pace if self.seconds and self.pace else None

    @property
    def hourly(self) -> int | None:
        """Millionths for an hour of active work, by what a piece of work took and earned lately, in whole cents."""
        if not (self.seconds and self.judgements and self.earned > 0):
            return None
        return round(self.earned / self.judgements * 3600 / self.seconds / CENT) * CENT


@dataclass(frozen=True)
class Session:
    """Some time at work without a long break."""

    begin: datetime
    end: datetime
    pieces: int
    active: timedelta

    @property
    def minutes(self) -> int:
        """Active ones."""
        return round(self.active / timedelta(minutes=1))


@dataclass(frozen=True)
class SkillHeld:
    """A skill that somebody has."""

    name: str
    value: float
    expires_at: datetime | None
    note: str


@dataclass(frozen=True)
class KeptOut:
    """An exclusion in force; of all projects where it names none."""

    public_id: str
    project: str
    kind: str
    reason: str
    until: datetime | None


@dataclass(frozen=True)
class Report:
    """All that is told of a person."""

    projects: Sequence[InProject]
    sessions: Sequence[Session]
    skills: Sequence[SkillHeld] = ()
    exclusions: Sequence[KeptOut] = ()
    days: Sequence[tuple[date, int]] = field(default_factory=list)  # judgements handed in, day by day

    @property
    def earned(self) -> int:
        """In all these projects lately, in millionths."""
        return sum(one.earned for one in self.projects)

    @property
    def judgements(self) -> int:
        """The same of judgements."""
        return sum(one.judgements for one in self.projects)

    @property
    def hourly(self) -> int | None:
        """Millionths for an hour of active work, over the projects in which that is known."""
        known = [one for one in self.projects if one.hourly is not None]
        seconds = sum(one.judgements * (one.seconds or 0) for one in known)
        return round(sum(one.earned for one in known) * 3600 / seconds / CENT) * CENT if seconds else None


def for_managers(person: Person, organization_key: int, projects: Iterable[Project], *, whole: bool) -> Report:
    """What managers of these projects see; `whole`: they manage all of the organization."""
    found = list(projects)[:MOST_PROJECTS]
    tomorrow = timezone.now() + timedelta(days=1)
    rows = _asked(person, organization_key, found, before=tomorrow, upto=tomorrow.date(), whole=whole)
    return _report(found, rows, shown=False)


def for_themselves(person: Person, organization_key: int, projects: Iterable[Project], *, before: datetime) -> Report:
    """What a tasker sees of their own: what was judged before that moment, and earned on the days before it."""
    found = list(projects)[:MOST_PROJECTS]
    upto = min(before, timezone.now()).date() - timedelta(days=1)
    rows = _asked(person, organization_key, found, before=min(before, FAR), upto=upto, whole=True)
    return _report(found, rows, shown=True)


FAR = datetime(9999, 1, 1, tzinfo=timezone.get_fixed_timezone(0))  # the latest that PostgreSQL and Python both know


def _asked(
    person: Person, organization: int, projects: Sequence[Project], *, before: datetime, upto: date, whole: bool
) -> dict[str, list]:
    terms = {
        "person": person.pk,
        "organization": organization,
        "projects": [one.pk for one in projects],
        "keys": [one.public_id for one in projects],
        "before": before,
        "upto": upto,
        "since": timezone.now().date() - timedelta(days=DAYS),
        "days": DAYS,
        "grades": NEWEST_GRADES,
        "work": NEWEST_WORK,
        "whole": whole,
    }
    names = ("standings", "grades", "labels", "pairs", "work", "paces", "earned", "days", "skills", "exclusions")
    told = (*ask(EVIDENCE, terms)[0], *ask(LIFE, terms)[0])
    return {name: json.loads(text) for name, text in zip(names, told, strict=True)}


def _report(projects: Sequence[Project], rows: dict[str, list], *, shown: bool) -> Report:
    by_project = {name: _grouped(rows[name]) for name in ("grades", "labels", "pairs", "work", "days", "earned")}
    standings = {key: sums for key, *sums in rows["standings"]}
    paces = {key: timed_ms / timed / 1000 for key, timed, timed_ms in rows["paces"] if timed}
    found = []
    for project in projects:
        key = str(project.public_id)
        mine = {name: by_project[name].get(key, []) for name in by_project}
        if not any(mine[name] for name in ("grades", "work", "days", "earned")):
            continue
        sums = standings.get(key, [0, 0, 0, 0])
        good, poor = sums[2:] if shown else sums[:2]
        found.append(_in_project(project, grades.estimate(good, poor), mine, paces.get(key), shown))
    return Report(
        sorted(found, key=lambda one: (-one.judgements, one.project.name)),
        sessions(rows["work"]),
        [SkillHeld(name, value, _moment(until), note) for name, value, until, note in rows["skills"]],
        [KeptOut(pk, name or "", kind, reason, _moment(until)) for pk, name, kind, reason, until in rows["exclusions"]],
        _days(rows["days"]),
    )


def _grouped(rows: Iterable[Sequence]) -> dict[str, list]:
    groups: dict[str, list] = defaultdict(list)
    for key, *rest in rows:
        groups[key].append(rest)
    return groups


def _in_project(
    project: Project, estimate: grades.Estimate, mine: dict[str, list], pace: float | None, shown: bool
) -> InProject:
    graded = _newest(mine["grades"])
    names = dict(mine["labels"])
    times = [active / 1000 for _at, active, _helped in mine["work"] if active]
    failed = [one for one in reversed(graded) if one.source == "gold" and one.value < POOR][:MOST_FAILURES]
    return InProject(
        project,
        estimate,
        graded,
        _labels(graded, names),
        _weeks(graded),
        _change(graded, project.pk),
        _partners(mine["pairs"]),
        median(times) if times else None,
        pace,
        sum(number for _day, number in mine["days"]),
        sum(amount for _day, amount in mine["earned"]),
        () if shown else failed,
    )


def _newest(rows: Iterable[Sequence[Any]]) -> list[Graded]:
    """One for each piece of work, in the order in which they were judged."""
    by_subject: dict[str, Graded] = {}
    for subject, source, value, at, detail in rows:
        by_subject.pop(subject, None)
        labels = detail.get("labels") or {}
        by_subject[subject] = Graded(value, datetime.fromisoformat(at), source, detail.get("task", ""), labels)
    return list(by_subject.values())


def _share(values: Sequence[float]) -> Share:
    return share(round(sum(values) * MILLION), len(values), len(values))


def _labels(graded: Sequence[Graded], names: dict[str, str]) -> list[OnLabel]:
    """The weakest first."""
    values: dict[str, list[float]] = defaultdict(list)
    for one in graded:
        for key, value in one.labels.items():
            values[key].append(value)
    found = [OnLabel(names.get(key, key), _share(some)) for key, some in values.items()]
    return sorted(found, key=lambda one: (one.share.value or 0, one.name))


def _weeks(graded: Sequence[Graded]) -> list[Week]:
    weeks: dict[date, list[float]] = defaultdict(list)
    for one in graded:
        day = timezone.localtime(one.at).date()
        weeks[day - timedelta(days=day.weekday())].append(one.value)
    return [Week(begin, _share(weeks[begin])) for begin in sorted(weeks)]


def _change(graded: Sequence[Graded], key: int) -> Change | None:
    found = change_point.change([one.value for one in graded], np.random.default_rng([key, len(graded)]))
    return Change(graded[found.place].at, found.before, found.after) if found else None


def _partners(rows: Iterable[Sequence[Any]]) -> list[Partner]:
    found = [Partner(name, public_id, pair["tasks"], pair["agreement"]) for pair, name, public_id in rows]
    return sorted(found, key=lambda one: -one.tasks)[:PARTNERS]


def sessions(work: Iterable[Sequence[Any]]) -> list[Session]:
    """The newest work put together into sessions, the newest first. `work`: project, moment, active milliseconds..."""
    pieces = [(datetime.fromisoformat(at), timedelta(milliseconds=active)) for _key, at, active, *_ in work]
    if not pieces:
        return []
    starts = [0, *(place for place, (one, two) in enumerate(pairwise(pieces), 1) if two[0] - two[1] - one[0] > BREAK)]
    ends = [*starts[1:], len(pieces)]
    return [_session(pieces[start:end]) for start, end in zip(starts, ends, strict=True)][::-1]


def _session(pieces: Sequence[tuple[datetime, timedelta]]) -> Session:
    first, took = pieces[0]
    return Session(first - took, pieces[-1][0], len(pieces), sum((active for _at, active in pieces), timedelta()))


def _days(rows: Iterable[Sequence[Any]]) -> list[tuple[date, int]]:
    days: dict[date, int] = defaultdict(int)
    for _key, day, number in rows:
        days[date.fromisoformat(day)] += number
    if not days:
        return []
    today = max(timezone.localdate(), *days)
    return [(day, days[day]) for day in (today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
