"""Events about a task, in one shape: readers of the outbox find the task, its batch and its project alike."""

from projects.models import Task
from taskers.models import Person
from taskers.outbox.events import emit


def emit_of_task(kind: str, task: Task, by: Person | None, **data: object) -> None:
    """Write down what happened to a task and who did it (None: nobody in person), in the transaction that does it."""
    project = task.project
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        **data,
    )
