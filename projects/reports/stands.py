"""How far projects have come, all batches of each together: what dashboards, the overview and alerts start from."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from projects.models import Project
from taskers.database.prepared import ask_rows

# All batches together, and of those that are handed out what is left.
STANDS = """
SELECT o.id AS project,
  coalesce(sum(p.tasks), 0)::bigint AS tasks, coalesce(sum(p.wanted), 0)::bigint AS wanted,
  coalesce(sum(p.submitted), 0)::bigint AS submitted, coalesce(sum(p.decided), 0)::bigint AS decided,
  coalesce(sum(p.in_review), 0)::bigint AS in_review, coalesce(sum(p.spent), 0)::bigint AS spent,
  coalesce(sum(p.tasks) FILTER (WHERE b.state = 'live'), 0)::bigint AS live_tasks,
  coalesce(sum(p.wanted) FILTER (WHERE b.state = 'live'), 0)::bigint AS live_wanted,
  coalesce(sum(p.submitted) FILTER (WHERE b.state = 'live'), 0)::bigint AS live_submitted,
  coalesce(sum(p.wanted - p.submitted) FILTER (WHERE b.state = 'paused'), 0)::bigint AS paused,
  coalesce(sum(p.tasks) FILTER (WHERE b.state = 'draft'), 0)::bigint AS drafts,
  min(b.deadline) FILTER (WHERE b.state IN ('live', 'paused') AND p.decided < p.tasks) AS deadline,
  coalesce(sum(h.held), 0)::bigint AS held, max(c.measured_at) AS last,
  coalesce(bool_or(l.reached_at IS NOT NULL), false) AS at_limit, max(l.amount) AS allowed,
  coalesce((SELECT sum(w.paid) FROM projects_awaitedreview w WHERE w.project_id = o.id AND w.paid > 0), 0)::bigint
    AS unreviewed,
  coalesce((SELECT sum(x.amount) FROM taskers_bonus x JOIN taskers_organization c ON c.id = x.organization_id
    WHERE x.organization_id = o.organization_id AND x.project_key = o.public_id AND x.state = 'given'
      AND x.currency = c.currency), 0)::bigint AS bonuses
FROM projects_project o
LEFT JOIN (projects_batch b JOIN projects_batchprogress p ON p.batch_id = b.id) ON b.project_id = o.id
LEFT JOIN projects_spendinglimit l ON l.project_id = o.id
LEFT JOIN projects_batchpace c ON c.batch_id = b.id
LEFT JOIN LATERAL (
  SELECT count(*) AS held FROM projects_assignment a
  WHERE a.batch_id = b.id AND a.state = 'held' AND a.kind = 'judge'
) h ON b.state IN ('live', 'paused')
WHERE o.id = ANY(%(projects)s::bigint[])
GROUP BY o.id
"""


class OfProject(NamedTuple):
    """Whose it is, by the project's key."""

    project: int


class Stands(NamedTuple):
    """How far a project has come, all batches together."""

    tasks: int = 0
    wanted: int = 0
    submitted: int = 0
    decided: int = 0
    in_review: int = 0
    spent: int = 0
    live_tasks: int = 0
    live_wanted: int = 0
    live_submitted: int = 0
    paused: int = 0  # judgements that paused batches wait for
    drafts: int = 0  # tasks of batches that weren't started
    deadline: datetime | None = None
    held: int = 0
    last: datetime | None = None  # when the last judgement came
    at_limit: bool = False  # it has spent what it may
    allowed: int | None = None  # millionths that it may spend in all
    unreviewed: int = 0  # judgements that were paid while they wait for a reviewer
    bonuses: int = 0  # millionths that were given on top

    @property
    def open(self) -> int:
        """Judgements that nobody has begun."""
        return max(0, self.wanted - self.submitted - self.held)

    @property
    def settled(self) -> int:
        """Judgements for which nothing more will be paid: decided, or paid though nobody reviewed them."""
        return self.spent + self.unreviewed


def stands_of(project: Project) -> Stands:
    """How far it has come."""
    return stands_by_project([project.pk]).get(project.pk, Stands())


def stands_by_project(projects: Sequence[int]) -> dict[int, Stands]:
    """The same of several, by their keys."""
    rows = ask_rows(STANDS, {"projects": list(projects)}, OfProject, Stands)
    return {whose.project: stands for whose, stands in rows}
