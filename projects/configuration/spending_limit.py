"""What a project may spend: above it nothing more is handed out, until somebody allows more. The only writer of
SpendingLimit.

A claim reads one column; whether the limit is reached is found out by a worker, from the small rows in which earnings
are added up and progress is kept. What is in people's hands then is still taken and paid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from projects.configuration.project_events import tell
from projects.models import Project, SpendingLimit, limits
from taskers.audit import trail
from taskers.database.prepared import ask_named
from taskers.models import Person

# Earned so far; and what is handed in, and settled: decided, or paid though nobody reviewed it. What is not is promised
# for, by what a judgement of the project earned on average so far, bonuses apart, and no less than its rate, with
# the rise that people may have.
SPENT = """
SELECT p.id AS project, s.rate + s.rate * s.raise_percent / 100 AS rate,
  coalesce(e.earned, 0)::bigint AS earned, coalesce(x.bonuses, 0)::bigint AS bonuses,
  coalesce(g.submitted, 0)::bigint AS submitted, (coalesce(g.decided, 0) + coalesce(w.paid, 0))::bigint AS settled
FROM projects_project p JOIN taskers_organization o ON o.id = p.organization_id
JOIN LATERAL (
  SELECT rate, raise_percent FROM projects_projectsettings WHERE project_id = p.id ORDER BY version DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT sum(amount) AS earned FROM taskers_earningday d
  WHERE d.project_key = p.public_id AND d.tasker_id IS NULL AND d.currency = o.currency
) e ON true
LEFT JOIN LATERAL (
  SELECT sum(amount) AS bonuses FROM taskers_bonus c
  WHERE c.organization_id = o.id AND c.project_key = p.public_id AND c.state = 'given' AND c.currency = o.currency
) x ON true
LEFT JOIN LATERAL (
  SELECT sum(paid) AS paid FROM projects_awaitedreview WHERE project_id = p.id AND paid > 0
) w ON true
LEFT JOIN LATERAL (
  SELECT sum(g.submitted) AS submitted, sum(g.spent) AS decided
  FROM projects_batch b JOIN projects_batchprogress g ON g.batch_id = b.id WHERE b.project_id = p.id
) g ON true
WHERE p.id = ANY(%(projects)s::bigint[])
"""


@dataclass(frozen=True)
class Spending:
    """What a project has spent and is likely to have promised, in millionths."""

    earned: int
    promised: int
    limit: int | None = None

    @property
    def total(self) -> int:
        """Both together."""
        return self.earned + self.promised

    @property
    def share(self) -> float | None:
        """How much of the limit that is."""
        return self.total / self.limit if self.limit else None


def of(projects: Iterable[Project]) -> Mapping[int, Spending]:
    """Project key -> what it spends: two statements."""
    keys = [one.pk for one in projects]
    allowed = dict(SpendingLimit.objects.filter(project__in=keys).values_list("project", "amount"))
    rows = ask_named(SPENT, {"projects": keys}) if keys else []
    return {row["project"]: _of(allowed.get(row.pop("project")), **row) for row in rows}


def _of(limit: int | None, rate: int, earned: int, bonuses: int, submitted: int, settled: int) -> Spending:
    return Spending(earned, max(0, submitted - settled) * each(rate, earned - bonuses, settled), limit)


def of_a_judgement(project: Project) -> int:
    """What one more judgement of a project is likely to cost, in millionths."""
    (row,) = ask_named(SPENT, {"projects": [project.pk]})
    return each(row["rate"], row["earned"] - row["bonuses"], row["settled"])


def each(rate: int, earned: int, settled: int) -> int:
    """What a judgement costs, in millionths: what so many earned on average, bonuses apart; no less than the rate."""
    return max(rate, earned // settled) if settled else rate


@transaction.atomic
def allow(project: Project, by: Person | None, amount: int | None) -> SpendingLimit | None:
    """Let a project spend so much in all, in millionths, or (None) as much as it takes. Who changed it from what to
    what is on record. Raises Refused."""
    if amount is not None:
        limits.check("amount", amount, limits.SPENDING, "bad-spending-limit")
    rows = SpendingLimit.objects.filter(project=project)
    before = rows.select_for_update().values_list("amount", flat=True).first()
    if amount == before:
        return rows.first()
    if amount is None:
        rows.delete()
    else:
        said = {"amount": amount, "changed_by": by, "changed_at": Now()}
        SpendingLimit.objects.update_or_create(project=project, defaults=said)
    detail = {"project": str(project.public_id), "before": before, "after": amount}
    trail.record(
        trail.Kind.LIMIT_CHANGED, organization=project.organization, actor=by, subject=project.name, detail=detail
    )
    tell("spending_limit_changed", project, by)
    look([project])
    return rows.first()


def look(projects: Iterable[Project] | None = None) -> int:
    """Find out which limits are reached, of these projects or of all that have one; says how many changed."""
    rows = SpendingLimit.objects.select_related("project__organization")
    if projects is not None:
        rows = rows.filter(project__in=list(projects))
    found = list(rows)
    spent, changed = of([one.project for one in found]), 0
    for one in found:
        over = spent[one.project_id].total >= one.amount
        if over != (one.reached_at is not None):
            changed += _reach(one) if over else _free(one)
    return changed


def _reach(one: SpendingLimit) -> int:
    with transaction.atomic():
        rows = SpendingLimit.objects.filter(pk=one.pk, reached_at=None, amount=one.amount)
        if not rows.update(reached_at=Now()):
            return 0
        tell("spending_limit_reached", one.project, None)
        return 1


def _free(one: SpendingLimit) -> int:
    return SpendingLimit.objects.filter(pk=one.pk, amount=one.amount).update(reached_at=None)
