"""What a manager does to single tasks and to work in people's hands."""

from django.db import transaction

from projects import consensus, queue
from projects.models import Task, Verdict
from taskers.models import Person


@transaction.atomic
def requeue(task: Task, *, by: Person) -> Task:
    """Hand a task out again, whatever became of it: a withheld one as it is, a decided one to one more person.

    Raises StateConflict when it is being handed out already.
    """
    task = queue.lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        return consensus.reopen(task, by=by)
    task = queue.restore(task, by=by)
    # Everything wanted may have come in while it was withheld.
    consensus.consider(task)
    return task


@transaction.atomic
def withhold(task: Task, *, by: Person, note: str = "") -> Task:
    """Hold a task back. Raises AlreadyDecided or StateConflict."""
    return queue.withhold(task, Task.Withheld.MANAGER, by=by, note=note)


@transaction.atomic
def raise_overlap(task: Task, wanted: int, *, by: Person) -> Task:
    """Ask for more judgements of an undecided task; one that waited for review goes back to the taskers."""
    return queue.raise_wanted(task, wanted, by=by)
