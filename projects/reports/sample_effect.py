"""What settings come to on a sample of real answers: those of people to the tasks that were decided last."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean, median
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from projects.configuration.terms import AGREEMENT
from projects.inference import deadline
from projects.inference.deadline import TooLong
from projects.models import PooledGold, Project, ProjectSettings
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask
from taskers.money.ledger import about
from taskers.standing.grades import estimate

TASKS = 40  # the newest decided ones, whose answers are looked into
LEAST = 5  # fewer answers tell nothing
LONGEST = 0.3  # seconds for comparing answers; what takes longer isn't told
TIMED = 500  # milliseconds: what took less was not worked at here
STORED = 256 * 1024  # bytes of all as the database stores them: in memory they are some fifty times that

# The newest first, while there is room for them.
ANSWERS = f"""
WITH given AS (
  SELECT a.task_id, a.assignment_id, a.id, a.answer, t.payload, a.active_ms, s.copilot,
    sum(pg_column_size(a.answer) + pg_column_size(t.payload)) OVER (ORDER BY lately.id DESC, a.id) AS stored
  FROM (
    SELECT e.id, e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
    ORDER BY e.id DESC LIMIT {TASKS}
  ) lately JOIN projects_verdict v ON v.id = lately.verdict_id AND v.superseded_at IS NULL
  CROSS JOIN LATERAL jsonb_object_keys(v.agreements) k
  JOIN projects_annotation a ON a.id = k::bigint AND a.superseded_at IS NULL JOIN projects_task t ON t.id = a.task_id
  JOIN projects_assignment s ON s.id = a.assignment_id JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
)
SELECT g.task_id, g.answer::text, g.payload::text, g.active_ms, g.copilot, EXISTS (
  SELECT FROM projects_annotation o WHERE o.assignment_id = g.assignment_id AND o.id < g.id) AS corrected
FROM given g WHERE g.stored <= %(stored)s::bigint ORDER BY g.stored
"""
# Of whom answers were decided lately: what they are shown of their standing.
PEOPLE = f"""
SELECT count(*), coalesce(max(st.shown_good), 0)::float, coalesce(max(st.shown_poor), 0)::float FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {TASKS}
) lately JOIN projects_verdict v ON v.id = lately.verdict_id AND v.superseded_at IS NULL
CROSS JOIN LATERAL jsonb_object_keys(v.agreements) k JOIN projects_annotation a ON a.id = k::bigint
JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
LEFT JOIN taskers_standing st ON st.tasker_id = a.tasker_id AND st.project_key = %(key)s::uuid
GROUP BY a.tasker_id
"""


class Given(NamedTuple):
    """One answer of a person."""

    task: int
    answer: dict[str, Any]
    payload: dict[str, Any]
    active_ms: int
    copilot: bool | None
    corrected: bool


@dataclass(frozen=True)
class Sample:
    """Answers to the tasks that were decided last; how much of each person's work these are, with what they are shown
    of their standing (good, poor); and how many known answers are in stock."""

    task_type: str
    answers: list[Given]
    people: list[tuple[int, float, float]] = field(default_factory=list)
    gold: int = 0

    @property
    def pairs(self) -> Iterator[tuple[dict, dict]]:
        """Each two answers to one task."""
        by_task: dict[int, list[dict]] = defaultdict(list)
        for one in self.answers:
            by_task[one.task].append(one.answer)
        for some in by_task.values():
            yield from combinations(some, 2)


def sample(project: Project, settings: ProjectSettings) -> Sample:
    """At most three queries, however large the project."""
    asked = {"project": project.pk, "key": project.public_id}
    rows = ask(ANSWERS, {"project": project.pk, "stored": STORED})
    stock = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.CONTROL, retired_at=None)
    return Sample(
        project.task_type,
        [Given(row[0], json.loads(row[1]), json.loads(row[2]), *row[3:]) for row in rows],
        [(row[0], row[1], row[2]) for row in ask(PEOPLE, asked)] if settings.raise_percent else [],
        stock.count(),
    )


def of(found: Sample, settings: ProjectSettings, thresholds: Mapping[str, Any], currency: str) -> dict[str, str]:
    """A sentence by the name of the setting, in the reader's language; none where too little is known."""
    if len(found.answers) < LEAST:
        return {}
    terms = Said(settings, thresholds, currency)
    return {name: one for name, tell in TOLD.items() if (one := tell(found, terms))}


class Said(NamedTuple):
    """The settings whose effect is told, saved or not."""

    settings: ProjectSettings
    thresholds: Mapping[str, Any]
    currency: str

    def money(self, amount: float) -> str:
        """Millionths in words, to the cent."""
        return about(amount, self.currency)


def _unit_rate(found: Sample, terms: Said) -> str:
    rate, room = terms.settings.unit_rate, TASK_TYPES[found.task_type]
    units = [room.units(one.answer, one.payload) for one in found.answers]
    if not rate or not any(units):
        return ""
    words = {"answers": len(units), "units": number_format(fmean(units), 1)}
    return _(
        "The last %(answers)s answers of people have %(units)s each: that adds %(middle)s to the middle one, and"
        " %(all)s to all."
    ) % (words | {"middle": terms.money(rate * median(units)), "all": terms.money(rate * sum(units))})


def _raise_percent(found: Sample, terms: Said) -> str:
    percent, rate = terms.settings.raise_percent, terms.settings.rate
    if not percent or not found.people:
        return ""
    theirs = [number for number, good, poor in found.people if _accurate(good, poor, terms)]
    words = {
        "percent": percent,
        "people": len(found.people),
        "number": len(theirs),
        "answers": sum(theirs),
        "more": terms.money(sum(theirs) * (rate * percent // 100)),
    }
    return (
        _(
            "With %(percent)s %%, %(number)s of the %(people)s people whose answers were decided lately would earn it:"
            " %(more)s more for %(answers)s answers."
        )
        % words
    )


def _raise_from(found: Sample, terms: Said) -> str:
    if not terms.settings.raise_percent or not found.people:
        return ""
    lows = sorted(estimate(good, poor).low for _number, good, poor in found.people)
    words = {"least": round(100 * lows[0]), "middle": round(100 * median(lows)), "most": round(100 * lows[-1])}
    said = _("The intervals of these people begin between %(least)s and %(most)s %%, half of them below %(middle)s.")
    return said % words


def _accurate(good: float, poor: float, terms: Said) -> bool:
    return estimate(good, poor).low >= terms.settings.raise_from


def _copilot(found: Sample, terms: Said) -> str:
    times: dict[bool, list[float]] = {True: [], False: []}
    for one in found.answers:
        if one.active_ms > TIMED:
            times[bool(one.copilot)].append(one.active_ms / 1000)
    if min(map(len, times.values())) < LEAST:
        return ""
    words = {"helped": len(times[True]), "alone": len(times[False])}
    seconds = {"fast": number_format(median(times[True]), 0), "slow": number_format(median(times[False]), 0)}
    return _(
        "Of the last answers of people %(helped)s were given with it, half of them within %(fast)s seconds, and"
        " %(alone)s without, half within %(slow)s."
    ) % (words | seconds)


def _empty_usual(found: Sample, terms: Said) -> str:
    room = TASK_TYPES[found.task_type]
    words = {"answers": len(found.answers), "number": sum(room.is_empty(one.answer) for one in found.answers)}
    if terms.settings.empty_usual:
        said = _("%(number)s of the last %(answers)s answers have no mark: nobody is asked about such.")
    else:
        said = _("%(number)s of the last %(answers)s answers have no mark: so often the studio asks before.")
    return said % words


def _alike(found: Sample, terms: Said) -> str:
    room, line = TASK_TYPES[found.task_type], float(terms.thresholds.get("agreement", AGREEMENT))
    try:
        with deadline.within(LONGEST):
            alike = [room.agreement(one, other, terms.thresholds) for one, other in found.pairs]
    except TooLong:
        return ""
    if len(alike) < LEAST:
        return ""
    words = {"pairs": len(alike), "mean": round(100 * fmean(alike)), "number": sum(one >= line for one in alike)}
    return (
        _(
            "So compared, the last %(pairs)s pairs of answers to one task are %(mean)s %% alike on average; %(number)s"
            " of them enough to decide."
        )
        % words
    )


def _grid(found: Sample, terms: Said) -> str:
    tasks, grid = len({one.task for one in found.answers}), terms.settings.grid
    if grid < 2:
        return ""
    return _("The last %(tasks)s tasks would have been %(screens)s screens.") % {
        "tasks": tasks,
        "screens": -(-tasks // grid),
    }


def _file_order(found: Sample, terms: Said) -> str:
    if not found.gold:
        return _("No known answer is in stock.")
    if terms.settings.file_order:
        return _("None of the %(gold)s known answers in stock is dealt.") % {"gold": found.gold}
    return _("Of the %(gold)s known answers in stock any may be dealt.") % {"gold": found.gold}


def _correction_minutes(found: Sample, terms: Said) -> str:
    minutes = terms.settings.correction_minutes
    if not minutes:
        return ""
    words = {"minutes": minutes, "answers": len(found.answers), "number": sum(one.corrected for one in found.answers)}
    return (
        _(
            "%(number)s of the last %(answers)s answers were corrected. A task is decided %(minutes)s minutes after its"
            " last answer at the earliest."
        )
        % words
    )


TOLD: Mapping[str, Callable[[Sample, Said], str]] = {
    "unit_rate": _unit_rate,
    "raise_percent": _raise_percent,
    "raise_from": _raise_from,
    "copilot": _copilot,
    "empty_usual": _empty_usual,
    "iou": _alike,
    "span_match": _alike,
    "grid": _grid,
    "file_order": _file_order,
    "correction_minutes": _correction_minutes,
}
