"""What may still come where nothing is open: back from others' hands, or in from a file that is being loaded."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from projects.queue.nothing import Nothing, all_done, loading, waiting
from projects.queue.taking import MINE
from taskers.models import Person
from taskers.statements import ask

# By project. Whoever loads a file that hasn't come in within an hour is told so on its page; nobody else waits for it.
STATEMENT = f"""
SELECT p.id, (
  SELECT extract(epoch FROM min(a.deadline) - clock_timestamp())::float FROM (
    SELECT a.* FROM projects_batch b CROSS JOIN LATERAL (
      SELECT a.batch_id, a.task_id, a.deadline FROM projects_assignment a
      WHERE a.batch_id = b.id AND a.state = 'held' AND a.held_at IS NOT NULL AND a.ended_at IS NULL AND a.kind = 'judge'
      ORDER BY a.deadline LIMIT 50
    ) a WHERE b.project_id = p.id AND b.state = 'live' LIMIT 200
  ) a WHERE NOT {MINE}
), (
  SELECT extract(epoch FROM clock_timestamp() - max(i.started_at))::float FROM projects_batch b
  JOIN projects_intake i ON i.batch_id = b.id
  WHERE b.project_id = p.id AND b.state = 'live' AND i.state IN ('waiting', 'running')
    AND i.started_at > clock_timestamp() - interval '1 hour'
)
FROM unnest(%(projects)s::bigint[]) AS p(id)
"""


class Outlook(NamedTuple):
    """Of a project with nothing open for somebody."""

    back: float | None  # in how many seconds the first lease of others runs out, on a task that they may still do
    loading: float | None  # for how many seconds the newest file has been on its way in

    def nothing(self) -> Nothing:
        """The answer to them."""
        if self.loading is not None:
            return loading(self.loading)
        return all_done() if self.back is None else waiting(self.back)


def by_project(tasker: Person, projects: Sequence[int]) -> dict[int, Outlook]:
    """What may come for this tasker, by project key: one statement."""
    rows = ask(STATEMENT, {"projects": list(projects), "tasker": tasker.pk})
    return {pk: Outlook(back, since) for pk, back, since in rows}


def together(outlooks: Collection[Outlook]) -> Outlook:
    """Of several projects as one."""
    backs = [one.back for one in outlooks if one.back is not None]
    since = [one.loading for one in outlooks if one.loading is not None]
    return Outlook(min(backs, default=None), min(since, default=None))
