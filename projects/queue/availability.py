"""How much is open to somebody in a project; and where nothing is, why, and what may still come: back from others'
hands, or in from a file that is being loaded."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from projects.models import FIRST_SLOTS
from projects.queue.candidate_slots import Choice
from projects.queue.leases import expire_due
from projects.queue.list_sql import OPEN_LISTED
from projects.queue.no_work import (
    AskAgain,
    Nothing,
    all_done,
    done_by_others,
    for_others,
    loading,
    nothing_yet,
    stopped,
    waiting,
)
from projects.queue.slots import MOST_WANTED
from projects.queue.sql import NOT_FREE
from taskers.database.prepared import ask_rows
from taskers.models import Person

# What may come for somebody in some projects. Whoever loads a file that hasn't come in within an hour is told so on its
# page; nobody else waits for it.
OUTLOOK = f"""
SELECT p.id AS project, (
  SELECT extract(epoch FROM min(a.deadline) - clock_timestamp())::float FROM (
    SELECT a.* FROM projects_batch b CROSS JOIN LATERAL (
      SELECT a.batch_id, a.task_id, a.deadline FROM projects_assignment a
      WHERE a.batch_id = b.id AND a.state = 'held' AND a.held_at IS NOT NULL AND a.ended_at IS NULL AND a.kind = 'judge'
      ORDER BY a.deadline LIMIT 50
    ) a WHERE b.project_id = p.id AND b.state = 'live' LIMIT 200
  ) a WHERE NOT {NOT_FREE}
) AS back, (
  SELECT extract(epoch FROM clock_timestamp() - max(i.started_at))::float FROM projects_batch b
  JOIN projects_import i ON i.batch_id = b.id
  WHERE b.project_id = p.id AND b.state = 'live' AND i.state IN ('waiting', 'planning', 'running')
    AND i.started_at > clock_timestamp() - interval '1 hour'
) AS loading, EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_task t WHERE t.batch_id = b.id AND t.wanted > 0 OFFSET 0)
) AS filled, EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state <> 'live'
) AS resting, EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_assignment a WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge' OFFSET 0)
) AS open, EXISTS (
  SELECT FROM projects_batch b WHERE b.project_id = p.id AND b.state = 'live' AND EXISTS (
    SELECT FROM projects_assignment a WHERE a.tasker_id = %(tasker)s::bigint AND a.batch_id = b.id
      AND a.kind || '' = 'judge' AND a.state IN ('submitted', 'skipped') OFFSET 0)
) AS did
FROM unnest(%(projects)s::bigint[]) AS p(id)
"""


# What is open in some projects from where this tasker's walk stands, so many judgements of each; tasks that are theirs
# already are left out, and each counts once however many judgements of it are open.
LOOKED = 300
STEPS = (10, 20, 50, 100, 200, LOOKED)
OPEN = f"""
SELECT p.id AS project, n.tasks, n.looked FROM unnest(%(projects)s::bigint[]) AS p(id) JOIN LATERAL (
  SELECT depth_first FROM projects_projectsettings WHERE project_id = p.id ORDER BY version DESC LIMIT 1
) o ON true CROSS JOIN LATERAL (
  SELECT count(DISTINCT a.task_id) FILTER (WHERE a.free) AS tasks, count(*) AS looked FROM (
    SELECT a.task_id, NOT {NOT_FREE} AS free FROM projects_batch b CROSS JOIN LATERAL (
      SELECT a.slot FROM projects_assignment a WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge'
      ORDER BY a.slot DESC, a.walk_key DESC LIMIT 1
    ) deepest CROSS JOIN LATERAL (
      SELECT generate_series({FIRST_SLOTS}, deepest.slot)
      UNION ALL SELECT generate_series(0, least(deepest.slot, {MOST_WANTED - 1}))
    ) AS s(slot)
    LEFT JOIN projects_batchcursor c ON c.tasker_id = %(tasker)s::bigint AND c.batch_id = b.id
      AND c.slot = CASE WHEN o.depth_first THEN s.slot / {FIRST_SLOTS} * {FIRST_SLOTS} ELSE s.slot END
    CROSS JOIN LATERAL (
      SELECT a.batch_id, a.task_id FROM projects_assignment a
      WHERE a.batch_id = b.id AND a.slot = s.slot AND a.walk_key > coalesce(c.assignment_key, 0) AND a.state = 'open'
        AND a.kind = 'judge'
      ORDER BY a.walk_key LIMIT {LOOKED}
    ) a WHERE b.project_id = p.id AND b.state = 'live' LIMIT {LOOKED}
  ) a
) n
"""


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
    def least(self) -> int:
        """Where the number itself isn't told: at least so many."""
        return max((step + 1 for step in STEPS if step < self.most), default=1)

    @property
    def none(self) -> bool:
        """Whether it is known that there is nothing."""
        return self.whole and not self.tasks


class Outlook(NamedTuple):
    """Of a project with nothing open for somebody."""

    project: int
    back: float | None  # in how many seconds the first lease of others runs out, on a task that they may still do
    loading: float | None  # for how many seconds the newest file has been on its way in
    filled: bool  # a live batch has tasks
    resting: bool  # a batch that isn't live is there
    open: bool  # something is open, for others
    did: bool  # they did something in a live batch


class _Open(NamedTuple):
    project: int
    tasks: int
    looked: int


def explain_no_work(choice: Choice) -> Nothing:
    """Why this tasker gets nothing where they chose from last. Raises AskAgain where there is something by now: a lease
    of others ran out, or rows of a file came in after the walk."""
    if choice.refused:
        why = next(iter(choice.refusals.values()))
        return replace(why, retry_seconds=choice.day.seconds_left) if why.code == "daily-cap" else why
    terms = {"tasker": choice.tasker.pk, "projects": [project.pk for project in choice.allowed], "partners": []}
    outlooks = ask_rows(OUTLOOK, terms, Outlook)
    backs = [outlook.back for outlook in outlooks if outlook.back is not None]
    if backs and min(backs) <= 0 and expire_due(projects=list(choice.projects.values())):
        raise AskAgain()
    nothing = _nothing(outlooks)
    if nothing.retry_seconds is None and _open_by_now(choice, outlooks):
        raise AskAgain()
    return nothing


def _open_by_now(choice: Choice, outlooks: Sequence[Outlook]) -> bool:
    """Whether something is open to them after all, ahead of where their walks stand."""
    open_in = [row.project for row in outlooks if row.open and not choice.terms[row.project].by_list]
    return bool(open_in) and any(
        left.tasks for left in open_to(choice.tasker, open_in, partners=choice.partners).values()
    )


def nothing_open(tasker: Person, projects: Sequence[int]) -> dict[int, Nothing]:
    """By project key: why nothing is open to this tasker there. One statement."""
    asked = {"tasker": tasker.pk, "projects": list(projects), "partners": []}
    return {one.project: _nothing([one]) for one in ask_rows(OUTLOOK, asked, Outlook)}


def open_to(tasker: Person, projects: Sequence[int], *, partners: Collection[int] = ()) -> dict[int, Left]:
    """How many tasks are open to this tasker, by project key: one statement, and few rows of each project.

    `partners` are those who must not judge the same task.
    """
    terms = {"projects": list(projects), "tasker": tasker.pk, "partners": list(partners)}
    return {one.project: Left(one.tasks, one.looked < LOOKED) for one in ask_rows(OPEN, terms, _Open)}


def listed_to(tasker: Person, projects: Sequence[int], *, partners: Collection[int] = ()) -> dict[int, Left]:
    """The same of this tasker's lists, in projects where people work by list."""
    terms = {"projects": list(projects), "tasker": tasker.pk, "partners": list(partners), "most": LOOKED}
    return {one.project: Left(one.tasks, one.looked < LOOKED) for one in ask_rows(OPEN_LISTED, terms, _Open)}


def _nothing(of: Sequence[Outlook]) -> Nothing:
    """The answer to whom nothing is open in these projects, as one."""
    if since := [one.loading for one in of if one.loading is not None]:
        return loading(min(since))
    if backs := [one.back for one in of if one.back is not None]:
        return waiting(min(backs))
    if not any(one.filled for one in of):
        return stopped() if any(one.resting for one in of) else nothing_yet()
    if any(one.did for one in of):
        return all_done()
    return for_others() if any(one.open for one in of) else done_by_others()
