"""The end of a batch that was closed or cancelled: nobody is asked any more, and what came in gets its due.

Each task of which judgements came in, and that nobody works on, wants no more than those. They decide it if they can;
if not, or where it is held back, it waits for a reviewer. Of a cancelled batch, whose reviews nobody need do, they are
paid as promised at once (docs/decisions/0012).
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction
from django.db.models import F
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from projects import queue
from projects.models import Assignment, Batch, BatchClosing, Task, Verdict
from projects.quality import consensus
from projects.quality.decision_rule import HELD_BACK
from projects.quality.effects import pay_undecided
from taskers.database.prepared import ask
from taskers.errors import NotFound, StateConflict

OVER = (Batch.State.CLOSED, Batch.State.CANCELLED)
HELD_BACK_BY = (Task.Withheld.MANAGER, Task.Withheld.BROKEN)
JOB = "projects.jobs.wind_up_batch"
LOOK_AT_FIRST = 10  # seconds: by then, whoever chose a task before the end has taken it
LOOK_AGAIN = 60
PIECE = 250  # tasks that one job winds up

# The next undecided tasks of a batch of which judgements came in.
BEGUN = """
SELECT t.id FROM projects_task t
WHERE t.batch_id = %(batch)s::bigint AND t.id > %(after)s::bigint AND EXISTS (
    SELECT FROM projects_assignment a WHERE a.task_id = t.id
      AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL OFFSET 0)
  AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
ORDER BY t.id LIMIT %(piece)s::int
"""


def start(batch: Batch) -> None:
    """Have a worker wind a batch up that is over."""
    BatchClosing.objects.get_or_create(batch=batch)
    app.configure_task(JOB, queue="jobs", schedule_in={"seconds": LOOK_AT_FIRST}).defer(batch_key=batch.pk)


def look_again(batch_key: int, tasks: Iterable[int]) -> None:
    """Have a worker look at these tasks again, when whoever works on them may have handed in."""
    keys: list[JSONValue] = [*sorted(tasks)]
    app.configure_task(JOB, queue="jobs", schedule_in={"seconds": LOOK_AGAIN}).defer(batch_key=batch_key, tasks=keys)


def look_at_late(task: Task) -> None:
    """Have a worker look at a task again of which work came in late, where its batch is over: nobody may have worked on
    it when it was wound up."""
    if Batch.objects.filter(pk=task.batch_id, state__in=OVER).exists():
        look_again(task.batch_id, [task.pk])


def go_on(batch: Batch, tasks: Sequence[int] | None = None) -> None:
    """Wind up these tasks of a batch; or, of all that were begun, the first PIECE, and have the others done beside, by
    as many workers as there are. Those that somebody works on are looked at again."""
    begun = list(_begun(batch)) if tasks is None else []
    for at in range(PIECE, len(begun), PIECE):  # after whatever else there is to do
        app.configure_task(JOB, queue="jobs", priority=-1).defer(batch_key=batch.pk, tasks=list(begun[at : at + PIECE]))
    mine = begun[:PIECE] if tasks is None else list(tasks)
    if tasks is None:
        held = _in_work(batch)
        BatchClosing.objects.update_or_create(batch=batch, defaults={"tasks": len(held.union(begun)), "done": 0})
        mine += sorted(held.difference(begun))
    left = run(batch, mine)
    BatchClosing.objects.filter(batch=batch).update(done=F("done") + len(set(mine) - left))
    if left:
        look_again(batch.pk, left)


def run(batch: Batch, tasks: Iterable[int] | None = None) -> set[int]:
    """Wind up these tasks of a batch, or all that were begun; returns those that somebody still works on.

    Each is a transaction of its own; doing it again changes nothing. Does nothing while the batch isn't over.
    """
    batch.refresh_from_db(fields=["state"])
    if batch.state not in OVER:
        return set()
    if tasks is not None:
        return {key for key in tasks if not _wind_up(batch, key)}
    left = _in_work(batch)
    for key in _begun(batch):
        if _wind_up(batch, key):
            left.discard(key)
        else:
            left.add(key)
    return left | _in_work(batch)


def _begun(batch: Batch) -> Iterator[int]:
    after = 0
    while rows := ask(BEGUN, {"batch": batch.pk, "after": after, "piece": PIECE}):
        for (after,) in rows:
            yield after


def _in_work(batch: Batch) -> set[int]:
    held = Assignment.objects.filter(batch=batch, kind=Assignment.Kind.JUDGE, state="held")
    return set(held.values_list("task", flat=True))


@transaction.atomic
def _wind_up(batch: Batch, key: int) -> bool:
    """Whether a task is done with; not while somebody works on it, or may correct what they answered."""
    try:
        task = queue.lock(key)
    except NotFound:  # archived since
        return True
    if Verdict.objects.current().filter(task=task).exists():
        return True
    if queue.is_correctable(task):
        return False
    try:
        came_in = queue.want_no_more(task)
    except StateConflict:
        return False
    if came_in and batch.state == Batch.State.CLOSED and task.withheld in HELD_BACK_BY:
        queue.have_reviewed(task, note=HELD_BACK)
    elif came_in and consensus.consider_last(task) is None and batch.state == Batch.State.CANCELLED:
        pay_undecided(task)
    return True


@transaction.atomic
def settle(key: int) -> bool:
    """Decide a task by what came in, or pass it to a reviewer, though its batch goes on: nobody else may be asked.

    Returns whether it did: not while somebody works on it or may correct what they answered, nor where nothing came in
    or it is decided.
    """
    task = queue.lock(key)
    if Verdict.objects.current().filter(task=task).exists() or queue.is_correctable(task):
        return False
    try:
        came_in = queue.want_no_more(task)
    except StateConflict:
        return False
    if came_in:
        consensus.consider_last(task)
    return bool(came_in)


def refuse_if_over(task: Task) -> None:
    """Raises StateConflict where nobody can be asked about a task any more."""
    if Batch.objects.filter(pk=task.batch_id, state__in=OVER).exists():
        text = "This task's batch is over, so nobody is asked any more; a reviewer can still decide it."
        raise StateConflict(text, code="batch-closed")
