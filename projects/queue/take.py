"""Walking an index to the next open judgement and taking it: one statement, however many tasks there are.

The walk starts where this tasker's last one ended, so it never passes again what it couldn't give. It takes the row,
moves the cursor, tells the outbox, and brings back what the caller needs.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from projects.models import Asset, Assignment, Project, Task
from projects.queue.candidate_slots import Choice, Place, as_columns
from projects.queue.claim_numbers import LostTurn, turn
from projects.queue.conflicts_of_interest import keeping_apart
from projects.queue.model_draws import HELPED, MODELS_AUDITED
from taskers.database.prepared import ask, columns, row_of, width
from taskers.models import Person

# Whether this tasker had to do with the task of row `a`. OFFSET 0 keeps it a look-up per row: as a join, the planner
# may read everything the tasker ever did first.
MINE = """EXISTS (
      SELECT FROM projects_assignment mine
      WHERE mine.tasker_id = %(tasker)s::bigint AND mine.batch_id = a.batch_id AND mine.task_id = a.task_id
        AND mine.state IN ('held', 'submitted', 'skipped') OFFSET 0
    )"""

PLACES = """unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(versions)s::int[], %(leases)s::int[],
    %(rates)s::bigint[], %(copilots)s::boolean[], %(controls)s::float[], %(audits)s::float[], %(projects)s::bigint[],
    %(organizations)s::bigint[], %(project_keys)s::uuid[])
    AS p(batch, slot, after, version, lease, rate, copilot, control, audit, project, organization, project_key)"""

# How many rows one statement looks at before it stores how far it came: no claim walks long at a time.
STRIDE = 1000

# Row by row in the order of the places and, within one, of the keys; rows that others are taking are passed by.
# LATERAL and OFFSET 0 leave the planner no choice but to go one by one, which is what makes a claim cheap.
FOUND = f"""
  SELECT a.id, p.* FROM {PLACES}
  CROSS JOIN LATERAL (
    SELECT locked.id FROM (
      SELECT a.id FROM (
        SELECT a.id, a.batch_id, a.task_id FROM projects_assignment a
        WHERE a.batch_id = p.batch AND a.slot = p.slot AND a.walk_key > p.after
          AND a.state = 'open' AND a.kind = 'judge'
        ORDER BY a.walk_key LIMIT {STRIDE}
      ) a WHERE NOT {MINE} OFFSET 0
    ) free CROSS JOIN LATERAL (
      SELECT a.id FROM projects_assignment a WHERE a.id = free.id AND a.state = 'open' FOR UPDATE SKIP LOCKED
    ) locked
    LIMIT %(number)s::int
  ) a
  LIMIT %(number)s::int
"""

TAKEN = f"""{turn("found")}, taken AS (
  UPDATE projects_assignment a
  SET state = 'held', tasker_id = %(tasker)s::bigint, token = %(token)s::uuid, held_at = clock_timestamp(),
      deadline = clock_timestamp() + make_interval(secs => found.lease),
      settings_version = found.version, rate = found.rate,
      copilot = {HELPED.format(copilot="found.copilot", task="a.task_id", control="found.control")}
        AND NOT {MODELS_AUDITED.format(task="a.task_id", project="found.project", share="found.audit")}
  FROM found, turn WHERE a.id = found.id
  RETURNING a.*, found.organization, found.project_key
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT a.organization, 'claimed', %(tasker)s::bigint, a.project_key, 'task:' || t.public_id,
    jsonb_build_object('batch', a.batch_id, 'task', a.task_id, 'assignment', a.id)
  FROM taken a JOIN projects_task t ON t.id = a.task_id
)"""

BRING = f"""SELECT {columns(Assignment, "a")}, {columns(Task, "t")}, {columns(Asset, "s")}
FROM {{found}} LEFT JOIN projects_task t ON t.id = a.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
ORDER BY a.id"""

# A cursor never goes back: what the second walk finds behind it leaves it where it is.
MOVED = """moved AS (
  INSERT INTO projects_batchcursor AS c (tasker_id, batch_id, slot, assignment_key)
  SELECT %(tasker)s::bigint, batch_id, slot, max(walk_key) FROM taken GROUP BY batch_id, slot
  ON CONFLICT (tasker_id, batch_id, slot)
    DO UPDATE SET assignment_key = greatest(c.assignment_key, excluded.assignment_key)
)"""

# What was found and not taken comes as a row of nothing: the turn was lost.
TAKE = f"WITH found AS ({FOUND}), {TAKEN}, {MOVED} {BRING.format(found='found LEFT JOIN taken a ON a.id = found.id')}"
TAKE_APART = keeping_apart(TAKE, MINE)

# The very task that was foreseen, while it is still open in one of the places. The cursor stays: the rows before it are
# this tasker's yet.
WISHED = f"""
  SELECT a.id, p.* FROM {PLACES} JOIN projects_assignment a ON a.batch_id = p.batch AND a.slot = p.slot
  WHERE a.task_id = %(wish)s::bigint AND a.state = 'open' AND a.kind = 'judge' AND NOT {MINE}
  ORDER BY a.slot LIMIT 1 FOR UPDATE OF a SKIP LOCKED
"""
TAKE_WISHED = f"WITH found AS ({WISHED}), {TAKEN} {BRING.format(found='found LEFT JOIN taken a ON a.id = found.id')}"

# How many of a batch others have in hand, as far as it matters here.
CROWD = 16
AT_WORK = f"""
SELECT count(*) AS number FROM (
  SELECT FROM projects_assignment a
  WHERE a.batch_id = %(batch)s::bigint AND a.state = 'held' AND a.kind = 'judge' AND a.tasker_id <> %(tasker)s::bigint
  LIMIT {CROWD}
) a
"""

# What the walk would find, without a lock, and the outbox is told of it where a copilot helps. Of as many free tasks as
# there are people at work each is shown another one: only those up to this tasker's are looked at.
FORESEEN = f"""
WITH others AS ({AT_WORK}), free AS (
  SELECT a.task_id, p.copilot, p.organization, p.project_key, row_number() OVER () AS place
  FROM {PLACES} CROSS JOIN LATERAL (
    SELECT a.task_id FROM (
      SELECT a.id, a.batch_id, a.task_id FROM projects_assignment a
      WHERE a.batch_id = p.batch AND a.slot = p.slot AND a.walk_key > p.after
        AND a.state = 'open' AND a.kind = 'judge'
      ORDER BY a.walk_key LIMIT {4 * CROWD}
    ) a WHERE NOT {MINE}
  ) a
  LIMIT (SELECT 1 + %(tasker)s::bigint % (number + 1) FROM others)
), seen AS (
  SELECT * FROM free ORDER BY place DESC LIMIT 1
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT organization, 'foreseen', %(tasker)s::bigint, project_key, '', jsonb_build_object('task', task_id)
  FROM seen WHERE copilot
)
SELECT {columns(Task, "t")}, {columns(Asset, "s")}
FROM seen JOIN projects_task t ON t.id = seen.task_id LEFT JOIN projects_asset s ON s.id = t.asset_id
"""

# What is in these hands already, once more, with a fresh deadline; a group comes back whole.
AGAIN = f"""
WITH taken AS (
  UPDATE projects_assignment a SET deadline = clock_timestamp() + make_interval(secs => %(lease)s::int)
  FROM projects_assignment one
  WHERE one.id = %(held)s::bigint AND one.tasker_id = %(tasker)s::bigint AND one.state || '' = 'held'
    AND a.tasker_id = one.tasker_id AND a.state = 'held' AND a.token = one.token
  RETURNING a.*
) {BRING.format(found="taken a")}
"""

# The rows of some stretches of the walk, in its order, and which of them this tasker could take.
LOOK = f"""
SELECT p.batch, p.slot, a.walk_key, NOT {MINE} AS free
FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[], %(upto)s::bigint[])
  AS p(batch, slot, after, upto)
CROSS JOIN LATERAL (
  SELECT a.walk_key, a.batch_id, a.task_id FROM projects_assignment a
  WHERE a.batch_id = p.batch AND a.slot = p.slot AND a.walk_key > p.after AND a.walk_key <= p.upto
    AND a.state = 'open' AND a.kind = 'judge'
  ORDER BY a.walk_key LIMIT %(rows)s::int
) a
LIMIT %(rows)s::int
"""
LOOK_APART = keeping_apart(LOOK, MINE)

PASSED = """
INSERT INTO projects_batchcursor AS c (tasker_id, batch_id, slot, assignment_key)
SELECT %(tasker)s::bigint, p.* FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(after)s::bigint[]) AS p
ON CONFLICT (tasker_id, batch_id, slot)
  DO UPDATE SET assignment_key = greatest(c.assignment_key, excluded.assignment_key)
RETURNING c.id
"""

# The second walk, behind the cursors, so many rows at a time, round and round: it finds what was locked by somebody who
# then gave up, or not yet committed, when the first walk came by.
SWEEP_ROWS = 100
SWEPT = """
UPDATE projects_batchcursor c SET swept = p.swept, rounds = p.rounds
FROM unnest(%(batches)s::bigint[], %(slots)s::int[], %(swept)s::bigint[], %(rounds)s::int[])
  AS p(batch, slot, swept, rounds)
WHERE c.tasker_id = %(tasker)s::bigint AND c.batch_id = p.batch AND c.slot = p.slot
RETURNING c.id
"""
END = 2**63 - 1


def take(
    tasker: Person,
    places: Sequence[Place],
    projects: Mapping[int, Project],
    *,
    number: int = 1,
    token: UUID | None = None,
) -> list[Assignment]:
    """Up to `number` judgements from the first of these places that have any, held by this tasker under one token.

    Raises LostTurn when something was put into these hands since the places were chosen.
    For more than one, the places should be one: a statement doesn't see that it took another slot of the same task.
    """
    if not places:
        return []
    turn, apart = places[0].terms.turn, places[0].terms.apart
    terms = {"tasker": tasker.pk, "turn": turn, "token": token or uuid4(), "number": number}
    terms |= _with_keys(places, projects)
    rows = ask(TAKE_APART, terms | {"apart": apart}) if apart else ask(TAKE, terms)
    return [whole(row, projects) for row in rows]


def take_wished(
    tasker: Person, places: Sequence[Place], projects: Mapping[int, Project], wish: int
) -> list[Assignment]:
    """The task that was foreseen, held, if it is still to be had; else nothing. Raises LostTurn like `take`."""
    if not places or places[0].terms.apart:
        return []
    terms = {"tasker": tasker.pk, "turn": places[0].terms.turn, "token": uuid4(), "wish": wish}
    return [whole(row, projects) for row in ask(TAKE_WISHED, _with_keys(places, projects) | terms)]


def foresee(tasker: Person, places: Sequence[Place], projects: Mapping[int, Project]) -> Task | None:
    """The task that a walk would probably take, without taking it.

    Where others are at work in the same batch, each is shown another one of the next few, so that they don't all
    foresee the same. Where a copilot helps, the outbox hears of it.
    """
    if not places or places[0].terms.apart:
        return None
    terms = _with_keys(places, projects) | {"batch": places[0].batch, "tasker": tasker.pk}
    return next((_task(row, projects) for row in ask(FORESEEN, terms)), None)


def again(tasker: Person, choice: Choice, projects: Mapping[int, Project]) -> list[Assignment]:
    """What this tasker holds already in these projects."""
    if choice.held is None:
        return []
    terms = next(one for one in choice.terms.values() if one.held == choice.held)
    rows = ask(AGAIN, {"held": choice.held, "tasker": tasker.pk, "lease": terms.lease})
    return [whole(row, projects) for row in rows]


def look_ahead(tasker: Person, places: Sequence[Place]) -> tuple[list[Place], bool, bool]:
    """The places after one stride past what this tasker can't take; whether something to take lies ahead; and whether
    that was all there is.

    Called when `take` found nothing: what is free here was locked by others a moment ago.
    """
    looked = _look(tasker, [(one, one.after, END) for one in places], STRIDE)
    passed: dict[tuple[int, int], int] = {}
    free = False
    for batch, slot, key, takeable in looked:
        free = free or takeable
        if not free:
            passed[batch, slot] = key
    if passed:
        batches, slots = zip(*passed, strict=True)
        terms = {"batches": list(batches), "slots": list(slots), "after": list(passed.values()), "tasker": tasker.pk}
        ask(PASSED, terms)
    moved = [one._replace(after=passed.get((one.batch, one.slot), one.after)) for one in places]
    return moved, free, len(looked) < STRIDE


def sweep(tasker: Person, places: Sequence[Place], projects: Mapping[int, Project]) -> list[Assignment]:
    """One judgement from behind the cursors, if the next SWEEP_ROWS rows there hold one."""
    behind = sorted((one for one in places if one.after), key=lambda one: one.rounds)
    looked = _look(tasker, [(one, one.swept, one.after) for one in behind], SWEEP_ROWS) if behind else []
    if len(looked) == SWEEP_ROWS:  # there is more than one look takes in: go on from here next time
        here = _swept(behind, looked)
        swept, rounds = [one.swept for one in here], [one.rounds for one in here]
        ask(SWEPT, _columns(here) | {"swept": swept, "rounds": rounds, "tasker": tasker.pk})
    for batch, slot, key, free in looked:
        if free:
            place = next(one for one in behind if (one.batch, one.slot) == (batch, slot))
            if found := take(tasker, [place._replace(after=key - 1)], projects):
                return found
    return []


def _look(tasker: Person, stretches: Sequence[tuple[Place, int, int]], rows: int) -> list[tuple]:
    terms = _columns([place for place, _, _ in stretches])
    terms |= {"after": [after for _, after, _ in stretches], "upto": [upto for _, _, upto in stretches]}
    terms |= {"rows": rows, "tasker": tasker.pk}
    apart = stretches[0][0].terms.apart if stretches else None
    return ask(LOOK_APART, terms | {"apart": apart}) if apart else ask(LOOK, terms)


def _with_keys(places: Sequence[Place], projects: Mapping[int, Project]) -> dict[str, str]:
    return as_columns(places, {pk: (one.organization_id, one.public_id) for pk, one in projects.items()})


def _columns(places: Sequence[Place]) -> dict:
    return {"batches": [one.batch for one in places], "slots": [one.slot for one in places]}


def _swept(places: Sequence[Place], looked: Sequence[tuple]) -> list[Place]:
    """Where the second walk stands after these rows: places before the last row's are through, one round more."""
    batch, slot, key, _ = looked[-1]
    moved: list[Place] = []
    for place in places:
        if (place.batch, place.slot) == (batch, slot):
            return [*moved, place._replace(swept=key)]
        moved.append(place._replace(swept=0, rounds=place.rounds + 1))
    return moved


def whole(row: tuple, projects: Mapping[int, Project]) -> Assignment:
    """The assignment of one row of BRING, with its task, asset and project. Raises LostTurn for a row of nothing."""
    if row[0] is None:
        raise LostTurn()
    first = width(Assignment)
    assignment = row_of(Assignment, row[:first])
    assignment.task = _task(row[first:], projects)
    return assignment


def _task(row: Sequence, projects: Mapping[int, Project]) -> Task:
    first = width(Task)
    task = row_of(Task, row[:first])
    task.asset = row_of(Asset, row[first:]) if task.asset_id else None
    task.project = projects[task.project_id]
    return task
