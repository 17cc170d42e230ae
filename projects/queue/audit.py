"""DESIGN rules 1 and 2 as one query each: what is wrong with the promises, if anything."""

from django.db import connection

# Rule 1, conservation: for every undecided task of a live batch that isn't withheld, what counts equals `wanted`.
CONSERVATION = """
SELECT t.id, t.wanted, count(a.id)
FROM projects_task t
JOIN projects_batch b ON b.id = t.batch_id AND b.state = 'live'
LEFT JOIN projects_assignment a ON a.task_id = t.id AND a.kind = 'judge'
  AND a.state IN ('open', 'held', 'submitted') AND a.voided_at IS NULL
WHERE t.withheld = '' AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
GROUP BY t.id, t.wanted HAVING count(a.id) <> t.wanted
"""

# Rule 2: two judgements of one person on one task; more handed out than wanted; a review of one's own work.
FAIRNESS = """
SELECT 'two judgements by one person', task_id FROM projects_assignment
  WHERE kind = 'judge' AND state IN ('held', 'submitted') GROUP BY task_id, tasker_id HAVING count(*) > 1
UNION ALL
SELECT 'more judgements than wanted', t.id FROM projects_task t JOIN projects_assignment a ON a.task_id = t.id
  WHERE a.kind = 'judge' AND a.state IN ('held', 'submitted') AND a.voided_at IS NULL
  GROUP BY t.id, t.wanted HAVING count(*) > t.wanted
UNION ALL
SELECT 'reviewed by somebody who judged it', r.task_id FROM projects_assignment r
  JOIN projects_assignment j ON j.task_id = r.task_id AND j.tasker_id = r.tasker_id
    AND j.kind = 'judge' AND j.state IN ('held', 'submitted')
  WHERE r.kind = 'review' AND r.state IN ('held', 'submitted')
UNION ALL
SELECT 'handed in without an annotation', a.task_id FROM projects_assignment a
  LEFT JOIN projects_annotation n ON n.assignment_id = a.id WHERE a.state = 'submitted' AND n.id IS NULL
UNION ALL
SELECT 'an annotation of work that was not handed in', a.task_id FROM projects_annotation n
  JOIN projects_assignment a ON a.id = n.assignment_id WHERE a.state <> 'submitted'
"""


def audit() -> list[tuple[str, int]]:
    """Every breach as (what, task key); empty when the rules hold."""
    with connection.cursor() as cursor:
        cursor.execute(CONSERVATION)
        breaches = [(f"{counted} promises where {wanted} are wanted", pk) for pk, wanted, counted in cursor.fetchall()]
        cursor.execute(FAIRNESS)
        return breaches + cursor.fetchall()
