"""How good a tasker's work is: grades are evidence, a standing is what they add up to.

The only writer of Grade and Standing. A standing is a Beta posterior over the chance that a piece of this person's
work is good: each grade adds its value to one side and the rest to the other, weighted by how far its source is to be
trusted. The newest grade of a subject replaces the older ones in the sum; the rows all stay. The same sums are kept
for each label that a grade speaks of.
"""

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import scipy
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from taskers.database.prepared import array, ask, ask_named
from taskers.models import Grade, LabelStanding, Organization, Person, Standing

# A known answer and a reviewer are taken at their word; the others' agreement counts half, since people err alike.
WEIGHTS = {Grade.Source.GOLD.value: 1.0, Grade.Source.REVIEW.value: 1.0, Grade.Source.VERDICT.value: 0.5}
PRIOR_GOOD, PRIOR_POOR = 3.0, 1.0

SOURCES = " ".join(f"WHEN '{key}' THEN {value}" for key, value in WEIGHTS.items())

# Moves standings by `moved`, a table of changes: whose, how much (below nothing: taken away), and the same by label.
# Rows are locked in the order of projects, taskers and labels, whatever the order of the changes, and labels after all
# wholes: two of these at once wait for each other instead of locking each other out. Sums of floats can end a hair
# below nothing, which the table would refuse.
SHIFT = """
whole AS MATERIALIZED (
  SELECT project_key, tasker_id, organization_id, sum(weight * value) AS good, sum(weight * (1 - value)) AS poor,
    sum(sign(weight) * value) AS shown_good, sum(sign(weight) * (1 - value)) AS shown_poor
  FROM moved GROUP BY project_key, tasker_id, organization_id
), standing AS (
  INSERT INTO taskers_standing AS s (tasker_id, organization_id, project_key, good, poor, shown_good, shown_poor,
    updated_at)
  SELECT tasker_id, organization_id, project_key, greatest(good, 0), greatest(poor, 0), greatest(shown_good, 0),
    greatest(shown_poor, 0), now()
  FROM whole ORDER BY project_key, tasker_id
  ON CONFLICT (tasker_id, project_key) DO UPDATE SET
    good = greatest(s.good + (SELECT w.good FROM whole w
      WHERE w.tasker_id = s.tasker_id AND w.project_key = s.project_key), 0),
    poor = greatest(s.poor + (SELECT w.poor FROM whole w
      WHERE w.tasker_id = s.tasker_id AND w.project_key = s.project_key), 0),
    shown_good = greatest(s.shown_good + (SELECT w.shown_good FROM whole w
      WHERE w.tasker_id = s.tasker_id AND w.project_key = s.project_key), 0),
    shown_poor = greatest(s.shown_poor + (SELECT w.shown_poor FROM whole w
      WHERE w.tasker_id = s.tasker_id AND w.project_key = s.project_key), 0),
    updated_at = now()
  RETURNING id
), parts AS MATERIALIZED (
  SELECT m.project_key, m.tasker_id, l.key AS label, sum(m.weight * l.value::float) AS good,
    sum(m.weight * (1 - l.value::float)) AS poor
  FROM moved m CROSS JOIN LATERAL jsonb_each_text(m.labels) l
  WHERE (SELECT count(*) FROM standing) >= 0
  GROUP BY m.project_key, m.tasker_id, l.key
), by_label AS (
  INSERT INTO taskers_labelstanding AS s (tasker_id, project_key, label, good, poor)
  SELECT tasker_id, project_key, label, greatest(good, 0), greatest(poor, 0)
  FROM parts ORDER BY project_key, tasker_id, label
  ON CONFLICT (tasker_id, project_key, label) DO UPDATE SET
    good = greatest(s.good + (SELECT p.good FROM parts p
      WHERE p.tasker_id = s.tasker_id AND p.project_key = s.project_key AND p.label = s.label), 0),
    poor = greatest(s.poor + (SELECT p.poor FROM parts p
      WHERE p.tasker_id = s.tasker_id AND p.project_key = s.project_key AND p.label = s.label), 0)
)
"""
# Writes grades, each once per key, and moves the standings by them, each less the one of its subject that it replaces.
RECORD = f"""
WITH graded AS (
  SELECT * FROM jsonb_to_recordset(%(grades)s::jsonb) AS g(place int, key text, subject text, organization bigint,
    project uuid, tasker bigint, source text, value float, blind bool, detail jsonb)
), made AS (
  INSERT INTO taskers_grade (key, subject, organization_id, project_key, tasker_id, source, value, blind, detail)
  SELECT key, subject, organization, project, tasker, source, value, blind, detail FROM graded ORDER BY place
  ON CONFLICT (key) DO NOTHING
  RETURNING *
), moved AS MATERIALIZED (
  SELECT project_key, tasker_id, organization_id, CASE source {SOURCES} END AS weight, value,
    detail->'labels' AS labels
  FROM made
  UNION ALL
  SELECT b.project_key, b.tasker_id, b.organization_id, -CASE b.source {SOURCES} END, b.value,
    b.detail->'labels'
  FROM made m CROSS JOIN LATERAL (
    SELECT * FROM taskers_grade b WHERE b.subject = m.subject AND b.tasker_id = m.tasker_id ORDER BY b.id DESC LIMIT 1
  ) b
), {SHIFT}
SELECT count(*) FROM made
"""
REBUILD = f"""
WITH moved AS MATERIALIZED (
  SELECT DISTINCT ON (tasker_id, subject) project_key, tasker_id, organization_id, CASE source {SOURCES} END AS weight,
    value, detail->'labels' AS labels
  FROM taskers_grade WHERE project_key = %(project)s::uuid ORDER BY tasker_id, subject, id DESC
), {SHIFT}
SELECT count(*) FROM whole
"""


# What somebody's grades since a moment add to what they are shown, each less the one of its subject that it replaced.
MOST_FRESH = 500  # of one project; a moment is some minutes
NOTHING = 1e-9
FRESH = """
SELECT g.project_key, sum(g.value - coalesce(b.value, 0)) AS good, sum(1 - g.value - coalesce(1 - b.value, 0)) AS poor
FROM unnest(%(projects)s::uuid[]) AS p(key) CROSS JOIN LATERAL (
  SELECT n.id, n.project_key, n.subject, n.value, n.at FROM taskers_grade n
  WHERE n.tasker_id = %(tasker)s::bigint AND n.project_key = p.key ORDER BY n.id DESC LIMIT %(most)s::int
) g
LEFT JOIN LATERAL (
  SELECT o.value FROM taskers_grade o
  WHERE o.subject = g.subject AND o.tasker_id = %(tasker)s::bigint AND o.id < g.id ORDER BY o.id DESC LIMIT 1
) b ON true
WHERE g.at >= %(before)s::timestamptz GROUP BY g.project_key
"""


@dataclass(frozen=True)
class Estimate:
    """A standing as numbers: the posterior mean, its 90 % interval, and the weight of evidence behind it."""

    mean: float
    low: float
    high: float
    evidence: float


@dataclass(frozen=True)
class Evidence:
    """A grade that isn't written yet. `value` is in [0, 1]; `labels` says the same of single labels, where known."""

    key: str
    subject: str
    organization: Organization
    project_key: UUID
    tasker: Person
    source: str
    value: float
    blind: bool
    detail: dict = field(default_factory=dict)
    labels: dict[str, float] = field(default_factory=dict)


def record(
    *,
    key: str,
    subject: str,
    organization: Organization,
    project_key: UUID,
    tasker: Person,
    source: str,
    value: float,
    blind: bool,
    detail: dict | None = None,
    labels: dict[str, float] | None = None,
) -> None:
    """Add one piece of evidence, once per key, and move the standing by it. `value` is in [0, 1]."""
    one = Evidence(key, subject, organization, project_key, tasker, source, value, blind, detail or {}, labels or {})
    record_all([one])


def record_all(rows: Sequence[Evidence]) -> None:
    """Add evidence, each once per key, and move the standings by it: one statement however many.

    At most one row per tasker and subject, and the caller holds a lock by which nobody else grades the same subjects
    meanwhile: a task's. It locks the standings until the transaction ends, and all work on those people's tasks ends
    here: let it be the last that a transaction does.
    """
    if rows:
        ask(RECORD, {"grades": _as_json(rows)})


def _as_json(rows: Sequence[Evidence]) -> str:
    return json.dumps([_as_columns(place, row) for place, row in enumerate(rows)])


def _as_columns(place: int, row: Evidence) -> dict:
    labels = {key: _in_unit(value) for key, value in row.labels.items()}
    return {
        "place": place,
        "key": row.key,
        "subject": row.subject,
        "organization": row.organization.pk,
        "project": str(row.project_key),
        "tasker": row.tasker.pk,
        "source": row.source,
        "value": _in_unit(row.value),
        "blind": row.blind,
        "detail": row.detail | ({"labels": labels} if labels else {}),
    }


def standing(tasker: Person, project_key: UUID) -> Estimate:
    """What is known of a tasker on a project; without any grade, the prior and no evidence."""
    row = Standing.objects.filter(tasker=tasker, project_key=project_key).first()
    return estimate(row.good if row else 0.0, row.poor if row else 0.0)


def shown(tasker: Person, project_keys: Collection[UUID], *, before: datetime) -> dict[UUID, Estimate]:
    """By project, what a tasker is told of their standing before that moment: every grade counts alike, so that no step
    says whether a known answer, a reviewer or the others were compared with. Projects without any are left out."""
    rows = Standing.objects.filter(tasker=tasker, project_key__in=project_keys)
    sums = {row.project_key: (row.shown_good, row.shown_poor) for row in rows}
    terms = {"tasker": tasker.pk, "projects": array(list(project_keys)), "before": before, "most": MOST_FRESH}
    for fresh in ask_named(FRESH, terms) if rows and before.year < datetime.max.year else ():
        good, poor = sums[fresh["project_key"]]
        sums[fresh["project_key"]] = (max(0.0, good - fresh["good"]), max(0.0, poor - fresh["poor"]))
    return {key: estimate(good, poor) for key, (good, poor) in sums.items() if good + poor > NOTHING}


def as_of() -> datetime:
    """The moment up to which a tasker is shown what was decided; nothing that came since."""
    every, now = settings.SHOWN_EVERY, time.time()
    return datetime.fromtimestamp(now - now % every, UTC) if every else datetime.max.replace(tzinfo=UTC)


def estimate(good: float, poor: float) -> Estimate:
    """The posterior for these weighted counts."""
    low, high = scipy.special.betaincinv(PRIOR_GOOD + good, PRIOR_POOR + poor, [0.05, 0.95])
    return Estimate(mean(good, poor), float(low), float(high), good + poor)


def mean(good: float, poor: float) -> float:
    """The posterior mean for these weighted counts: the chance that the next piece of work is good."""
    return (PRIOR_GOOD + good) / (PRIOR_GOOD + PRIOR_POOR + good + poor)


def rebuild(project_key: UUID) -> int:
    """Work every standing of a project out again from its grades; returns how many there are."""
    with transaction.atomic():
        rows = Standing.objects.select_for_update().filter(project_key=project_key).order_by("tasker")
        taskers = list(rows.values_list("tasker", flat=True))
        Standing.objects.filter(project_key=project_key).update(
            good=0, poor=0, shown_good=0, shown_poor=0, updated_at=Now()
        )
        LabelStanding.objects.filter(project_key=project_key).delete()
        ask(REBUILD, {"project": project_key})
        return len(taskers)


def _in_unit(value: float) -> float:
    return min(1.0, max(0.0, float(value)))
