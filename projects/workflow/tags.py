"""Tags: words that managers put on tasks to find them again. Who works never sees them."""

from django.db import transaction

from projects import queue
from projects.errors import Refused
from projects.models import Batch, Task, TaskTag, limits
from projects.queue.events import emit_of_task
from taskers.errors import StateConflict
from taskers.models import Person

NEARLY_THE_SAME = "nearly the same"  # as an earlier task of the project: whoever compares tasks puts it
MANY = 1000


def checked(tag: object) -> str:
    """The tag as it is kept. Raises Refused for none, or one that is too long."""
    plain = " ".join(tag.split()).casefold() if isinstance(tag, str) else ""
    if not plain or len(plain) > limits.TAG or "\x00" in plain:
        raise Refused("A tag has 1 to %(most)s characters.", code="bad-tag", place="tag", most=limits.TAG)
    return plain


@transaction.atomic
def put(task: Task, tag: str, *, by: Person | None) -> None:
    """Put a tag on a task; None: by nobody in person. Raises StateConflict where it is there already, or there are too
    many."""
    tag = checked(tag)
    task = queue.lock(task.pk)
    there = set(TaskTag.objects.filter(task=task).values_list("tag", flat=True))
    if tag in there:
        raise StateConflict("The task has this tag.", code="tagged")
    if len(there) >= limits.TAGS:
        raise StateConflict("A task has at most %(most)s tags.", code="too-many-tags", most=limits.TAGS)
    TaskTag.objects.create(project=task.project, task=task, tag=tag)
    emit_of_task("tagged", task, by, tag=tag)


@transaction.atomic
def take_off(task: Task, tag: str, *, by: Person) -> None:
    """Take a tag off a task. Raises StateConflict where it isn't there."""
    tag = checked(tag)
    task = queue.lock(task.pk)
    if not TaskTag.objects.filter(task=task, tag=tag).delete()[0]:
        raise StateConflict("The task hasn't this tag.", code="not-tagged")
    emit_of_task("untagged", task, by, tag=tag)


def nearly_the_same(batch: Batch) -> int:
    """How many tasks of a batch have that tag, as far as MANY + 1."""
    rows = TaskTag.objects.filter(project=batch.project_id, tag=NEARLY_THE_SAME, task__batch=batch)
    return rows[: MANY + 1].count()
