"""What a claim asks of the database, statement by statement. Rows are read by the names of their columns.

The walk is cheap because the planner is left no choice: LATERAL and OFFSET 0 make it go row by row along one index, in
the order of the slots and, within one, of the keys, and look up each row's conditions by themselves.
"""

from projects.models import FIRST_SLOTS, Asset, Assignment, Task
from projects.queue.model_draws import MODELS_AUDITED, helped
from taskers.database.prepared import columns

# What a claim chooses from: of each project what it promises to and asks of this tasker (candidate_slots.Terms), and
# with it, one row each, the batches that have something open (candidate_slots.OpenBatch): those behind `after` in the
# order in which work is wanted, at most so many. Days are asked where they have a limit; whoever sets their clock back
# or forth gets no other day by it (local_time.counts_today).
CHOOSE_BATCHES = f"""
WITH live AS (
  SELECT p.id AS project_id, b.id, b.deadline, p.priority + b.priority AS priority, s.rate,
    coalesce(pace.served_at, b.created_at) AS served_at,
    (g.wanted - g.submitted) / nullif(sum(pace.hourly) OVER (PARTITION BY p.id), 0) AS hours
  FROM projects_project p
  JOIN projects_batch b ON b.project_id = p.id AND b.state = 'live'
  JOIN LATERAL (
    SELECT rate FROM projects_projectsettings WHERE project_id = p.id ORDER BY version DESC LIMIT 1
  ) s ON true
  LEFT JOIN projects_batchpace pace ON pace.batch_id = b.id
  LEFT JOIN projects_batchprogress g ON g.batch_id = b.id
  WHERE p.id = ANY(%(projects)s::bigint[]) AND p.state = 'live'
), ranked AS MATERIALIZED (
  SELECT project_id, id, row_number() OVER (
    ORDER BY priority + floor(extract(epoch FROM clock_timestamp() - served_at) / %(aging)s::float) DESC,
      CASE WHEN deadline > clock_timestamp() + make_interval(hours => least(coalesce(hours, 0), 87600)::int) THEN 0
        WHEN deadline IS NOT NULL THEN 1 ELSE 2 END,
      deadline, rate DESC, id) AS rank
  FROM live
), batch AS MATERIALIZED (
  SELECT r.project_id, r.id, r.rank, deepest.slot - {FIRST_SLOTS} AS first,
    CASE WHEN deepest.slot < {FIRST_SLOTS} THEN deepest.slot ELSE (
      SELECT a.slot FROM projects_assignment a
      WHERE a.batch_id = r.id AND a.slot < {FIRST_SLOTS} AND a.state = 'open' AND a.kind = 'judge'
      ORDER BY a.slot DESC, a.walk_key DESC LIMIT 1) END AS slot
  FROM (
    SELECT * FROM ranked WHERE rank > coalesce(%(after)s::bigint, 0) ORDER BY rank OFFSET 0
  ) r CROSS JOIN LATERAL (
    SELECT a.slot FROM projects_assignment a WHERE a.batch_id = r.id AND a.state = 'open' AND a.kind = 'judge'
    ORDER BY a.slot DESC, a.walk_key DESC LIMIT 1
  ) deepest
  LIMIT %(most)s::int
)
SELECT p.id AS project,
  coalesce((SELECT number FROM projects_claimnumber WHERE tasker_id = %(tasker)s::bigint), 0) AS number,
  coalesce(r.mode, 'pool') AS mode,
  s.version, s.lease_seconds AS lease, s.rate, s.raise_percent, s.raise_from, s.copilot,
  s.control_share AS control, s.planted_share AS planted,
  (SELECT max(x.audit_share) FROM projects_modelannotator x WHERE x.project_id = p.id AND x.mode <> 'off') AS audit,
  held.id AS held, r.standing_floor, r.standing_evidence, st.good, st.poor, r.daily_tasks, r.daily_earnings,
  day.judgements AS judgements_today, day.promised AS promised_today,
  CASE WHEN s.file_order OR r.mode <> 'pool' THEN 0 ELSE r.gold_share END AS gold_share,
  s.depth_first, s.file_order,
  r.training_tasks, trained.value AS trained,
  barred.kind AS barred, barred.reason AS barred_reason, barred.until AS barred_until,
  spending.reached_at IS NOT NULL AS spent,
  (SELECT jsonb_agg(jsonb_build_object('name', k.name, 'kind', k.kind, 'comparator', q.comparator, 'value', q.value,
     'values', q.values, 'mine', mine.value))
   FROM projects_requirement q JOIN taskers_skill k ON k.id = q.skill_id
   LEFT JOIN taskers_qualification mine ON mine.skill_id = q.skill_id AND mine.person_id = %(tasker)s::bigint
     AND (mine.expires_at IS NULL OR mine.expires_at > clock_timestamp())
   WHERE q.project_id = p.id AND NOT CASE q.comparator
     WHEN 'at_least' THEN coalesce(mine.value >= q.value, false)
     WHEN 'in' THEN coalesce(mine.value = ANY(q.values), false)
     WHEN 'missing' THEN mine.id IS NULL
     ELSE mine.id IS NOT NULL END) AS lacking,
  (SELECT array_agg(x.first_id + x.second_id - %(tasker)s::bigint) FROM projects_conflictofinterest x
   WHERE (x.first_id = %(tasker)s::bigint OR x.second_id = %(tasker)s::bigint)
     AND x.organization_id = p.organization_id AND x.lifted_at IS NULL) AS apart,
  b.rank, b.id AS batch, b.slot AS deepest, b.first, walked.slots, walked.keys, walked.swept, walked.rounds
FROM projects_project p
JOIN LATERAL (
  SELECT version, lease_seconds, rate, raise_percent, raise_from, copilot, control_share, planted_share, file_order,
    depth_first
  FROM projects_projectsettings WHERE project_id = p.id ORDER BY version DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT a.id FROM projects_assignment a JOIN projects_batch h ON h.id = a.batch_id AND h.project_id = p.id
  WHERE a.tasker_id + 0 = %(tasker)s::bigint AND a.state = 'held'
    AND a.kind IN ('judge', 'gold', 'training', 'extra', 'rework')
  ORDER BY a.id + 0 LIMIT 1
) held ON true
LEFT JOIN projects_assignmentrules r ON r.project_id = p.id
LEFT JOIN projects_spendinglimit spending ON spending.project_id = p.id
LEFT JOIN taskers_standing st ON st.tasker_id = %(tasker)s::bigint AND st.project_key = p.public_id
LEFT JOIN LATERAL (
  SELECT sum(d.judgements)::bigint AS judgements, sum(d.promised)::bigint AS promised FROM projects_daytally d
  WHERE (r.daily_tasks IS NOT NULL OR r.daily_earnings IS NOT NULL)
    AND d.tasker_id = %(tasker)s::bigint AND d.project_id = p.id AND d.day >= %(today)s::date - 2
    AND (d.day >= %(today)s::date OR d.at >= %(midnight)s::timestamptz)
) day ON true
LEFT JOIN taskers_qualification trained ON trained.skill_id = r.training_skill_id
  AND trained.person_id = %(tasker)s::bigint AND (trained.expires_at IS NULL OR trained.expires_at > clock_timestamp())
LEFT JOIN LATERAL (
  SELECT x.kind, x.reason, x.until FROM projects_exclusion x
  WHERE x.tasker_id = %(tasker)s::bigint AND x.organization_id = p.organization_id AND x.lifted_at IS NULL
    AND (x.project_id IS NULL OR x.project_id = p.id) AND (x.until IS NULL OR x.until > clock_timestamp())
  ORDER BY x.until DESC LIMIT 1
) barred ON true
LEFT JOIN batch b ON b.project_id = p.id
LEFT JOIN LATERAL (
  SELECT array_agg(c.slot) AS slots, array_agg(c.assignment_key) AS keys, array_agg(c.swept) AS swept,
    array_agg(c.rounds) AS rounds
  FROM projects_batchcursor c WHERE c.tasker_id = %(tasker)s::bigint AND c.batch_id = b.id
) walked ON b.id IS NOT NULL
WHERE p.id = ANY(%(projects)s::bigint[])
ORDER BY b.rank
"""

# Whether row `a` is of a task that this tasker, or somebody they are kept apart from, had to do with: then the walk
# passes it by. A look-up per row, by the task, and whatever the statistics say by nothing else: to a planner that knows
# of nothing taken yet, all that this tasker, or anybody, ever did looks like no rows (a plain comparison would say that
# there is a tasker, and so lead to indexes of only those). Whoever has no partner isn't asked for them.
NOT_FREE = """(EXISTS (
      SELECT FROM projects_assignment mine
      WHERE mine.task_id = a.task_id AND coalesce(mine.tasker_id, 0) = %(tasker)s::bigint
        AND mine.state IN ('held', 'submitted', 'skipped') OFFSET 0
    ) OR cardinality(%(partners)s::bigint[]) > 0 AND EXISTS (
      SELECT FROM projects_assignment theirs
      WHERE theirs.task_id = a.task_id AND coalesce(theirs.tasker_id, 0) = ANY(%(partners)s::bigint[])
        AND theirs.kind = 'judge'
        AND theirs.state IN ('held', 'submitted', 'expired') OFFSET 0
    ))"""
# What `candidate_slots.as_columns` gives.
SLOTS = """unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(versions)s::int[], %(leases)s::int[],
    %(rates)s::bigint[], %(copilots)s::boolean[], %(controls)s::float[], %(audits)s::float[], %(projects)s::bigint[],
    %(organizations)s::bigint[], %(project_keys)s::uuid[], %(shifts)s::int[])
    AS p(batch, slot, after, version, lease, rate, copilot, control, audit, project, organization, project_key,
      shift)"""
HELD = f"""{columns(Assignment, "a")}, {columns(Task, "t")}, {columns(Asset, "s")}"""

STRIDE = 1000  # rows that one statement looks at before it stores how far it came: no claim walks long at a time
DEPTH_ROWS = 256  # that a walk depth first looks at: room for its shift, whatever its tasker has done near the front

# Where a project finishes tasks, all open rows of a task share one key. A walk goes along those of all slots in turn
# (or of all that come first) by an index of their own, and sees each free task once, in its lowest slot.
DEPTH_WALK = f"""
        SELECT a.id, a.batch_id, a.task_id, a.slot, a.walk_key FROM projects_assignment a
        WHERE a.batch_id = p.batch AND a.slot / {FIRST_SLOTS} = p.slot / {FIRST_SLOTS} AND a.walk_key > p.after
          AND a.state = 'open' AND a.kind = 'judge'
        ORDER BY a.walk_key LIMIT {DEPTH_ROWS}"""
DEPTH_FREE = f"""
      SELECT a.id, a.task_id, a.walk_key FROM ({DEPTH_WALK}
      ) a WHERE NOT {NOT_FREE} AND NOT EXISTS (
        SELECT FROM projects_assignment lower
        WHERE lower.task_id = a.task_id AND (lower.kind || '', lower.state || '') = ('judge', 'open')
          AND lower.slot / {FIRST_SLOTS} = a.slot / {FIRST_SLOTS} AND lower.slot < a.slot OFFSET 0
      )"""


def free_rows(rows: int) -> str:
    """The rows of slot `p` that this tasker could take, in their order: along the slot, so many rows at most.

    Depth first they begin `p.shift` free tasks further on, and end with those before; `front` is the key of the first
    of all.
    """
    return f"""(
      SELECT a.id, a.task_id, NULL::bigint AS front FROM (
        SELECT a.id, a.batch_id, a.task_id FROM projects_assignment a
        WHERE a.batch_id = p.batch AND a.slot = p.slot AND a.walk_key > p.after
          AND a.state = 'open' AND a.kind = 'judge'
        ORDER BY a.walk_key LIMIT {rows}
      ) a WHERE NOT {NOT_FREE} AND p.shift IS NULL OFFSET 0
    ) UNION ALL (
      SELECT a.id, a.task_id, f.walk_key FROM (
        SELECT * FROM ({DEPTH_FREE}) a LIMIT 1
      ) f CROSS JOIN LATERAL (
        (SELECT * FROM ({DEPTH_FREE}) a OFFSET p.shift) UNION ALL (SELECT * FROM ({DEPTH_FREE}) a LIMIT p.shift)
      ) a
      WHERE p.shift IS NOT NULL
    )"""


IN_SLOT = f"""CASE WHEN p.shift IS NULL THEN a.slot + 0 = p.slot
          ELSE a.slot / {FIRST_SLOTS} = p.slot / {FIRST_SLOTS} END"""

# Takes what was found, if the claim number is still the same, and tells the outbox.
TAKEN = f"""numbered AS (
  INSERT INTO projects_claimnumber AS n (tasker_id, number)
  SELECT %(tasker)s::bigint, %(number)s::bigint + 1 WHERE EXISTS (SELECT FROM found)
  ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1 WHERE n.number = %(number)s::bigint
  RETURNING number
), taken AS (
  UPDATE projects_assignment a
  SET state = 'held', tasker_id = %(tasker)s::bigint, token = %(token)s::uuid, held_at = clock_timestamp(),
    deadline = clock_timestamp() + make_interval(secs => found.lease), settings_version = found.version,
    rate = found.rate,
    copilot = {helped(copilot="found.copilot", control="found.control", task="a.task_id", key="found.project_key")}
      AND NOT {MODELS_AUDITED.format(task="a.task_id", project="found.project", share="found.audit")}
  FROM found, numbered WHERE a.id = found.id
  RETURNING a.*, found.organization, found.project_key
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT a.organization, 'claimed', %(tasker)s::bigint, a.project_key, 'task:' || t.public_id,
    jsonb_build_object('batch', a.batch_id, 'task', a.task_id, 'assignment', a.id)
  FROM taken a JOIN projects_task t ON t.id = a.task_id
)"""

# Walks to the next open judgements and takes them, if the claim number is still the same: moves the cursor, which never
# goes back, and tells the outbox. Rows that others are taking are passed by, and those that were put elsewhere since
# they were chosen: the cursor would follow them past all others. Depth first it stays before the first that is free,
# since what lies before the shift is this tasker's yet. What was found and not taken comes as a row of nothing: the
# claim number had moved on.
TAKE = f"""
WITH found AS (
  SELECT a.id, a.reached, p.* FROM {SLOTS}
  CROSS JOIN LATERAL (
    SELECT locked.id, coalesce(free.front - 1, locked.walk_key) AS reached FROM (
    {free_rows(STRIDE)}
    ) free CROSS JOIN LATERAL (
      SELECT a.id, a.walk_key FROM projects_assignment a
      WHERE a.id = free.id AND a.state = 'open' AND a.walk_key + 0 > p.after
        AND {IN_SLOT}
      FOR UPDATE SKIP LOCKED
    ) locked
    LIMIT %(most)s::int
  ) a
  LIMIT %(most)s::int
), {TAKEN}, moved AS (
  INSERT INTO projects_batchcursor AS c (tasker_id, batch_id, slot, assignment_key)
  SELECT %(tasker)s::bigint, found.batch, found.slot, max(found.reached) FROM taken JOIN found ON found.id = taken.id
  GROUP BY found.batch, found.slot
  ON CONFLICT (tasker_id, batch_id, slot)
    DO UPDATE SET assignment_key = greatest(c.assignment_key, excluded.assignment_key)
)
SELECT {HELD}
FROM found LEFT JOIN taken a ON a.id = found.id
LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
ORDER BY a.id
"""

# The same for one task, while it is still open in one of the slots. The cursor stays: what lies before it is this
# tasker's yet.
TAKE_REQUESTED = f"""
WITH found AS (
  SELECT a.id, p.* FROM {SLOTS} JOIN projects_assignment a ON a.batch_id = p.batch AND {IN_SLOT}
  WHERE a.task_id = %(requested)s::bigint AND a.state = 'open' AND a.kind = 'judge' AND NOT {NOT_FREE}
  ORDER BY a.slot LIMIT 1 FOR UPDATE OF a SKIP LOCKED
), {TAKEN}
SELECT {HELD}
FROM found LEFT JOIN taken a ON a.id = found.id
LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
"""

# What this tasker holds of these projects once more, with a fresh deadline; a group comes back whole. One that has lost
# less than a hundredth of its lease is fresh: asking again at once writes nothing.
HELD_AGAIN = f"""
WITH one AS (
  SELECT a.token, make_interval(secs => s.lease_seconds) AS lease FROM projects_assignment a
  JOIN projects_batch h ON h.id = a.batch_id AND h.project_id = ANY(%(projects)s::bigint[])
  JOIN LATERAL (
    SELECT lease_seconds FROM projects_projectsettings WHERE project_id = h.project_id ORDER BY version DESC LIMIT 1
  ) s ON true
  WHERE a.tasker_id + 0 = %(tasker)s::bigint AND a.state = 'held'
    AND a.kind IN ('judge', 'gold', 'training', 'extra', 'rework')
  ORDER BY a.id + 0 LIMIT 1
), held AS MATERIALIZED (
  SELECT a.id, a.deadline < clock_timestamp() + one.lease * 0.99 AS stale, one.lease
  FROM one JOIN projects_assignment a ON a.tasker_id + 0 = %(tasker)s::bigint AND a.state = 'held'
    AND a.token = one.token
), taken AS (
  UPDATE projects_assignment a SET deadline = clock_timestamp() + held.lease
  FROM held WHERE a.id = held.id AND held.stale AND a.state || '' = 'held'
  RETURNING a.*
)
SELECT {HELD}
FROM (
  SELECT * FROM taken UNION ALL
  SELECT a.* FROM held JOIN projects_assignment a ON a.id = held.id WHERE NOT held.stale
) a JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
ORDER BY a.id
"""

# Breadth first, and depth first.
LOOKED_SLOTS = (
    "p.shift IS NULL AND a.slot = p.slot",
    f"p.shift IS NOT NULL AND a.slot / {FIRST_SLOTS} = p.slot / {FIRST_SLOTS}",
)
# The rows of some stretches of the walk, in its order, and which of them this tasker could take.
LOOK = f"""
SELECT p.batch, p.slot, a.walk_key AS key, NOT {NOT_FREE} AS free
FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(upto)s::bigint[], %(shifts)s::int[])
  AS p(batch, slot, after, upto, shift)
CROSS JOIN LATERAL (
  {
    " UNION ALL ".join(
        f'''(
    SELECT a.walk_key, a.batch_id, a.task_id FROM projects_assignment a
    WHERE a.batch_id = p.batch AND {slots} AND a.walk_key > p.after
      AND a.walk_key <= coalesce(p.upto, 9223372036854775807) AND a.state = 'open' AND a.kind = 'judge'
    ORDER BY a.walk_key LIMIT %(rows)s::int
  )'''
        for slots in LOOKED_SLOTS
    )
}
) a
LIMIT %(rows)s::int
"""
# How far both walks came. The first never goes back.
MOVE_CURSORS = """
INSERT INTO projects_batchcursor AS c (tasker_id, batch_id, slot, assignment_key, swept, rounds)
SELECT %(tasker)s::bigint, p.*
FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(swept)s::bigint[], %(rounds)s::int[]) AS p
ON CONFLICT (tasker_id, batch_id, slot) DO UPDATE
  SET assignment_key = greatest(c.assignment_key, excluded.assignment_key), swept = excluded.swept,
    rounds = excluded.rounds
RETURNING c.id
"""

CROWD = 16  # others at work in a batch, as far as their number matters

# What the walk would find, without a lock, or the task that is dealt instead, if one is named; the outbox is told of it
# where a copilot helps. Of as many free tasks as there are people at work each is shown another one: only those up to
# this tasker's are looked at, also where they are not needed, since the time of the answer would tell what is dealt.
LOOK_AHEAD = f"""
WITH others AS (
  SELECT count(*) AS number FROM (
    SELECT FROM projects_assignment a
    WHERE a.batch_id = %(batch)s::bigint AND a.state = 'held' AND a.kind = 'judge'
      AND a.tasker_id <> %(tasker)s::bigint
    LIMIT {CROWD}
  ) a
), free AS (
  SELECT a.task_id, p.copilot, p.organization, p.project_key, row_number() OVER () AS place
  FROM {SLOTS} CROSS JOIN LATERAL (
    {free_rows(4 * CROWD)}
  ) a
  LIMIT (SELECT 1 + %(tasker)s::bigint % (number + 1) FROM others)
), walked AS MATERIALIZED (
  SELECT * FROM free ORDER BY place DESC LIMIT 1
), seen AS (
  SELECT task_id, copilot, organization, project_key FROM walked WHERE %(dealt)s::bigint IS NULL
  UNION ALL
  SELECT %(dealt)s::bigint, p.copilot, p.organization, p.project_key
  FROM (SELECT * FROM {SLOTS} LIMIT 1) p LEFT JOIN walked ON true WHERE %(dealt)s::bigint IS NOT NULL
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT organization, 'foreseen', %(tasker)s::bigint, project_key, '', jsonb_build_object('task', task_id)
  FROM seen WHERE copilot
)
SELECT {columns(Task, "t")}, {columns(Asset, "s")}
FROM seen JOIN projects_task t ON t.id = seen.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
"""
