"""What a copilot's socket is bound to: one live assignment in one person's hands."""

from uuid import UUID

from django.core.files.storage import default_storage

from assist.errors import CopilotError
from assist.facts import Binding, Picture
from projects import access
from projects.models import Assignment, ProjectSettings, Task
from projects.queue.clock import Clock
from projects.tasktypes import TASK_TYPES
from taskers.errors import Problem
from taskers.models import Person

# What the copilot can do for a kind of media.
CAPABILITIES = {"image": "segment", "text": "spans"}


def bind(person_key: int, assignment_id: UUID, token: UUID) -> Binding:
    """The binding, if this person holds this assignment now with this token and may use the copilot for it.

    Raises CopilotError: "not-yours" for strangers, neighbours and the signed-out, "not-held" when the lease has
    ended or the token is an old one, "copilot-off" when the project or the draw said no.
    """
    person = Person.objects.filter(pk=person_key, is_active=True).first()
    if person is None:
        raise CopilotError("not-yours")
    try:
        assignment = access.own_assignment(person, assignment_id)
    except Problem:
        raise CopilotError("not-yours") from None
    if not _held(assignment, token):
        raise CopilotError("not-held")
    return _binding(assignment)


def bind_trial(person_key: int, task_id: UUID) -> Binding:
    """The binding of a manager who tries a task: nothing is held, and nothing is kept.

    Raises CopilotError: "not-yours" for everybody who doesn't manage the task's project, "copilot-off".
    """
    person = Person.objects.filter(pk=person_key, is_active=True).first()
    if person is None:
        raise CopilotError("not-yours")
    try:
        task = access.task(person, task_id, *access.MANAGE)
    except Problem:
        raise CopilotError("not-yours") from None
    settings = task.project.settings_now()
    if not settings.copilot:
        raise CopilotError("copilot-off")
    return _of_task(task, settings, None)


def _held(assignment: Assignment, token: UUID) -> bool:
    """By the database's clock, whether or not anybody has noticed yet that the lease ran out."""
    rows = Assignment.objects.held().filter(pk=assignment.pk, token=token)
    return rows.filter(deadline__gte=Clock()).exists()


def _binding(assignment: Assignment) -> Binding:
    task = assignment.task
    settings = task.project.settings.get(version=assignment.settings_version or 0)
    wanted = settings.copilot if assignment.copilot is None else assignment.copilot
    if not wanted:
        raise CopilotError("copilot-off")
    return _of_task(task, settings, assignment.pk)


def _of_task(task: Task, settings: ProjectSettings, assignment_key: int | None) -> Binding:
    capability = CAPABILITIES.get(TASK_TYPES[task.project.task_type].media)
    if capability is None:
        raise CopilotError("copilot-off")
    return Binding(
        assignment_key=assignment_key,
        task_key=task.pk,
        project_key=task.project.public_id,
        capability=capability,
        picture=picture_of(task),
        text=str(task.payload.get("text", "")),
        mapping=dict(settings.label_mapping),
        labels=frozenset(task.project.labels.in_use().values_list("key", flat=True)),
        minimum_score=settings.minimum_score,
    )


def picture_of(task: Task) -> Picture | None:
    """The image of a task, if it has one."""
    asset = task.asset
    if asset is None:
        return None
    return Picture(asset.sha256, asset.height, asset.width, str(asset.file.name))


def read_picture(picture: Picture) -> bytes:
    """The image's file. Raises CopilotError "no-image"."""
    try:
        with default_storage.open(picture.file) as file:
            return file.read()
    except OSError:
        raise CopilotError("no-image") from None
