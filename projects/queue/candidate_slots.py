"""Where somebody may work next: read from small tables, in one statement, before any walk.

A place is one slot of one live batch, with how far this tasker has walked through it. Places come in the order in which
work is wanted: priority of project and batch together, raised by one for every AGING seconds without being served; then
the earliest deadline that can still be met, then deadlines that can't, then no deadline; then better pay; then age.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from projects.models import Project
from projects.queue.eligibility import Reason, local_day, midnight
from taskers.database.prepared import array, ask
from taskers.models import Person

AGING = 600.0  # seconds without being served that weigh as much as one step of priority
# How many batches with something open are looked at at a time: the most urgent few, nearly always enough; and where
# there is nothing for this tasker in them, so many, and so many more, to the end of the order.
FEW_BATCHES = 6
MOST_BATCHES = 60

# What a batch has open, if anything: its deepest slot.
DEEPEST = """LATERAL (
    SELECT a.slot FROM projects_assignment a WHERE a.batch_id = r.id AND a.state = 'open' AND a.kind = 'judge'
    ORDER BY a.slot DESC, a.walk_key DESC LIMIT 1
  ) deepest"""
# One after another in their order, until enough of them have something open.
NEXT = f"""
  SELECT r.project_id, r.id, r.rank, deepest.slot
  FROM (SELECT * FROM ranked WHERE rank > %(after)s::bigint ORDER BY rank OFFSET 0) r CROSS JOIN {DEEPEST}
  LIMIT %(most)s::int"""
# Of each project the first in its order that has something open.
FIRST = f"""
  SELECT first.* FROM (SELECT DISTINCT project_id AS id FROM ranked) p CROSS JOIN LATERAL (
    SELECT r.project_id, r.id, r.rank, deepest.slot
    FROM (SELECT * FROM ranked WHERE project_id = p.id ORDER BY rank OFFSET 0) r CROSS JOIN {DEEPEST}
    LIMIT 1
  ) first"""

CHOICE = """
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
  {batches}
)
SELECT p.id, coalesce((SELECT number FROM projects_claimnumber WHERE tasker_id = %(tasker)s::bigint), 0),
  s.version, s.lease_seconds, s.rate, s.copilot, s.control_share, s.planted_share,
  (SELECT max(x.audit_share) FROM projects_modelannotator x WHERE x.project_id = p.id AND x.mode <> 'off'), held.id,
  r.standing_floor, r.standing_evidence, st.good, st.poor,
  r.daily_tasks, r.daily_earnings, day.judgements, day.promised,
  CASE WHEN s.file_order THEN 0 ELSE r.gold_share END, r.training_tasks, r.training_tries, trained.value,
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
  (SELECT array_agg(x.first_id + x.second_id - %(tasker)s::bigint) FROM projects_conflictofinterest x
   WHERE (x.first_id = %(tasker)s::bigint OR x.second_id = %(tasker)s::bigint)
     AND x.organization_id = p.organization_id AND x.lifted_at IS NULL) AS apart,
  b.rank, b.id, b.slot, walked.slots, walked.keys, walked.swept, walked.rounds
FROM projects_project p
JOIN LATERAL (
  SELECT version, lease_seconds, rate, copilot, control_share, planted_share, file_order FROM projects_projectsettings
  WHERE project_id = p.id ORDER BY version DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT a.id FROM projects_assignment a JOIN projects_batch h ON h.id = a.batch_id AND h.project_id = p.id
  WHERE a.tasker_id + 0 = %(tasker)s::bigint AND a.state = 'held'
    AND a.kind IN ('judge', 'gold', 'training', 'extra', 'rework')
  ORDER BY a.id + 0 LIMIT 1
) held ON true
LEFT JOIN projects_assignmentrules r ON r.project_id = p.id
LEFT JOIN taskers_standing st ON st.tasker_id = %(tasker)s::bigint AND st.project_key = p.public_id
LEFT JOIN LATERAL (
  -- Asked where a day has a limit. Whoever sets their clock back or forth gets no other day by it:
  -- eligibility.counts_today.
  SELECT sum(d.judgements)::bigint AS judgements, sum(d.promised)::bigint AS promised FROM projects_daytally d
  WHERE (r.daily_tasks IS NOT NULL OR r.daily_earnings IS NOT NULL)
    AND d.tasker_id = %(tasker)s::bigint AND d.project_id = p.id AND d.day >= %(today)s::date - 2
    AND (d.day >= %(today)s::date OR d.at >= %(midnight)s::timestamptz)
) day ON true
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
CHOOSE, CHOOSE_OF_EACH = CHOICE.replace("{batches}", NEXT), CHOICE.replace("{batches}", FIRST)


class Terms(NamedTuple):
    """What one project promises to, and asks of, one tasker at this moment (the fields are the columns above)."""

    project: int
    turn: int  # the number that this choice is true at: claim_numbers.py
    version: int
    lease: int  # seconds
    rate: int  # millionths
    copilot: bool
    control: float  # the share of claims that go without it
    planted_share: float  # the share of gold that shows a planted error
    audit: float | None  # the share of tasks by which models are audited: there nobody gets it
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
    apart: list[int] | None  # who must not judge the same task: conflicts_of_interest.py


class Place(NamedTuple):
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
    whole: bool = True  # whether there is no batch further down in the order
    last: int = 0  # the place in the order of the last one

    def refuse(self, project: int, why: Reason) -> None:
        """Leave a project out, for this reason."""
        self.refusals[project] = why
        self.places = [one for one in self.places if one.terms.project != project]

    @property
    def refused(self) -> bool:
        """Whether this tasker may work in none of the projects."""
        return bool(self.refusals) and len(self.refusals) == len(self.terms)

    @property
    def partners(self) -> set[int]:
        """Who must not judge the same task as this tasker: conflicts_of_interest.py."""
        return {one for terms in self.terms.values() for one in terms.apart or ()}

    @property
    def turn(self) -> int:
        """The number that this choice is true at."""
        return next((terms.turn for terms in self.terms.values()), 0)

    @property
    def held(self) -> int | None:
        """What is in these hands already."""
        return next((one.held for one in self.terms.values() if one.held), None)


def choose(tasker: Person, projects: Sequence[Project], *, few: bool = False, after: int = 0) -> Choice:
    """Look at the small tables once; with `few`, at the most urgent batches alone, with `after` at those behind it."""
    most = min(FEW_BATCHES, MOST_BATCHES) if few else MOST_BATCHES
    found, batches = _read(CHOOSE, tasker, projects, most=most, after=after)
    found.whole = batches < most
    return found


def choose_of_each(tasker: Person, projects: Sequence[Project]) -> Choice:
    """The first place of each of these projects that has something open, however many come before it elsewhere."""
    return _read(CHOOSE_OF_EACH, tasker, projects)[0]


def _read(statement: str, tasker: Person, projects: Sequence[Project], **terms: int) -> tuple[Choice, int]:
    asked = {"tasker": tasker.pk, "projects": [one.pk for one in projects], "aging": AGING}
    asked |= {"today": local_day(tasker), "midnight": midnight(tasker)}
    found, batches = Choice(), 0
    width = len(Terms._fields)
    for row in ask(statement, asked | terms):
        known = found.terms.get(row[0]) or found.terms.setdefault(row[0], Terms(*row[:width]))
        rank, batch, deepest, *walked = row[width:]
        if batch is not None:
            batches, found.last = batches + 1, rank
            found.places += _slots(known, batch, deepest, walked)
    return found, batches


def as_columns(places: Sequence[Place], keys: dict[int, tuple[int, UUID]]) -> dict[str, str]:
    """Places as arrays, for `unnest`; `keys` gives each project's organization and public id."""
    return {
        "batches": array([one.batch for one in places]),
        "slots": array([one.slot for one in places]),
        "after": array([one.after for one in places]),
        "versions": array([one.terms.version for one in places]),
        "leases": array([one.terms.lease for one in places]),
        "rates": array([one.terms.rate for one in places]),
        "copilots": array([one.terms.copilot for one in places]),
        "controls": array([one.terms.control for one in places]),
        "audits": array([one.terms.audit or 0.0 for one in places]),
        "projects": array([one.terms.project for one in places]),
        "organizations": array([keys[one.terms.project][0] for one in places]),
        "project_keys": array([keys[one.terms.project][1] for one in places]),
    }


def _slots(terms: Terms, batch: int, deepest: int, walked: Sequence[list[int] | None]) -> Iterator[Place]:
    slots, *rest = walked
    known = dict(zip(slots, zip(*rest, strict=True), strict=True)) if slots else {}  # type: ignore[arg-type]
    for slot in range(deepest + 1):
        after, swept, rounds = known.get(slot, (0, 0, 0))
        yield Place(terms, batch, slot, after, swept, rounds)
