"""A budget of judgements, spent where it helps most: on the tasks of a batch whose answers leave most doubt.

A project may say what a task costs on average rather than only how sure each must be. Every task then begins with the
judgements wanted; one that its answers leave unsure waits for review, and from time to time the least sure of those
that wait are asked of one person more, as far as the budget allows (aggregation.overlap.least_sure, by which the
replays of benchmarks/truth/overlap.py spend theirs). What the budget doesn't reach is the reviewer's.
"""

import numpy as np

from projects import queue
from projects.inference.overlap import least_sure
from projects.models import Batch, Project, ProjectSettings
from projects.quality.votes import TAMPERED
from taskers.database.prepared import ask
from taskers.errors import Problem

# Of a batch: its tasks and their judgements; those that are through with the first round, which may cost more; and what
# they were given beyond it.
SPENT = """
SELECT count(*), coalesce(sum(t.wanted), 0), coalesce(sum(greatest(t.wanted - %(first)s::int, 0)), 0),
  count(*) FILTER (WHERE t.withheld || '' = 'review' OR t.wanted > %(first)s::int OR EXISTS (
    SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL))
FROM projects_task t WHERE t.batch_id = %(batch)s::bigint AND t.withheld || '' IN ('', 'review')
"""
# What waits for review with all its judgements in, and in nobody's hands: doubt alone brought it there.
UNSURE = """
SELECT t.id, t.wanted, b.confidence
FROM projects_task t JOIN projects_posterior b ON b.task_id = t.id
WHERE t.project_id = %(project)s::bigint AND t.batch_id = %(batch)s::bigint AND t.withheld = 'review'
  AND t.wanted < %(most)s::int
  AND NOT EXISTS (SELECT FROM jsonb_each_text(b.votes) why WHERE why.value = %(tampered)s)
  AND NOT EXISTS (
    SELECT FROM projects_assignment r WHERE r.task_id = t.id AND (r.kind || '', r.state || '') = ('review', 'held'))
  AND t.wanted <= (
    SELECT count(*) FROM projects_assignment a
    WHERE a.task_id = t.id AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL)
ORDER BY t.id
"""


def spend_all() -> int:
    """Spend what may be spent in every live batch of a live project that has a budget; returns how many are asked."""
    with_budget = ProjectSettings.objects.exclude(budget=None).values("project")
    projects = Project.objects.filter(state=Project.State.LIVE, pk__in=with_budget).order_by("pk")
    batches = Batch.objects.filter(state=Batch.State.LIVE, project__in=projects).select_related("project")
    return sum(spend(batch) for batch in batches.order_by("pk"))


def spend(batch: Batch) -> int:
    """Ask one person more of each of the least sure tasks of a batch, as many as its budget allows by now.

    Only tasks that are through with their first round bring what they may cost beyond it, so that those that come
    first don't spend what later ones need. Doing it again asks for nothing that was asked for.
    """
    settings = batch.project.settings_now()
    if settings.budget is None:
        return 0
    left = allowance(batch, settings)
    unsure = ask(UNSURE, _terms(batch, settings)) if left > 0 else []
    wanted = np.array([row[1] for row in unsure], dtype=np.int64)
    chosen = least_sure(np.array([row[2] for row in unsure], dtype=float), wanted, settings.most or 0, max(left, 0))
    return sum(_asked(batch, *unsure[place][:2]) for place in chosen)


def allowance(batch: Batch, settings: ProjectSettings) -> int:
    """How many judgements a batch may be given by now, beyond those that it has."""
    ((tasks, judgements, beyond, through),) = ask(SPENT, _terms(batch, settings))
    budget = settings.budget or settings.wanted
    by_now = int(round((budget - settings.wanted) * through, 6)) - beyond
    return min(by_now, int(round(budget * tasks, 6)) - judgements)


def _terms(batch: Batch, settings: ProjectSettings) -> dict:
    of_batch = {"batch": batch.pk, "project": batch.project_id, "tampered": TAMPERED}
    return of_batch | {"first": settings.wanted, "most": settings.most}


def _asked(batch: Batch, task: int, wanted: int) -> bool:
    """Whether one more is asked: a reviewer may have been quicker."""
    try:
        queue.raise_wanted(batch.tasks.get(pk=task), wanted + 1)
    except Problem:
        return False
    return True
