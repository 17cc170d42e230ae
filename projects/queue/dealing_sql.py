"""What dealing asks of the database, statement by statement: gold, and work that is left out of consensus.

Neither lies on a walk. The statements are parts of a claim, as those in sql.py are.
"""

from projects.queue.model_draws import GOLD_HELPED, MODELS_AUDITED, helped
from projects.queue.sql import HELD, STRIDE, free_rows

# What a draw of who goes without the copilot asks of work that is dealt by itself, as `t`.
OWN_TERMS = {
    "copilot": "%(copilot)s::boolean",
    "control": "%(control)s::float",
    "task": "t.id",
    "key": "%(project_key)s::uuid",
}

# The least used of the stock that this tasker neither saw, whatever became of it, nor made, nor was shown the right
# answer to under another name. Worn out, gold leaves the stock by itself; suspect, it waits for a manager.
UNSEEN = """projects_pooledgold g JOIN projects_gold known ON known.id = g.gold_id
  WHERE g.project_id = %(project)s::bigint AND g.pool = 'control' AND g.retired_at IS NULL AND g.suspect_at IS NULL
    AND known.retired_at IS NULL
    AND NOT EXISTS (
      SELECT FROM projects_assignment seen
      WHERE seen.task_id = known.task_id AND seen.tasker_id = %(tasker)s::bigint OFFSET 0)
    AND NOT EXISTS (
      SELECT FROM projects_task t JOIN projects_seenanswer shown ON shown.payload_hash = t.payload_hash
      WHERE t.id = known.task_id AND shown.project_id = g.project_id AND shown.tasker_id = %(tasker)s::bigint OFFSET 0)
    AND known.made_by_id IS DISTINCT FROM %(tasker)s::bigint"""
NEXT_GOLD = f"SELECT known.task_id FROM {UNSEEN} ORDER BY g.uses, g.shuffle LIMIT 1"

# What a walk looks at before it takes: looked at where gold may be dealt instead, so that dealing it takes as long.
WALK_PAST = f"""
SELECT count(*) FROM (
  SELECT FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(shifts)s::int[])
    AS p(batch, slot, after, shift)
  CROSS JOIN LATERAL (
    {free_rows(STRIDE)}
  ) free
  LIMIT 1
) free
"""

# One more number for the tasker, if it is still the one that was read, and the assignment of what was `picked`.
NUMBERED = """), numbered AS (
  INSERT INTO projects_claimnumber AS n (tasker_id, number)
  SELECT %(tasker)s::bigint, %(number)s::bigint + 1 WHERE EXISTS (SELECT FROM picked)
  ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1 WHERE n.number = %(number)s::bigint
  RETURNING number
"""


def _taken(kind: str, is_helped: str) -> str:
    """The rest of a statement that deals: `picked` becomes an assignment of this kind, held, and an event tells it."""
    return f"""), taken AS (
  INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot, tasker_id, token, held_at, deadline,
    settings_version, rate, copilot)
  SELECT t.id, t.batch_id, '{kind}', 'held', 0, %(tasker)s::bigint, %(token)s::uuid, clock_timestamp(),
    clock_timestamp() + make_interval(secs => %(lease)s::int), %(version)s::int, %(rate)s::bigint,
    {is_helped}
      AND NOT {MODELS_AUDITED.format(task="t.id", project="%(project)s::bigint", share="%(audit)s::float")}
  FROM numbered, picked JOIN projects_task t ON t.id = picked.task_id
  RETURNING *
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'dealt', %(tasker)s::bigint, %(project_key)s::uuid, 'task:' || t.public_id,
    jsonb_build_object('batch', a.batch_id, 'task', a.task_id, 'assignment', a.id, 'kind', a.kind)
  FROM taken a JOIN projects_task t ON t.id = a.task_id
)
SELECT {HELD}
FROM picked LEFT JOIN taken a ON a.task_id = picked.task_id
LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
"""


# Deals gold: inserts it held, if the claim number is still the same. What is being dealt at this moment is passed by,
# so the stock rotates. What was looked up ahead is found by its key, as a judgement is: the stock may be large.
DEAL_GOLD = f"""
WITH requested AS (
  SELECT g.gold_id, known.task_id FROM {UNSEEN} AND known.task_id = %(requested)s::bigint
  LIMIT 1 FOR UPDATE OF g SKIP LOCKED
), following AS (
  SELECT g.gold_id, known.task_id FROM {UNSEEN} AND NOT EXISTS (SELECT FROM requested)
  ORDER BY g.uses, g.shuffle LIMIT 1 FOR UPDATE OF g SKIP LOCKED
), picked AS (
  SELECT * FROM requested UNION ALL SELECT * FROM following
{NUMBERED}), worn AS (
  UPDATE projects_pooledgold g SET uses = g.uses + 1, shuffle = %(shuffle)s::float,
    retired_at = CASE WHEN g.uses + 1 >= r.gold_uses THEN clock_timestamp() END,
    retired_why = CASE WHEN g.uses + 1 >= r.gold_uses THEN 'worn out' ELSE '' END
  FROM picked, numbered, projects_assignmentrules r WHERE g.gold_id = picked.gold_id AND r.project_id = g.project_id
{_taken("gold", helped(draw=GOLD_HELPED, **OWN_TERMS))}"""

# The first decided task of a live batch that this tasker had nothing to do with and that is nobody's gold, from a place
# on, in [0, 1), among the tasks of the project.
LEFT_OUT = """
SELECT t.id FROM (
  SELECT t.* FROM projects_task t WHERE t.project_id = %(project)s::bigint AND t.id >= (
    SELECT min(id) + floor(%(place)s::float * (max(id) - min(id) + 1))::bigint FROM projects_task
    WHERE project_id = %(project)s::bigint)
  ORDER BY t.id LIMIT 200
) t JOIN projects_batch b ON b.id = t.batch_id AND b.state = 'live'
WHERE EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL OFFSET 0)
  AND NOT EXISTS (SELECT FROM projects_assignment a
    WHERE a.task_id = t.id AND (a.tasker_id = %(tasker)s::bigint OR a.state = 'held') OFFSET 0)
  AND NOT EXISTS (SELECT FROM projects_gold g WHERE g.task_id = t.id OFFSET 0)
ORDER BY t.id LIMIT 1
"""
DEAL_LEFT_OUT = f"""
WITH picked AS (
  SELECT id AS task_id FROM projects_task WHERE id = %(task)s::bigint
{NUMBERED}{_taken("extra", helped(**OWN_TERMS))}"""
