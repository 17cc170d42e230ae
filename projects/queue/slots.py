"""How many promises a task has: made, kept equal to `wanted`, withdrawn when no longer needed."""

from collections.abc import Sequence

from django.db import connection, transaction

from projects.errors import AlreadyDecided
from projects.models import Assignment, Task, Verdict
from projects.queue.clock import Clock
from taskers.errors import NotFound, Problem, StateConflict
from taskers.models import Person
from taskers.outbox import emit

OPEN_SLOTS = """
INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot)
SELECT t.id, t.batch_id, 'judge', 'open', s.slot
FROM projects_task t CROSS JOIN LATERAL generate_series(0, t.wanted - 1) AS s(slot)
WHERE t.id = ANY(%s)
ORDER BY s.slot, t.id
ON CONFLICT DO NOTHING
"""

# Puts back what is missing to `wanted`, in the lowest free slots, for a task that is neither decided nor withheld.
FILL = """
WITH counting AS (
  SELECT slot FROM projects_assignment
  WHERE task_id = %(task)s AND kind = 'judge' AND state IN ('open', 'held', 'submitted') AND voided_at IS NULL
), missing AS (
  SELECT t.id, t.batch_id, t.wanted, t.wanted - (SELECT count(*) FROM counting) AS number
  FROM projects_task t
  WHERE t.id = %(task)s AND t.withheld = ''
    AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
)
INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot)
SELECT m.id, m.batch_id, 'judge', 'open', s.slot
FROM missing m CROSS JOIN LATERAL (
  SELECT g.slot FROM generate_series(0, m.wanted + 100) AS g(slot)
  WHERE g.slot NOT IN (SELECT slot FROM counting)
  ORDER BY g.slot LIMIT greatest(m.number, 0)
) AS s
"""


def open_slots(task_ids: Sequence[int]) -> int:
    """Make the open judgements of freshly loaded tasks, breadth first; doing it again adds nothing. Says how many."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SLOTS, [list(task_ids)])
        return cursor.rowcount


def lock(task_id: int) -> Task:
    """The task, locked until the transaction ends. Every move that makes or ends a promise starts with this."""
    # NO KEY: rows that point at the task may still be inserted meanwhile.
    rows = Task.objects.select_for_update(no_key=True, of=("self",)).select_related("project__organization")
    found = rows.filter(pk=task_id).first()
    if found is None:
        raise NotFound()
    return found


def fill(task: Task) -> int:
    """Open as many judgements as are missing to `wanted`. The caller holds the task's lock."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"task": task.pk})
        return cursor.rowcount


def settle(task: Task) -> None:
    """The task is decided: nothing of it is handed out or waits any more. The caller holds the task's lock."""
    _withdraw_open(task)
    Task.objects.filter(pk=task.pk).exclude(withheld="").update(withheld="")


@transaction.atomic
def withhold(task: Task, why: str, *, by: Person | None = None, note: str = "") -> Task:
    """Stop handing a task out, for one of Task.Withheld's reasons. What is in people's hands stays there.

    Raises AlreadyDecided, or StateConflict when it is withheld already.
    """
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    if not Task.objects.filter(pk=task.pk, withheld="").update(withheld=why):
        raise StateConflict(f"This task is withheld already ({task.get_withheld_display().lower()}).")
    _withdraw_open(task)
    _tell("withheld", task, by, why=why, note=note)
    task.withheld = why
    return task


@transaction.atomic
def restore(task: Task, *, by: Person | None = None) -> Task:
    """Hand a withheld task out again; one that waited for review is asked of one more person.

    Raises StateConflict when it isn't withheld.
    """
    task = lock(task.pk)
    before = task.withheld
    if not Task.objects.filter(pk=task.pk).exclude(withheld="").update(withheld=""):
        raise StateConflict("This task isn't withheld.")
    task.withheld = ""
    added = 0
    if not fill(task) and before == Task.Withheld.REVIEW:
        added = 1
        _add_wanted(task, added)
    _tell("restored", task, by, why=before, wanted=task.wanted, added=added)
    return task


@transaction.atomic
def raise_wanted(task: Task, wanted: int, *, by: Person | None = None) -> Task:
    """Ask for more judgements of an undecided task. Raises AlreadyDecided, or Problem if it isn't more, or too many."""
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    if not task.wanted < wanted <= 50:
        raise Problem(f"Ask for more than {task.wanted} judgements and at most 50.", code="bad-overlap", place="wanted")
    waited = task.withheld
    if waited == Task.Withheld.REVIEW:
        Task.objects.filter(pk=task.pk).update(withheld="")
        task.withheld = ""
    added = wanted - task.wanted
    _add_wanted(task, added)
    _tell("overlap_raised", task, by, wanted=wanted, added=added, waited=waited)
    return task


@transaction.atomic
def void(assignment: Assignment, reason: str, *, by: Person) -> None:
    """Count a submitted judgement no more; its annotation stays as it is, and somebody else is asked instead.

    Raises StateConflict when it isn't submitted or is void already.
    """
    task = lock(assignment.task_id)
    live = Assignment.objects.filter(pk=assignment.pk, state="submitted", voided_at=None)
    if not live.update(voided_at=Clock(), void_reason=reason[:200]):
        raise StateConflict("Only work that was handed in and still counts can be voided.")
    fill(task)
    _tell("voided", task, by, assignment=assignment.pk, reason=reason)


def _add_wanted(task: Task, number: int) -> None:
    Task.objects.filter(pk=task.pk).update(wanted=task.wanted + number)
    task.wanted += number
    fill(task)


def _withdraw_open(task: Task) -> None:
    Assignment.objects.filter(task=task, kind="judge", state="open").update(state="withdrawn", ended_at=Clock())


def _tell(kind: str, task: Task, by: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=task.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=task.project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        **data,
    )
