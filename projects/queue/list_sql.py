"""What a claim asks of the database where people work by list: as sql.py does for the walk, of the same terms."""

from projects.queue.sql import HELD, NOT_FREE, TAKEN

LOOKED = 200  # entries of a list that one statement looks at
END = 2**63 - 1  # behind the last entry
# What `candidate_slots.promised` gives.
TERMS = """unnest(%(projects)s::bigint[], %(versions)s::int[], %(leases)s::int[], %(rates)s::bigint[],
    %(copilots)s::boolean[], %(controls)s::float[], %(audits)s::float[], %(organizations)s::bigint[],
    %(project_keys)s::uuid[])
    AS p(project, version, lease, rate, copilot, control, audit, organization, project_key)"""

# What is on this tasker's lists in one project and isn't over, of theirs and of those of their teams: each along its
# index, so many entries at most behind one.
LISTS = """(SELECT r.id, r.task_id, true AS own FROM projects_reservation r
       WHERE r.person_id = %(tasker)s::bigint AND r.project_id = {project} AND r.over_at IS NULL
         AND r.id > {after} AND r.id <= {upto} ORDER BY r.id LIMIT {most})
      UNION ALL
      (SELECT r.id, r.task_id, false FROM taskers_qualification q CROSS JOIN LATERAL (
         SELECT r.id, r.task_id FROM projects_reservation r
         WHERE r.team_id = q.skill_id AND r.project_id = {project} AND r.over_at IS NULL
           AND r.id > {after} AND r.id <= {upto} ORDER BY r.id LIMIT {most}
       ) r
       WHERE q.person_id = %(tasker)s::bigint AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp()))"""
WALKED = LISTS.format(project="p.project", after="%(after)s::bigint", upto="%(upto)s::bigint", most=LOOKED)

# The next entries of this tasker's lists, theirs and those of their teams, each task once: whether it is over for them.
ENTRIES = f"""
  SELECT e.*, EXISTS (
      SELECT FROM projects_verdict v WHERE v.task_id = e.task_id AND v.superseded_at IS NULL OFFSET 0
    ) OR e.own AND EXISTS (
      SELECT FROM projects_assignment mine
      WHERE mine.task_id = e.task_id AND mine.tasker_id = %(tasker)s::bigint
        AND mine.state IN ('submitted', 'skipped') OFFSET 0
    ) AS over, row_number() OVER (PARTITION BY e.task_id ORDER BY e.entry) AS time
  FROM (
    SELECT r.id AS entry, r.task_id, r.own, p.* FROM {TERMS} CROSS JOIN LATERAL (
      {WALKED}
    ) r
    ORDER BY r.id LIMIT {LOOKED}
  ) e"""

# The first of a task's open judgements that this tasker may have, while its batch is live.
FREE = f"""
    SELECT a.id FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id AND b.state = 'live'
    WHERE a.task_id = {{task}} AND a.kind = 'judge' AND a.state = 'open' AND NOT {NOT_FREE}
    ORDER BY a.slot LIMIT 1"""

# What is over of what was looked at, passed by no more from now on.
TIDIED = """done AS (
  SELECT r.id FROM projects_reservation r
  WHERE r.id IN (SELECT entry FROM looked WHERE over) AND r.over_at IS NULL{when} FOR UPDATE SKIP LOCKED
), tidied AS (
  UPDATE projects_reservation r SET over_at = clock_timestamp() FROM done WHERE r.id = done.id
)"""

# Takes the first of the lists that are free. Where none is, all entries stay for PASSED to see.
TAKE_LISTED = f"""
WITH looked AS MATERIALIZED ({ENTRIES}
  ORDER BY e.entry
), found AS (
  SELECT a.id, l.* FROM (SELECT * FROM looked WHERE NOT over AND time = 1 ORDER BY entry OFFSET 0) l
  CROSS JOIN LATERAL ({FREE.format(task="l.task_id")} FOR UPDATE OF a SKIP LOCKED) a
  LIMIT %(most)s::int
), {TIDIED.format(when=" AND EXISTS (SELECT FROM found)")}, {TAKEN}
SELECT {HELD}
FROM found LEFT JOIN taken a ON a.id = found.id
LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
ORDER BY a.id
"""

# How far one look came that took nothing, how many entries it saw, and whether one is free, which others had locked.
PASSED = f"""
WITH looked AS MATERIALIZED ({ENTRIES}
), {TIDIED.format(when="")}
SELECT coalesce(max(l.entry), 0), count(*),
  coalesce(bool_or(NOT l.over AND EXISTS ({FREE.format(task="l.task_id")})), false)
FROM looked l
"""

# About how far this tasker has come along their lists: the last entry of what they did last of each live batch. Where
# lists are in another order than tasks, it is anywhere.
WORKED_TO = """
SELECT coalesce(max(r.id), 0) FROM unnest(%(projects)s::bigint[]) AS p(id)
JOIN projects_batch b ON b.project_id = p.id AND b.state = 'live'
CROSS JOIN LATERAL (
  SELECT mine.task_id FROM projects_assignment mine
  WHERE mine.tasker_id = %(tasker)s::bigint AND mine.batch_id = b.id ORDER BY mine.task_id DESC LIMIT 1
) mine
JOIN projects_reservation r ON r.task_id = mine.task_id AND r.project_id = p.id
"""

# How many tasks of their lists are free for this tasker, by project, of the first so many entries of each.
OPEN_LISTED = f"""
SELECT p.id AS project, n.tasks, n.looked FROM unnest(%(projects)s::bigint[]) AS p(id) CROSS JOIN LATERAL (
  SELECT count(DISTINCT l.task_id) FILTER (WHERE l.free) AS tasks, count(*) AS looked FROM (
    SELECT r.task_id, EXISTS ({FREE.format(task="r.task_id")}) AS free FROM (
      {LISTS.format(project="p.id", after="0", upto=END, most="%(most)s::int")}
    ) r
    ORDER BY r.id LIMIT %(most)s::int
  ) l
) n
"""

# What is on this tasker's lists in a project, in its order: a page.
LISTED = f"""
SELECT r.id, r.task_id FROM (
  {LISTS.format(project="%(project)s::bigint", after="%(after)s::bigint", upto=END, most="%(most)s::int")}
) r ORDER BY r.id LIMIT %(most)s::int
"""

# Takes the first of some tasks that are free, asked for by name and in that order.
TAKE_NAMED = f"""
WITH found AS (
  SELECT a.id, p.* FROM {TERMS}
  CROSS JOIN (
    SELECT w.task FROM unnest(%(tasks)s::bigint[]) WITH ORDINALITY AS w(task, place) ORDER BY w.place OFFSET 0
  ) w
  CROSS JOIN LATERAL ({FREE.format(task="w.task")} FOR UPDATE OF a SKIP LOCKED) a
  LIMIT %(most)s::int
), {TAKEN}
SELECT {HELD}
FROM found LEFT JOIN taken a ON a.id = found.id
LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
ORDER BY a.id
"""
