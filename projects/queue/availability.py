"""How much is open to somebody in a project; and where nothing is, why, and what may still come: back from others'
hands, or in from a file that is being loaded."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from projects.queue.conflicts_of_interest import keeping_apart
from projects.queue.no_work import Nothing, all_done, done_by_others, for_others, loading, nothing_yet, stopped, waiting
from projects.queue.take import MINE
from taskers.database.prepared import ask
from taskers.models import Person

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
  JOIN projects_import i ON i.batch_id = b.id
  WHERE b.project_id = p.id AND b.state = 'live' AND i.state IN ('waiting', 'running')
    AND i.started_at > clock_timestamp() - interval '1 hour'
), EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_task t WHERE t.batch_id = b.id AND t.wanted > 0 OFFSET 0)
), EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state <> 'live'
), EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_assignment a WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge' OFFSET 0)
), EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_assignment a WHERE a.tasker_id = %(tasker)s::bigint AND a.batch_id = b.id
      AND a.kind || '' = 'judge' AND a.state IN ('submitted', 'skipped') OFFSET 0)
)
FROM unnest(%(projects)s::bigint[]) AS p(id)
"""


# What is open in some projects from where this tasker's walk stands, so many judgements of each; tasks that are theirs
# already are left out, and each counts once however many judgements of it are open.
LOOKED = 300
STEPS = (10, 20, 50, 100, 200, LOOKED)
OPEN = f"""
SELECT p.id, n.tasks, n.looked FROM unnest(%(projects)s::bigint[]) AS p(id) CROSS JOIN LATERAL (
  SELECT count(DISTINCT a.task_id) FILTER (WHERE a.free) AS tasks, count(*) AS looked FROM (
    SELECT a.task_id, NOT {MINE} AS free FROM projects_batch b CROSS JOIN LATERAL (
      SELECT a.slot FROM projects_assignment a WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge'
      ORDER BY a.slot DESC, a.walk_key DESC LIMIT 1
    ) deepest CROSS JOIN LATERAL generate_series(0, deepest.slot) AS s(slot)
    LEFT JOIN projects_batchcursor c ON c.tasker_id = %(tasker)s::bigint AND c.batch_id = b.id AND c.slot = s.slot
    CROSS JOIN LATERAL (
      SELECT a.batch_id, a.task_id FROM projects_assignment a
      WHERE a.batch_id = b.id AND a.slot = s.slot AND a.walk_key > coalesce(c.assignment_key, 0) AND a.state = 'open'
        AND a.kind = 'judge'
      ORDER BY a.walk_key LIMIT {LOOKED}
    ) a WHERE b.project_id = p.id AND b.state = 'live' LIMIT {LOOKED}
  ) a
) n
"""
OPEN_APART = keeping_apart(OPEN, MINE)


class Left(NamedTuple):
    """How many tasks are open to somebody in a project: so many, or at least so many where not all was looked at."""

    tasks: int = 0
    whole: bool = True
    most: int = 0  # no more than so many, where the number itself isn't told

    def roughly(self) -> "Left":
        """The same where known answers are mixed in: a number that fell by each task but gold would tell them apart."""
        if self.none or not self.whole:
            return self
        return self._replace(most=next(one for one in STEPS if one >= self.tasks))

    @property
    def none(self) -> bool:
        """Whether it is known that there is nothing."""
        return self.whole and not self.tasks


class Outlook(NamedTuple):
    """Of a project with nothing open for somebody."""

    back: float | None  # in how many seconds the first lease of others runs out, on a task that they may still do
    loading: float | None  # for how many seconds the newest file has been on its way in
    filled: bool = True  # a live batch has tasks
    resting: bool = False  # a batch that isn't live is there
    open: bool = False  # something is open, for others
    did: bool = True  # they did something in a live batch

    def nothing(self) -> Nothing:
        """The answer to them."""
        if self.loading is not None:
            return loading(self.loading)
        if self.back is not None:
            return waiting(self.back)
        if not self.filled:
            return stopped() if self.resting else nothing_yet()
        if self.did:
            return all_done()
        return for_others() if self.open else done_by_others()


def by_project(tasker: Person, projects: Sequence[int]) -> dict[int, Outlook]:
    """What may come for this tasker, by project key: one statement."""
    rows = ask(STATEMENT, {"projects": list(projects), "tasker": tasker.pk})
    return {pk: Outlook(*found) for pk, *found in rows}


def open_to(tasker: Person, projects: Sequence[int], *, apart: Collection[int] = ()) -> dict[int, Left]:
    """How many tasks are open to this tasker, by project key: one statement, and few rows of each project.

    `apart` are those who must not judge the same task.
    """
    terms = {"projects": list(projects), "tasker": tasker.pk}
    rows = ask(OPEN_APART, terms | {"apart": list(apart)}) if apart else ask(OPEN, terms)
    return {pk: Left(tasks, looked < LOOKED) for pk, tasks, looked in rows}


def together(outlooks: Collection[Outlook]) -> Outlook:
    """Of several projects as one."""
    backs = [one.back for one in outlooks if one.back is not None]
    since = [one.loading for one in outlooks if one.loading is not None]
    some = [any(values) for values in zip(*(one[2:] for one in outlooks), strict=True)]
    return Outlook(min(backs, default=None), min(since, default=None), *some)
