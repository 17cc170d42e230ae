"""Which models the tasks of a project have a use for: the type of a classification doesn't say whether it shows texts
or images, so its tasks are looked at."""

from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery

from assist.models import ModelVersion
from assist.suggestions.bindings import OF_IMAGES, WRITES, capabilities_of
from projects.models import Project, Task
from taskers.errors import StateConflict

OF_TEXTS = ("classify", WRITES)
CLASSIFICATION = "classification"


def capabilities(project: Project) -> tuple[str, ...]:
    """All that models can do for a project's tasks, what the copilot does by itself first."""
    return among(project, capabilities_of(project.task_type, project.settings_now()))


def among(project: Project, some: Iterable[str]) -> tuple[str, ...]:
    """Those of some capabilities that the project's tasks have a use for."""
    useless = useless_for(project)
    return tuple(capability for capability in some if capability not in useless)


def useless_for(project: Project) -> tuple[str, ...]:
    """The capabilities that none of a classification's tasks has a use for: those of images where all show texts, and
    those of texts where all show images. None while it has no tasks."""
    shown = shows_images(project) if project.task_type == CLASSIFICATION else set()
    return {frozenset({False}): OF_IMAGES, frozenset({True}): OF_TEXTS}.get(frozenset(shown), ())


def check(project: Project, version: ModelVersion) -> None:
    """Raises StateConflict where a version can suggest nothing for the project's tasks."""
    if version.capability not in capabilities_of(project.task_type, project.settings_now()):
        raise StateConflict("%(model)s can't do what these tasks need.", model=str(version))
    check_shown(project, version)


def check_shown(project: Project, version: ModelVersion) -> None:
    """Raises StateConflict where what the project's tasks show is nothing that a version looks at."""
    if version.capability not in useless_for(project):
        return
    if version.capability in OF_IMAGES:
        raise StateConflict("%(model)s looks at images, and the tasks here show texts.", model=str(version))
    raise StateConflict("%(model)s reads texts, and the tasks here show images.", model=str(version))


def shows_images(project: Project) -> set[bool]:
    """Whether a project's tasks show images alone: by the first and the last task of each batch, since a batch is
    mostly loaded from one kind of file. An image with a text is classified by its text."""
    image = ExpressionWrapper(Q(asset__isnull=False) & ~Q(payload__has_key="text"), output_field=BooleanField())
    tasks = Task.objects.filter(batch=OuterRef("pk")).annotate(image=image).values("image")
    ends = [Subquery(tasks.order_by(order)[:1]) for order in ("pk", "-pk")]
    rows = project.batches.annotate(first_image=ends[0], last_image=ends[1]).values_list("first_image", "last_image")
    return {image for row in rows.distinct() for image in row if image is not None}
