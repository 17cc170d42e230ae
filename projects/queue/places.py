"""Where somebody may work next: read from small tables, in one statement, before any walk.

A place is one slot of one live batch, with how far this tasker has walked through it. Places come in the order in which
work is wanted: priority of project and batch together, raised by one for every AGING seconds without being served; then
the earliest deadline that can still be met, then deadlines that can't, then no deadline; then better pay; then age.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from projects.eligibility import Reason, local_day
from projects.models import Project
from projects.queue.statements import ask
from taskers.models import Person

AGING = 600.0  # seconds without being served that weigh as much as one step of priority
MOST_BATCHES = 60  # with something open, looked at in one claim; those further down wait for these

CHOOSE = """
WITH live AS (
  SELECT p.id AS project_id, b.id, b.deadline, p.priority + b.priority AS priority, s.rate,
    coalesce(pace.served_at, b.created_at) AS served_at,
    (g.wanted - g.submitted) / nullif(sum(pace.hourly) OVER (PARTITION BY p.id), 0) AS hours
  FROM projects_project p
  JOIN projects_batch b ON b.project_id = p.id AND b.state = 'live'
  JOIN LATERAL (
    SELECT rate FROM projects_projectsettings WHERE project_id = p.id ORDER BY version DESC LIMIT 1
  ) s ON true
  LEFT JOIN projects_batchpace pace ON pace.batch_id = b.id
  LEFT JOIN projects_batchprogress g ON g.batch_id = b.id
  WHERE p.id = ANY(%(projects)s::bigint[]) AND p.state = 'live'
), ranked AS MATERIALIZED (
  SELECT project_id, id, row_number() OVER (
    ORDER BY priority + floor(extract(epoch FROM clock_timestamp() - served_at) / %(aging)s::float) DESC,
      CASE WHEN deadline > clock_timestamp() + make_interval(hours => least(coalesce(hours, 0), 87600)::int) THEN 0
        WHEN deadline IS NOT NULL THEN 1 ELSE 2 END,
      deadline, rate DESC, id) AS rank
  FROM live
), batch AS MATERIALIZED (
  -- One after another in their order, until enough of them have something open.
  SELECT r.project_id, r.id, r.rank, deepest.slot
  FROM (SELECT * FROM ranked ORDER BY rank OFFSET 0) r
  CROSS JOIN LATERAL (
    SELECT a.slot FROM projects_assignment a WHERE a.batch_id = r.id AND a.state = 'open' AND a.kind = 'judge'
    ORDER BY a.slot DESC, a.id + 0 DESC LIMIT 1
  ) deepest
  LIMIT %(most)s::int
)
SELECT p.id, s.version, s.lease_seconds, s.rate, s.copilot, held.id,
  r.standing_floor, r.standing_evidence, st.good, st.poor,
  r.daily_tasks, r.daily_earnings, day.judgements, day.promised,
  r.gold_share, r.training_tasks, r.training_tries, trained.value,
  barred.kind, barred.reason, barred.until,
  (SELECT jsonb_agg(jsonb_build_array(k.name, q.comparator, q.value, q.values, k.kind, mine.value))
   FROM projects_requirement q JOIN taskers_skill k ON k.id = q.skill_id
   LEFT JOIN taskers_qualification mine ON mine.skill_id = q.skill_id AND mine.person_id = %(tasker)s::bigint
     AND (mine.expires_at IS NULL OR mine.expires_at > clock_timestamp())
   WHERE q.project_id = p.id AND NOT CASE q.comparator
     WHEN 'at_least' THEN coalesce(mine.value >= q.value, false)
     WHEN 'in' THEN coalesce(mine.value = ANY(q.values), false)
     WHEN 'missing' THEN mine.id IS NULL
     ELSE mine.id IS NOT NULL END) AS lacking,
  b.id, b.slot, walked.slots, walked.keys, walked.swept, walked.rounds
FROM projects_project p
JOIN LATERAL (
  SELECT version, lease_seconds, rate, copilot FROM projects_projectsettings
  WHERE project_id = p.id ORDER BY version DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT a.id FROM projects_assignment a JOIN projects_batch h ON h.id = a.batch_id AND h.project_id = p.id
  WHERE a.tasker_id = %(tasker)s::bigint AND a.state = 'held' AND a.kind IN ('judge', 'gold', 'training', 'rework')
  ORDER BY a.id + 0 LIMIT 1
) held ON true
LEFT JOIN projects_dealingrules r ON r.project_id = p.id
LEFT JOIN taskers_standing st ON st.tasker_id = %(tasker)s::bigint AND st.project_key = p.public_id
LEFT JOIN projects_daytally day
  ON day.tasker_id = %(tasker)s::bigint AND day.project_id = p.id AND day.day = %(today)s::date
LEFT JOIN taskers_qualification trained ON trained.skill_id = r.training_skill_id
  AND trained.person_id = %(tasker)s::bigint AND (trained.expires_at IS NULL OR trained.expires_at > clock_timestamp())
LEFT JOIN LATERAL (
  SELECT x.kind, x.reason, x.until FROM projects_exclusion x
  WHERE x.tasker_id = %(tasker)s::bigint AND x.organization_id = p.organization_id AND x.lifted_at IS NULL
    AND (x.project_id IS NULL OR x.project_id = p.id) AND (x.until IS NULL OR x.until > clock_timestamp())
  ORDER BY x.until DESC LIMIT 1
) barred ON true
LEFT JOIN batch b ON b.project_id = p.id
LEFT JOIN LATERAL (
  SELECT array_agg(c.slot) AS slots, array_agg(c.assignment_key) AS keys, array_agg(c.swept) AS swept,
    array_agg(c.rounds) AS rounds
  FROM projects_batchcursor c WHERE c.tasker_id = %(tasker)s::bigint AND c.batch_id = b.id
) walked ON b.id IS NOT NULL
WHERE p.id = ANY(%(projects)s::bigint[])
ORDER BY b.rank
"""


@dataclass(frozen=True)
class Terms:
    """What one project promises to, and asks of, one tasker at this moment (the fields are the columns above)."""

    project: int
    version: int
    lease: int  # seconds
    rate: int  # millionths
    copilot: bool
    held: int | None  # the assignment that is in these hands already
    standing_floor: float | None
    standing_evidence: float | None
    good: float | None
    poor: float | None
    daily_tasks: int | None
    daily_earnings: int | None
    judgements_today: int | None
    promised_today: int | None
    gold_share: float | None
    training_tasks: int | None
    training_tries: int | None
    trained: float | None
    barred: str | None
    barred_reason: str | None
    barred_until: datetime | None
    lacking: str | None  # JSON: the requirements that aren't met


@dataclass(frozen=True)
class Place:
    """One slot of a batch, and where a tasker's walk and slow second walk through it stand."""

    terms: Terms
    batch: int
    slot: int
    after: int = 0
    swept: int = 0
    rounds: int = 0


@dataclass
class Choice:
    """Everything a claim chooses from."""

    terms: dict[int, Terms] = field(default_factory=dict)  # by project
    places: list[Place] = field(default_factory=list)
    refusals: dict[int, Reason] = field(default_factory=dict)  # by project: why this tasker may not work there

    def refuse(self, project: int, why: Reason) -> None:
        """Leave a project out, for this reason."""
        self.refusals[project] = why
        self.places = [one for one in self.places if one.terms.project != project]

    @property
    def refused(self) -> bool:
        """Whether this tasker may work in none of the projects."""
        return bool(self.refusals) and len(self.refusals) == len(self.terms)

    @property
    def held(self) -> int | None:
        """What is in these hands already."""
        return next((one.held for one in self.terms.values() if one.held), None)


def choose(tasker: Person, projects: Sequence[Project], today: date | None = None) -> Choice:
    """Look at the small tables once."""
    terms = {
        "tasker": tasker.pk,
        "projects": [one.pk for one in projects],
        "today": today or local_day(tasker),
        "aging": AGING,
        "most": MOST_BATCHES,
    }
    found = Choice()
    width = len(Terms.__dataclass_fields__)
    for row in ask(CHOOSE, terms):
        known = found.terms.setdefault(row[0], Terms(*row[:width]))
        batch, deepest, *walked = row[width:]
        if batch is not None:
            found.places += _slots(known, batch, deepest, walked)
    return found


def as_columns(places: Sequence[Place], keys: dict[int, tuple[int, UUID]]) -> dict[str, list[Any]]:
    """Places as arrays, for `unnest`; `keys` gives each project's organization and public id."""
    return {
        "batches": [one.batch for one in places],
        "slots": [one.slot for one in places],
        "after": [one.after for one in places],
        "versions": [one.terms.version for one in places],
        "leases": [one.terms.lease for one in places],
        "rates": [one.terms.rate for one in places],
        "copilots": [one.terms.copilot for one in places],
        "organizations": [keys[one.terms.project][0] for one in places],
        "project_keys": [keys[one.terms.project][1] for one in places],
    }


def _slots(terms: Terms, batch: int, deepest: int, walked: Sequence[list[int] | None]) -> Iterator[Place]:
    slots, *rest = walked
    known = dict(zip(slots, zip(*rest, strict=True), strict=True)) if slots else {}  # type: ignore[arg-type]
    for slot in range(deepest + 1):
        after, swept, rounds = known.get(slot, (0, 0, 0))
        yield Place(terms, batch, slot, after, swept, rounds)
