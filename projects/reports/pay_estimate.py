"""What an hour of work is likely to earn in a project, said before anybody starts. Reads only, one statement."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from projects.models import Annotation, Project, ProjectSettings
from projects.quality.pay import amount, units_of
from taskers.database.prepared import ask, ask_rows
from taskers.models import Person

DAYS = 30  # that everybody's pace is taken from
NEWEST = 200  # pieces of one's own work that are looked at
ENOUGH = 20  # of them in a project, and one's own pace is told
LOOKED_AT = 2000  # of everybody's newest answers, for the units that work has
OF_EACH = 20  # of them, of one project
TASKS = 200  # the newest of a project that has none among those: of these its answers are taken
LEAST = 10  # judgements of everybody before their pace is told

PACES = f"""
SELECT p.id AS project, coalesce(o.number, 0) AS own, o.seconds AS own_seconds, e.timed, e.seconds
FROM unnest(%(projects)s::bigint[]) AS p(id)
LEFT JOIN LATERAL (
  SELECT sum(h.timed)::bigint AS timed, sum(h.timed_ms)::float / nullif(sum(h.timed), 0) / 1000 AS seconds
  FROM projects_batch b JOIN projects_batchhour h ON h.batch_id = b.id
    AND h.hour > now() - interval '{DAYS} days'
  WHERE b.project_id = p.id
) e ON true
LEFT JOIN (
  SELECT b.project_id, count(*) AS number, avg(n.active_ms)::float / 1000 AS seconds FROM (
    SELECT n.assignment_id, n.active_ms FROM projects_annotation n
    WHERE n.tasker_id = %(person)s::bigint AND n.superseded_at IS NULL ORDER BY n.id DESC LIMIT {NEWEST}
  ) n JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' NOT IN ('review', 'training')
  JOIN projects_batch b ON b.id = a.batch_id
  WHERE n.active_ms > 500 GROUP BY 1
) o ON o.project_id = p.id
"""
# The newest answers of each of these projects, as far as they are among the newest of all: so many rows are looked at.
# Of a quiet project beside a busy one none is; of that one those of its newest tasks.
LATELY = f"""
WITH lately AS MATERIALIZED (
  SELECT id, project_id FROM (
    SELECT n.id, b.project_id, row_number() OVER (PARTITION BY b.project_id ORDER BY n.id DESC) AS place FROM (
      SELECT id, assignment_id FROM projects_annotation WHERE superseded_at IS NULL
      ORDER BY id DESC LIMIT %(looked_at)s::int
    ) n JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' NOT IN ('review', 'training')
    JOIN projects_batch b ON b.id = a.batch_id AND b.project_id = ANY(%(projects)s::bigint[])
  ) m WHERE place <= {OF_EACH}
)
SELECT id FROM lately
UNION ALL
SELECT own.id FROM unnest(%(projects)s::bigint[]) AS p(id) CROSS JOIN LATERAL (
  SELECT n.id FROM (
    SELECT id FROM projects_task WHERE project_id = p.id ORDER BY id DESC LIMIT {TASKS}
  ) t JOIN projects_annotation n ON n.task_id = t.id AND n.superseded_at IS NULL
  JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind || '' NOT IN ('review', 'training')
  ORDER BY n.id DESC LIMIT {OF_EACH}
) own WHERE NOT EXISTS (SELECT FROM lately WHERE lately.project_id = p.id)
"""


class Pace(NamedTuple):
    """How long a piece of work takes in a project: oneself, and everybody."""

    project: int
    own: int
    own_seconds: float | None
    timed: int | None
    seconds: float | None


class Hourly(NamedTuple):
    """Millionths for an hour of active work where all is accepted, at so many seconds each; one's `own`, or others'."""

    amount: int
    seconds: float
    own: bool


def of(person: Person, paid: Iterable[tuple[Project, ProjectSettings, int]]) -> dict[int, Hourly]:
    """By the key of the project, for those where a pace is known, and how many units the newest work there has where
    those are paid; with each project the rate that this person is promised there."""
    terms = {one.pk: (said, rate) for one, said, rate in paid if rate or said.hourly_rate or said.unit_rate}
    if not terms:
        return {}
    rows = ask_rows(PACES, {"person": person.pk, "projects": list(terms)}, Pace)
    units = _units([key for key, (settings, _rate) in terms.items() if settings.unit_rate])
    told = {row.project: _hourly(row, *terms[row.project], units.get(row.project)) for row in rows}
    return {key: one for key, one in told.items() if one is not None}


def _units(projects: Sequence[int]) -> dict[int, float]:
    """How many units a piece of work has on average lately, by project; those without such work are left out."""
    if not projects:
        return {}
    keys = [key for (key,) in ask(LATELY, {"projects": list(projects), "looked_at": LOOKED_AT})]
    found: dict[int, list[int]] = {}
    for one in Annotation.objects.filter(pk__in=keys).select_related("task__project"):
        found.setdefault(one.task.project_id, []).append(units_of(one.answer, one.task))
    return {key: fmean(numbers) for key, numbers in found.items()}


def _hourly(row: Pace, terms: ProjectSettings, rate: int, units: float | None) -> Hourly | None:
    own = row.own >= ENOUGH
    seconds = row.own_seconds if own else row.seconds if (row.timed or 0) >= LEAST else None
    if not seconds or terms.unit_rate and units is None:
        return None
    each = amount(terms, rate, units or 0.0, seconds * 1000)
    return Hourly(_rounded(each * 3600 / seconds), seconds, own)


def _rounded(amount: float) -> int:
    """To ten cents: it is no more exact than that."""
    return int(round(amount / 100_000)) * 100_000
