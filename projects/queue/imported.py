"""Work that was done elsewhere, handed in for somebody who never held it: it fills a judgement that is open."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from projects.models import AnswerTimes, Assignment, Project
from projects.queue.slots import MOST_WANTED, open_slots
from taskers.database.prepared import ask_named

# The first open judgement of a task becomes a submitted one: so as many are wanted, open or in as before. Unpaid (it
# was promised nothing), and nobody who judged the task already, or holds it, judges it again.
HAND_IN = """
WITH mine AS (
  UPDATE projects_assignment SET state = 'submitted', tasker_id = %(tasker)s::bigint, token = gen_random_uuid(),
    deadline = clock_timestamp(), held_at = clock_timestamp(), ended_at = clock_timestamp(), reason = 'imported',
    settings_version = %(version)s::int, rate = 0, copilot = false
  WHERE id = (
    SELECT id FROM projects_assignment
    WHERE task_id = %(task)s::bigint AND (kind || '', state || '') = ('judge', 'open')
    ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED
  ) AND NOT EXISTS (
    SELECT FROM projects_assignment theirs WHERE theirs.task_id = %(task)s::bigint
      AND coalesce(theirs.tasker_id, 0) = %(tasker)s::bigint AND theirs.state IN ('held', 'submitted')
  )
  RETURNING id, task_id, batch_id
), written AS (
  INSERT INTO projects_annotation (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms,
    refused, source_answered_at, source_duration_ms)
  SELECT gen_random_uuid(), id, task_id, %(tasker)s::bigint, %(answer)s::jsonb, %(version)s::int, 0, '[]'::jsonb,
    %(answered_at)s::timestamptz, %(duration_ms)s::bigint
  FROM mine
  RETURNING id, assignment_id
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'submitted', %(tasker)s::bigint, %(project_key)s::uuid,
    'task:' || t.public_id, jsonb_build_object('batch', mine.batch_id, 'task', mine.task_id, 'assignment', mine.id,
      'annotation', written.id, 'imported', true)
  FROM mine JOIN written ON true JOIN projects_task t ON t.id = mine.task_id
)
SELECT w.id, NOT EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = %(task)s::bigint AND a.id <> w.assignment_id
    AND (a.kind || '') = 'judge' AND (a.state || '') IN ('open', 'held')
) AS complete
FROM written w
"""

# Only tasks that nobody here has worked on, and that are neither decided nor withheld, get more room. The caller holds
# the locks of the tasks.
EXTEND = """
WITH asked AS (
  SELECT task, array_agg(tasker) AS taskers FROM unnest(%(tasks)s::bigint[], %(taskers)s::bigint[]) AS u(task, tasker)
  GROUP BY task
), counted AS (
  SELECT t.id, t.wanted AS before, least(%(most)s, (
    SELECT count(DISTINCT tasker) FROM (
      SELECT unnest(asked.taskers) AS tasker UNION
      SELECT a.tasker_id FROM projects_assignment a
      WHERE a.task_id = t.id AND a.kind = 'judge' AND a.state = 'submitted' AND a.voided_at IS NULL
    ) each_once)) AS needed
  FROM asked JOIN projects_task t ON t.id = asked.task
  WHERE t.batch_id = %(batch)s AND t.id >= %(first)s AND t.withheld = ''
    AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
    AND NOT EXISTS (
      SELECT FROM projects_assignment a WHERE a.task_id = t.id
        AND (a.state = 'held' OR (a.state = 'submitted' AND a.reason <> 'imported')))
)
UPDATE projects_task t SET wanted = c.needed FROM counted c WHERE t.id = c.id AND c.needed > c.before
RETURNING t.id, c.needed - c.before
"""


class PastJudgement(NamedTuple):
    """An answer that somebody gave elsewhere, checked; as JSON."""

    task: int
    tasker: int
    answer: str
    times: AnswerTimes = AnswerTimes()


@dataclass
class Opening:
    """Room for judgements of a task, as `hand_in_imported` finds it: those that are open, and who judged it already."""

    open: int = 0
    taskers: set[int] = field(default_factory=set)

    def take(self, tasker: int | None) -> bool:
        """Fill a place; False where there is none for this tasker (None: one that is new)."""
        if not self.open or tasker in self.taskers:
            return False
        self.open -= 1
        if tasker is not None:
            self.taskers.add(tasker)
        return True


def openings_of(tasks: Collection[int]) -> dict[int, Opening]:
    """The room that is left in each of these tasks."""
    rows = Assignment.objects.filter(task__in=tasks)
    places = rows.filter(kind=Assignment.Kind.JUDGE, state=Assignment.State.OPEN)
    open_by_task = Counter(places.values_list("task_id", flat=True))
    openings = {task: Opening(open_by_task[task]) for task in tasks}
    taken = rows.filter(state__in=[Assignment.State.HELD, Assignment.State.SUBMITTED], tasker__isnull=False)
    for task, tasker in taken.values_list("task_id", "tasker_id"):
        openings[task].taskers.add(tasker)
    return openings


def hand_in_imported(project: Project, version: int, judgements: Sequence[PastJudgement]) -> tuple[list[int], set[int]]:
    """Hand these in, each in the place of an open judgement of its task: the places, in this list, of those for which
    there was none, or whose annotator judged the task before; and the tasks of which nobody is waited for any more."""
    left, complete = [], set()
    for place, one in enumerate(judgements):
        rows = ask_named(
            HAND_IN,
            {
                "task": one.task,
                "tasker": one.tasker,
                "answer": one.answer,
                **one.times._asdict(),
                "version": version,
                "organization": project.organization_id,
                "project_key": project.public_id,
            },
        )
        if not rows:
            left.append(place)
        elif rows[0]["complete"]:
            complete.add(one.task)
    return left, complete


def extend_imported(batch_key: int, first: int, answers: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Want as many judgements of a batch's tasks, from the first on, as were brought in and are brought by these pairs
    of task and tasker; how many more each task wants. The caller holds the tasks' locks."""
    tasks, taskers = [task for task, _ in answers], [tasker for _, tasker in answers]
    terms: dict[str, Any] = {
        "tasks": tasks,
        "taskers": taskers,
        "batch": batch_key,
        "first": first,
        "most": MOST_WANTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(EXTEND, terms)
        added = dict(cursor.fetchall())
    open_slots(list(added))
    return added
