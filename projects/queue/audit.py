"""DESIGN rules 1 and 2 as one query that looks at every task: what is wrong with the promises, if anything."""

from typing import NamedTuple

from django.db import connection

# One row per kind of breach and task, and one without a kind: how many tasks there are. In one statement, so that all
# of it is about one moment, however much is claimed and handed in meanwhile.
AUDIT = """
WITH counted AS (
  SELECT t.id, t.wanted, t.withheld = '' AND b.state = 'live' AS dealt,
    count(a.id) AS promised, count(a.id) FILTER (WHERE a.state <> 'open') AS given
  FROM projects_task t
  JOIN projects_batch b ON b.id = t.batch_id
  LEFT JOIN projects_assignment a ON a.task_id = t.id AND a.kind = 'judge'
    AND a.state IN ('open', 'held', 'submitted') AND a.voided_at IS NULL
  GROUP BY t.id, t.wanted, t.withheld, b.state
)
SELECT '' AS what, count(*) AS number FROM counted
UNION ALL
SELECT promised || ' promises where ' || wanted || ' are wanted', c.id FROM counted c
  WHERE dealt AND promised <> wanted
    AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = c.id AND v.superseded_at IS NULL)
UNION ALL
SELECT 'more judgements than wanted', id FROM counted WHERE given > wanted
UNION ALL
SELECT 'two judgements by one person', task_id FROM projects_assignment
  WHERE kind = 'judge' AND state IN ('held', 'submitted') GROUP BY task_id, tasker_id HAVING count(*) > 1
UNION ALL
SELECT 'reviewed by somebody who judged it', r.task_id FROM projects_assignment r
  JOIN projects_assignment j ON j.task_id = r.task_id AND j.tasker_id = r.tasker_id
    AND j.kind = 'judge' AND j.state IN ('held', 'submitted')
  WHERE r.kind = 'review' AND r.state IN ('held', 'submitted')
UNION ALL
SELECT 'handed in without an annotation', a.task_id FROM projects_assignment a
  LEFT JOIN projects_annotation n ON n.assignment_id = a.id AND n.superseded_at IS NULL
  WHERE a.state = 'submitted' AND n.id IS NULL
UNION ALL
SELECT 'an annotation of work that was not handed in', a.task_id FROM projects_annotation n
  JOIN projects_assignment a ON a.id = n.assignment_id WHERE a.state <> 'submitted'
"""


class Audit(NamedTuple):
    """What was found: every breach as (what, task key), and how many tasks were looked at."""

    breaches: list[tuple[str, int]]
    tasks: int


def audit() -> Audit:
    """Look at every task; no breaches when the rules hold. What is archived isn't in these tables."""
    with connection.cursor() as cursor:
        cursor.execute(AUDIT)
        rows = cursor.fetchall()
    tasks = next(number for what, number in rows if not what)
    return Audit([(what, key) for what, key in rows if what], tasks)
