"""The next piece of work for somebody: first choose where from small tables, then walk an index to it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from projects.models import Assignment, Project, ProjectSettings, Task
from projects.queue.clock import from_now
from projects.queue.leases import expire_due
from taskers.models import Person
from taskers.outbox import emit


@dataclass(frozen=True)
class Nothing:
    """There is nothing to hand out: why, in words, and in how many seconds asking again may help."""

    code: str
    text: str
    retry_seconds: int | None = None


@dataclass(frozen=True)
class Place:
    """A batch, and where a tasker's walk through it stands."""

    batch: int
    slot: int
    key: int


# The batches that may be worked on, in their order, each with this tasker's cursor.
PLACES = """
SELECT b.id, coalesce(c.slot, 0), coalesce(c.assignment_key, 0)
FROM projects_batch b LEFT JOIN projects_batchcursor c ON c.batch_id = b.id AND c.tasker_id = %(tasker)s
WHERE b.project_id = %(project)s AND b.state = 'live'
ORDER BY b.priority DESC, b.deadline NULLS LAST, b.id
"""

# Takes the first open row after the cursor on whose task this tasker hasn't worked, skipping rows that others are
# taking at this moment, and moves the cursor: three writes in one statement.
TAKE = """
WITH found AS (
  SELECT a.id FROM projects_assignment a
  WHERE a.batch_id = %(batch)s AND a.state = 'open' AND a.kind = 'judge' AND (a.slot, a.id) > (%(slot)s, %(key)s)
    AND NOT EXISTS (
      SELECT FROM projects_assignment mine
      WHERE mine.task_id = a.task_id AND mine.tasker_id = %(tasker)s AND mine.state IN ('held', 'submitted', 'skipped')
    )
  ORDER BY a.slot, a.id LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE projects_assignment a
  SET state = 'held', tasker_id = %(tasker)s, token = gen_random_uuid(), held_at = clock_timestamp(),
      deadline = clock_timestamp() + make_interval(secs => %(lease)s),
      settings_version = %(version)s, rate = %(rate)s, copilot = %(copilot)s
  FROM found WHERE a.id = found.id
  RETURNING a.id, a.slot
), moved AS (
  INSERT INTO projects_batchcursor (tasker_id, batch_id, slot, assignment_key)
  SELECT %(tasker)s, %(batch)s, taken.slot, taken.id FROM taken
  ON CONFLICT (tasker_id, batch_id) DO UPDATE SET slot = excluded.slot, assignment_key = excluded.assignment_key
)
SELECT id FROM taken
"""

# What this tasker could take if nobody were touching it.
UNTAKEN = """
SELECT EXISTS (
  SELECT FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id
  WHERE b.project_id = %(project)s AND b.state = 'live' AND a.state = 'open' AND a.kind = 'judge'
    AND NOT EXISTS (
      SELECT FROM projects_assignment mine
      WHERE mine.task_id = a.task_id AND mine.tasker_id = %(tasker)s AND mine.state IN ('held', 'submitted', 'skipped')
    )
)
"""

# When the next lease of somebody else, on a task this tasker may still do, runs out.
NEXT_DEADLINE = """
SELECT min(a.deadline) FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id
WHERE b.project_id = %(project)s AND b.state = 'live' AND a.state = 'held' AND a.kind = 'judge'
  AND NOT EXISTS (
    SELECT FROM projects_assignment mine
    WHERE mine.task_id = a.task_id AND mine.tasker_id = %(tasker)s AND mine.state IN ('held', 'submitted', 'skipped')
  )
"""

TRIES = 6


def claim(tasker: Person, project: Project) -> Assignment | Nothing:
    """This tasker's next judgement in a project, held for them; or why there is none.

    Whoever holds one already gets that one again with a fresh deadline, so two tabs show the same task. The caller has
    checked that the tasker may work here.
    """
    if project.state != Project.State.LIVE:
        return Nothing("project-not-live", "This project isn't handing out work at the moment.")
    settings = project.settings_now()
    for attempt in range(TRIES):
        with transaction.atomic():
            _one_claim_at_a_time(tasker, project)
            found = _already_held(tasker, project, settings) or _take(tasker, project, settings)
        if found:
            return found
        if expire_due(project=project):
            continue
        if not _asks(UNTAKEN, tasker, project):
            return _why(tasker, project)
        # Open rows exist, but all of them were locked by others at this moment: that isn't "nothing".
        time.sleep(0.01 * (attempt + 1))
    return Nothing("ask-again", "Everybody is asking at once; trying again.", retry_seconds=1)


def peek(assignment: Assignment, number: int = 2) -> list[Task]:
    """The tasks that this assignment's tasker will probably get next, so that their media can be fetched ahead."""
    rows = Assignment.objects.filter(batch_id=assignment.batch_id, state="open", kind="judge")
    ahead = rows.filter(slot=assignment.slot, pk__gt=assignment.pk).select_related("task__asset")
    return [row.task for row in ahead.order_by("slot", "pk")[:number]]


def _one_claim_at_a_time(tasker: Person, project: Project) -> None:
    """Two tabs of one tasker follow each other, so that the second sees what the first was given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [tasker.pk % 2**31, project.pk % 2**31])


def _already_held(tasker: Person, project: Project, settings: ProjectSettings) -> Assignment | None:
    held = Assignment.objects.filter(tasker=tasker, state="held", kind="judge", batch__project=project)
    pk = held.order_by("pk").values_list("pk", flat=True).first()
    if pk is None:
        return None
    if not held.filter(pk=pk).update(deadline=from_now(settings.lease_seconds)):
        return None
    return _whole(pk)


def _take(tasker: Person, project: Project, settings: ProjectSettings) -> Assignment | None:
    for place in _places(tasker, project):
        # The second walk starts over: it finds what was put back behind the cursor.
        for start in (place, Place(place.batch, 0, 0)):
            pk = _walk(start, tasker, settings)
            if pk is not None:
                found = _whole(pk)
                _tell(found, project)
                return found
            if (start.slot, start.key) == (0, 0):
                break
    return None


def _places(tasker: Person, project: Project) -> Iterator[Place]:
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"tasker": tasker.pk, "project": project.pk})
        rows = cursor.fetchall()
    return (Place(*row) for row in rows)


def _walk(start: Place, tasker: Person, settings: ProjectSettings) -> int | None:
    terms = {
        "batch": start.batch,
        "slot": start.slot,
        "key": start.key,
        "tasker": tasker.pk,
        "lease": settings.lease_seconds,
        "version": settings.version,
        "rate": settings.rate,
        "copilot": settings.copilot,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, terms)
        row = cursor.fetchone()
    return row[0] if row else None


def _whole(pk: int) -> Assignment:
    return Assignment.objects.select_related("task__asset", "task__project__organization").get(pk=pk)


def _why(tasker: Person, project: Project) -> Nothing:
    until = _asks(NEXT_DEADLINE, tasker, project)
    if isinstance(until, datetime):
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM %s - clock_timestamp())", [until])
            seconds = max(5, int(cursor.fetchone()[0]))
        minutes = max(1, round(seconds / 60))
        text = f"Others are working on what is left. If they don't finish, it comes back in about {minutes} min."
        return Nothing("waiting", text, retry_seconds=min(seconds, 60))
    return Nothing("all-done", "You have done everything there is for you here. Thank you!")


def _asks(question: str, tasker: Person, project: Project) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, {"tasker": tasker.pk, "project": project.pk})
        return cursor.fetchone()[0]


def _tell(assignment: Assignment, project: Project) -> None:
    emit(
        "claimed",
        organization_id=project.organization_id,
        actor_id=assignment.tasker_id,
        project_key=project.public_id,
        subject=f"task:{assignment.task.public_id}",
        batch=assignment.batch_id,
        task=assignment.task_id,
        assignment=assignment.pk,
    )


