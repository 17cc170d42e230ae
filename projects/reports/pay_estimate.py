"""What an hour of work is likely to earn in a project, said before anybody starts. Reads only, one statement."""

from collections.abc import Iterable
from typing import NamedTuple

from projects.models import Project, ProjectSettings
from taskers.database.prepared import ask_rows
from taskers.models import Person

DAYS = 30  # that everybody's pace is taken from
NEWEST = 200  # pieces of one's own work that are looked at
ENOUGH = 20  # of them in a project, and one's own pace is told
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


def of(person: Person, paid: Iterable[tuple[Project, ProjectSettings]]) -> dict[int, Hourly]:
    """By the key of the project, for those that pay by the task or hour and where a pace is known; what units add isn't
    known before."""
    terms = {project.pk: settings for project, settings in paid if settings.rate or settings.hourly_rate}
    if not terms:
        return {}
    rows = ask_rows(PACES, {"person": person.pk, "projects": list(terms)}, Pace)
    told = {row.project: _hourly(row, terms[row.project]) for row in rows}
    return {key: one for key, one in told.items() if one is not None}


def _hourly(row: Pace, terms: ProjectSettings) -> Hourly | None:
    own = row.own >= ENOUGH
    seconds = row.own_seconds if own else row.seconds if (row.timed or 0) >= LEAST else None
    if not seconds:
        return None
    by_time = terms.hourly_rate * min(1.0, terms.paid_seconds / seconds)
    return Hourly(_rounded(terms.rate * 3600 / seconds + by_time), seconds, own)


def _rounded(amount: float) -> int:
    """To ten cents: it is no more exact than that."""
    return int(round(amount / 100_000)) * 100_000
