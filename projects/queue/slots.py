"""How many promises a task has: made, kept equal to `wanted`, withdrawn when no longer needed."""

import random
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from projects.errors import AlreadyDecided
from projects.models import (
    FIRST_SLOTS,
    Assignment,
    BrokenReport,
    Correctable,
    Reservation,
    Task,
    Verdict,
    limits,
)
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.task_state import ask_fewer, ask_more, fill, pass_on
from taskers.database.prepared import ask
from taskers.errors import NotFound, Problem, StateConflict, Word
from taskers.models import Person

# Where a loaded row stands in its batch's order (Assignment.walk_key): by lot among those of its load, or as in the
# file. Where a project finishes tasks, all rows of a task stand in one place, drawn by a seed that nobody sees. What a
# draft takes in before anybody walks it is one load. `SPREAD` of the keys' units are two seconds.
SPREAD = 1 << 32
KEY_AT = "((extract(epoch FROM {moment}) * 1000000)::bigint << 11)"
LOADED_AT = KEY_AT.format(
    moment="CASE b.state WHEN 'draft' THEN b.created_at ELSE coalesce(%(since)s::timestamptz, statement_timestamp())"
    " END"
)
IN_ORDER = (
    f"CASE WHEN o.file_order THEN t.id & {SPREAD - 1}"
    f" WHEN o.depth_first THEN hashint8extended(t.id, %(seed)s::bigint) & {SPREAD - 1}"
    f" ELSE floor(random() * {SPREAD})::bigint END - {SPREAD}"
)
ORDERED = """JOIN LATERAL (
  SELECT file_order, depth_first FROM projects_projectsettings WHERE project_id = {project}
  ORDER BY version DESC LIMIT 1
) o ON true"""

OPEN_SLOTS = f"""
INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot, walk_key)
SELECT t.id, t.batch_id, 'judge', 'open', s.slot + t.priority * {FIRST_SLOTS}, {LOADED_AT} + {IN_ORDER}
FROM projects_task t JOIN projects_batch b ON b.id = t.batch_id {ORDERED.format(project="t.project_id")}
CROSS JOIN LATERAL generate_series(0, t.wanted - 1) AS s(slot)
WHERE t.id = ANY(%(tasks)s)
ORDER BY s.slot, t.id
ON CONFLICT DO NOTHING
"""

# Gives the open rows of a project their places anew, ahead of every cursor; some at a time. What somebody takes at this
# moment is passed by. New places begin after the last that anything made until now may have.
REORDERED = 2000
AFTERWARDS = "SELECT clock_timestamp() + interval '3 seconds'"
REORDER = f"""
WITH stale AS (
  SELECT a.id, a.task_id FROM projects_batch b CROSS JOIN generate_series(0, 49) AS n(slot)
  CROSS JOIN LATERAL (VALUES (n.slot), (n.slot + {FIRST_SLOTS})) AS s(slot) CROSS JOIN LATERAL (
    SELECT a.id, a.task_id FROM projects_assignment a
    WHERE a.batch_id = b.id AND a.slot = s.slot AND a.state = 'open' AND a.kind = 'judge'
      AND a.walk_key < {KEY_AT.format(moment="%(since)s::timestamptz")} - {SPREAD}
    ORDER BY a.walk_key LIMIT %(most)s::int FOR UPDATE SKIP LOCKED
  ) a
  WHERE b.project_id = %(project)s::bigint AND b.state IN ('draft', 'live', 'paused')
  LIMIT %(most)s::int
)
UPDATE projects_assignment a SET walk_key = {KEY_AT.format(moment="%(since)s::timestamptz")} + {IN_ORDER}
FROM stale JOIN projects_task t ON t.id = stale.task_id {ORDERED.format(project="t.project_id")}
WHERE a.id = stale.id
"""

MOST_WANTED = 50  # judgements of one task

# Of a task of which nobody is to be asked any more: what is open goes, if anything came in; then what did is counted,
# and no more is wanted.
TAKE_BACK = """
UPDATE projects_assignment SET state = 'withdrawn', ended_at = clock_timestamp()
WHERE task_id = %(task)s::bigint AND (kind || '', state || '') = ('judge', 'open') AND EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = %(task)s::bigint
    AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL)
RETURNING id
"""
TAKE_ALL_BACK = """
UPDATE projects_assignment SET state = 'withdrawn', ended_at = clock_timestamp()
WHERE task_id = %(task)s::bigint AND (kind || '', state || '') = ('judge', 'open') RETURNING id
"""
CAME_IN = """
SELECT count(*) FILTER (WHERE state = 'submitted' AND voided_at IS NULL), count(*) FILTER (WHERE state = 'held')
FROM projects_assignment WHERE task_id = %(task)s::bigint AND kind || '' = 'judge'
"""


def open_slots(task_ids: Sequence[int], *, since: datetime | None = None) -> int:
    """Make the open judgements of freshly loaded tasks; doing it again adds nothing. Says how many.

    All that a load brings in since it began is shuffled together, unless its project hands out in file order.
    """
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SLOTS, {"tasks": list(task_ids), "since": since, "seed": _seed()})
        return cursor.rowcount


def reorder(project_key: int) -> int:
    """Put what a project has open into the order that its settings ask for now; says how many judgements.

    Each piece is a transaction of its own, and it may be done again. What is in people's hands isn't touched.
    """
    moved, seed = 0, _seed()
    with connection.cursor() as cursor:
        cursor.execute(AFTERWARDS)
        (since,) = cursor.fetchone()
        while True:
            cursor.execute(REORDER, {"project": project_key, "since": since, "most": REORDERED, "seed": seed})
            if not cursor.rowcount:
                return moved
            moved += cursor.rowcount


def _seed() -> int:
    """What the places of a load's tasks are drawn by; nobody can know it, nor is it kept."""
    return random.SystemRandom().getrandbits(63)


def lock(task_id: int) -> Task:
    """The task, locked until the transaction ends. Every move that makes or ends a promise starts with this."""
    # NO KEY: rows that point at the task may still be inserted meanwhile.
    rows = Task.objects.select_for_update(no_key=True, of=("self",)).select_related("project__organization")
    found = rows.filter(pk=task_id).first()
    if found is None:
        raise NotFound()
    return found


def is_correctable(task: Task) -> bool:
    """Whether an answer to it may still be corrected: then nothing of it is decided. Ask under the task's lock."""
    return Correctable.objects.filter(assignment__task=task).exists()


@transaction.atomic
def withhold(task: Task, why: str, *, by: Person | None = None, note: str = "") -> Task:
    """Stop handing a task out, for one of Task.Withheld's reasons. What is in people's hands stays there.

    Raises AlreadyDecided, or StateConflict when it is withheld already.
    """
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    if task.withheld:
        raise StateConflict("This task is withheld already: %(withheld)s.", withheld=Word(task.get_withheld_display()))
    pass_on(task, why, by=by, note=note)
    return task


@transaction.atomic
def restore(task: Task, *, by: Person | None = None) -> Task:
    """Hand a withheld task out again, on the lists that it was on; one that waited for review is asked of one more
    person, and of one that was reported as broken nobody says so any more.

    Raises StateConflict when it isn't withheld.
    """
    task = lock(task.pk)
    before = task.withheld
    if not Task.objects.filter(pk=task.pk).exclude(withheld="").update(withheld=""):
        raise StateConflict("This task isn't withheld.")
    task.withheld = ""
    _list_again(task)
    if before == Task.Withheld.BROKEN:
        fine = {"outcome": BrokenReport.Outcome.FINE, "settled_by": by, "settled_at": Clock()}
        BrokenReport.objects.open().filter(task=task).update(**fine)
    added = 0
    if not fill(task) and before == Task.Withheld.REVIEW:
        added = 1
        _add_wanted(task, added)
    emit_of_task("restored", task, by, why=before, wanted=task.wanted, added=added)
    return task


@transaction.atomic
def have_reviewed(task: Task, *, note: str) -> None:
    """Have a reviewer decide a task that a manager held back, or that people report as broken; what they say of it
    stays said. For a batch that is over: the caller holds the task's lock, and nothing of it is open.

    Raises StateConflict where it is neither.
    """
    before = task.withheld
    kept = [Task.Withheld.MANAGER, Task.Withheld.BROKEN]
    if not Task.objects.filter(pk=task.pk, withheld__in=kept).update(withheld=""):
        raise StateConflict("Nobody holds this task back.", code="not-held")
    task.withheld = ""
    emit_of_task("restored", task, None, why=before, wanted=task.wanted, added=0)
    pass_on(task, Task.Withheld.REVIEW, note=note)


@transaction.atomic
def raise_wanted(task: Task, wanted: int, *, by: Person | None = None) -> Task:
    """Ask for more judgements of an undecided task. Raises AlreadyDecided, or Problem if it isn't more, or too many."""
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    if not task.wanted < wanted <= MOST_WANTED:
        raise Problem(
            "Ask for more than %(wanted)s judgements and at most %(most_wanted)s.",
            code="bad-overlap",
            place="wanted",
            wanted=task.wanted,
            most_wanted=MOST_WANTED,
        )
    ask_more(task, wanted, by=by)
    return task


@transaction.atomic
def lower_wanted(task: Task, wanted: int, *, by: Person | None = None) -> Task:
    """Ask for fewer judgements of an undecided task: so many in all. Raises AlreadyDecided, and StateConflict where it
    isn't fewer, or more came in or are in work."""
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    # Taken back first and counted then: what is open meanwhile may be claimed.
    ask(TAKE_ALL_BACK, {"task": task.pk})
    ((came_in, held),) = ask(CAME_IN, {"task": task.pk})
    if not max(1, came_in + held) <= wanted < task.wanted:
        raise StateConflict("More judgements came in, or are in work.", code="in-work")
    ask_fewer(task, wanted)
    if not task.withheld:
        fill(task)
    return task


def _list_again(task: Task) -> None:
    Reservation.objects.filter(task=task).exclude(over_at=None).update(over_at=None)


def ask_again(task: Task, *, by: Person) -> Task:
    """Ask whoever is missing to `wanted`, or one more person where nobody is, of a task whose verdict was set aside. It
    is on the lists again that it was on.

    The caller holds the task's lock. Raises Problem when that would be too many.
    """
    _list_again(task)
    if fill(task):
        return task
    counting = Assignment.objects.filter(
        task=task, kind="judge", state__in=["open", "held", "submitted"], voided_at=None
    ).count()
    return raise_wanted(task, max(task.wanted, counting) + 1, by=by)


@transaction.atomic
def void(assignment: Assignment, reason: str, *, by: Person) -> None:
    """Count a submitted judgement no more; its annotation stays as it is, and somebody else is asked instead.

    Raises StateConflict when it isn't submitted or is void already.
    """
    task = lock(assignment.task_id)
    live = Assignment.objects.filter(pk=assignment.pk, state="submitted", voided_at=None)
    if not live.update(voided_at=Clock(), void_reason=reason[: limits.VOID_REASON]):
        raise StateConflict("Only work that was handed in and still counts can be voided.")
    fill(task)
    emit_of_task("voided", task, by, assignment=assignment.pk, reason=reason)


@transaction.atomic
def want_no_more(task: Task) -> int:
    """Want no more judgements of an undecided task than came in, and hand it out no more; returns their number.

    One of which none came in stays as it is. For a batch that is over. The caller holds the task's lock. Raises
    StateConflict while somebody works on it.
    """
    ask(TAKE_BACK, {"task": task.pk})
    return _as_came_in(task)


@transaction.atomic
def ask_nobody(task: Task) -> int:
    """As `want_no_more`, and take back what is open too of a task of which nothing came in. For one that is cancelled:
    the caller withholds it."""
    ask(TAKE_ALL_BACK, {"task": task.pk})
    return _as_came_in(task)


def _as_came_in(task: Task) -> int:
    """Counted once what was open is taken back: a claim locks no task, so only what is withdrawn can't be taken any
    more."""
    ((came_in, held),) = ask(CAME_IN, {"task": task.pk})
    if held:
        raise StateConflict("Somebody is working on this task.", code="in-work")
    if not came_in:
        return 0
    if came_in < task.wanted:
        ask_fewer(task, came_in)
    return came_in


def _add_wanted(task: Task, number: int) -> None:
    Task.objects.filter(pk=task.pk).update(wanted=task.wanted + number)
    task.wanted += number
    fill(task)
