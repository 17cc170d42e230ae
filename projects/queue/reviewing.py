"""Handing disagreements to reviewers: one at a time each, never their own work."""

from uuid import uuid4

from django.db import transaction

from projects.errors import OwnWork
from projects.models import Assignment, Project, Task
from projects.queue.clock import Clock, from_now
from projects.queue.slots import lock
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.outbox import emit


def waiting_for_review(projects):
    """The tasks of these projects that wait for a reviewer, oldest first."""
    return Task.objects.filter(project__in=projects, withheld=Task.Withheld.REVIEW).order_by("pk")


@transaction.atomic
def claim_review(task: Task, reviewer: Person) -> Assignment:
    """The review of a task, held by this reviewer; asking again renews it.

    Also opens a decided task, for a second look. Raises OwnWork for whoever judged the task, and StateConflict while
    another reviewer has it. The caller has checked the role.
    """
    task = lock(task.pk)
    if Assignment.objects.filter(task=task, tasker=reviewer, kind="judge", state__in=["held", "submitted"]).exists():
        raise OwnWork()
    settings = task.project.settings_now()
    held = Assignment.objects.filter(task=task, kind="review", state="held")
    if held.filter(tasker=reviewer).update(deadline=from_now(settings.lease_seconds)):
        return held.select_related("task__project").get(tasker=reviewer)
    held.filter(deadline__lt=Clock()).update(state="expired", ended_at=Clock())
    other = held.select_related("tasker").first()
    if other is not None:
        raise StateConflict(f"{other.tasker} is reviewing this task.", code="under-review")
    made = Assignment.objects.create(
        task=task,
        batch_id=task.batch_id,
        kind="review",
        state="held",
        tasker=reviewer,
        token=uuid4(),
        held_at=Clock(),
        deadline=from_now(settings.lease_seconds),
        settings_version=settings.version,
    )
    _tell(task, reviewer, made)
    return Assignment.objects.select_related("task__project").get(pk=made.pk)


def next_review(projects, reviewer: Person, *, after: int = 0) -> Task | None:
    """The next waiting task that this reviewer may decide and nobody else is reviewing."""
    busy = Assignment.objects.filter(kind="review", state="held", deadline__gte=Clock()).exclude(tasker=reviewer)
    own = Assignment.objects.filter(tasker=reviewer, kind="judge", state__in=["held", "submitted"])
    rows = waiting_for_review(projects).exclude(pk__in=busy.values("task")).exclude(pk__in=own.values("task"))
    return rows.filter(pk__gt=after).first() or rows.first()


def _tell(task: Task, reviewer: Person, made: Assignment) -> None:
    project: Project = task.project
    emit(
        "review_claimed",
        organization_id=project.organization_id,
        actor_id=reviewer.pk,
        project_key=project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        assignment=made.pk,
    )
