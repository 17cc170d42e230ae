"""What becomes of a task once its answers were weighed: asked of more people, passed on, or settled.

Each is one statement, with its event where the verdict doesn't tell it. The caller holds the task's lock and has seen
that the move may be made. Rows are found by the task: a comparison that implied "open" or "withheld" would let the
planner walk all those.
"""

import json
from typing import Any

from projects.models import FIRST_SLOTS, Task
from taskers.database.prepared import ask
from taskers.models import Person

# Puts back what is missing to `wanted`, in the lowest free slots, for a task that is neither decided nor withheld.
# Where a project finishes tasks, what is missing of one comes before what nobody has begun.
MISSING = f"""
counting AS (
  SELECT mod(slot, {FIRST_SLOTS}) AS slot FROM projects_assignment
  WHERE task_id = %(task)s::bigint AND kind = 'judge' AND state IN ('open', 'held', 'submitted') AND voided_at IS NULL
), missing AS (
  SELECT t.id, t.batch_id, t.wanted, greatest(t.priority, (
    SELECT s.depth_first::int FROM projects_projectsettings s WHERE s.project_id = t.project_id
    ORDER BY s.version DESC LIMIT 1)) AS priority, t.wanted - (SELECT count(*) FROM counting) AS number
  FROM {{task}} t
  WHERE t.id = %(task)s::bigint AND t.withheld = ''
    AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
), filled AS (
  INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot)
  SELECT m.id, m.batch_id, 'judge', 'open', s.slot + m.priority * {FIRST_SLOTS}
  FROM missing m CROSS JOIN LATERAL (
    SELECT g.slot FROM generate_series(0, m.wanted + 100) AS g(slot)
    WHERE g.slot NOT IN (SELECT slot FROM counting)
    ORDER BY g.slot LIMIT greatest(m.number, 0)
  ) AS s
  RETURNING id
)"""
FILL = f"WITH {MISSING.format(task='projects_task')} SELECT count(*) FROM filled"

WITHDRAWN = """
withdrawn AS (
  UPDATE projects_assignment SET state = 'withdrawn', ended_at = clock_timestamp()
  WHERE task_id = %(task)s::bigint AND (kind || '', state || '') = ('judge', 'open')
)"""
TOLD = """
told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  VALUES (%(organization)s::bigint, %(event)s, %(actor)s::bigint, %(project_key)s::uuid, %(subject)s, %(told)s::jsonb)
)"""
ASK_MORE = f"""
WITH raised AS (
  UPDATE projects_task SET wanted = %(wanted)s::int, withheld = CASE withheld WHEN 'review' THEN '' ELSE withheld END
  WHERE id = %(task)s::bigint
  RETURNING id, project_id, batch_id, wanted, withheld, priority
), {MISSING.format(task="raised")}, {TOLD}
SELECT withheld FROM raised
"""
PASS_ON = f"""
WITH withheld AS (
  UPDATE projects_task SET withheld = %(why)s,
    review_rank = coalesce(-(SELECT gain FROM projects_posterior WHERE task_id = %(task)s::bigint), 0)
  WHERE id = %(task)s::bigint AND withheld || '' = ''
), {WITHDRAWN}, {TOLD}
SELECT 1
"""
SETTLE = f"""
WITH restored AS (
  UPDATE projects_task SET withheld = '' WHERE id = %(task)s::bigint AND withheld || '' <> ''
), {WITHDRAWN}
SELECT 1
"""
LOWER = f"""
WITH lowered AS (UPDATE projects_task SET wanted = %(wanted)s::int WHERE id = %(task)s::bigint), {TOLD}
SELECT 1
"""


def fill(task: Task) -> int:
    """Open as many judgements as are missing to `wanted`."""
    return ask(FILL, {"task": task.pk})[0][0]


def ask_more(task: Task, wanted: int, *, by: Person | None = None) -> None:
    """Ask for more judgements of an undecided task: so many in all. One that waited for a reviewer waits no more."""
    told = {"wanted": wanted, "added": wanted - task.wanted, "waited": task.withheld}
    ((task.withheld,),) = ask(ASK_MORE, _telling("overlap_raised", task, by, **told) | {"wanted": wanted})
    task.wanted = wanted


def ask_fewer(task: Task, wanted: int) -> None:
    """Ask for fewer judgements of an undecided task, of which nothing is open: so many in all."""
    told = {"wanted": wanted, "removed": task.wanted - wanted}
    ask(LOWER, _telling("overlap_lowered", task, None, **told) | {"wanted": wanted})
    task.wanted = wanted


def pass_on(task: Task, why: str, *, by: Person | None = None, note: str = "") -> None:
    """Hand an undecided task out no more, for one of Task.Withheld's reasons. What waits for a reviewer has its place
    by what one more judgement would tell, as far as that is known."""
    ask(PASS_ON, _telling("withheld", task, by, why=why, note=note) | {"why": why})
    task.withheld = why


def settle(task: Task) -> None:
    """Nothing of a task that was decided just now is handed out or waits any more; its verdict tells it."""
    ask(SETTLE, {"task": task.pk})
    task.withheld = ""


def _telling(event: str, task: Task, by: Person | None, **told: object) -> dict[str, Any]:
    """The terms of `TOLD`."""
    return {
        "task": task.pk,
        "organization": task.project.organization_id,
        "event": event,
        "actor": by.pk if by else None,
        "project_key": task.project.public_id,
        "subject": f"task:{task.public_id}",
        "told": json.dumps({"batch": task.batch_id, "task": task.pk} | told),
    }
