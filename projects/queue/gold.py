"""Tasks whose answer is known are asked of nobody to be judged; and of people again, when it is known no longer."""

from django.db import transaction

from projects.models import Assignment, Task, Verdict
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.slots import fill, lock
from taskers.errors import StateConflict
from taskers.models import Person


@transaction.atomic
def set_aside(task: Task, *, by: Person | None) -> Task:
    """Ask nobody to judge a task any more, since its answer is known; doing it again changes nothing. A decided one
    stays as it is.

    Raises StateConflict when somebody works on it or has judged it.
    """
    task = lock(task.pk)
    if not task.wanted or Verdict.objects.current().filter(task=task).exists():
        return task
    # Taken back first and asked then: a claim locks no task, so only what is withdrawn can't be taken any more.
    Assignment.objects.filter(task=task, kind="judge", state="open").update(state="withdrawn", ended_at=Clock())
    if Assignment.objects.counting().filter(task=task).exists():
        raise StateConflict("People are judging this task; wait for its verdict.", code="in-work")
    removed, task.wanted = task.wanted, 0
    Task.objects.filter(pk=task.pk).update(wanted=0)
    emit_of_task("set_aside", task, by, removed=removed)
    return task


@transaction.atomic
def take_up(task: Task, *, by: Person | None) -> Task:
    """Ask for judgements of a task that was set aside, as many as its project wants now. Whoever had to do with it as a
    known answer isn't asked. Raises StateConflict when it wasn't set aside."""
    task = lock(task.pk)
    if task.wanted or Verdict.objects.current().filter(task=task).exists():
        raise StateConflict("This task is ordinary work already.")
    task.wanted = task.project.settings_now().wanted
    Task.objects.filter(pk=task.pk).update(wanted=task.wanted)
    fill(task)
    emit_of_task("taken_up", task, by, added=task.wanted)
    return task
