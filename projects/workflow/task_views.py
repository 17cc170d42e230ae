"""Views of the task browser that are kept: what managers look for again and again, under a name for all of them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from projects.errors import Refused
from projects.models import Project, TaskView, limits
from taskers.errors import NotFound
from taskers.models import Person

LONGEST = 4000  # characters of an address


def of_project(project: Project) -> Sequence[TaskView]:
    """A project's, by their names."""
    return list(TaskView.objects.filter(project=project).order_by("name")[: limits.TASK_VIEWS])


@transaction.atomic
def keep(project: Project, name: str, address: str, *, by: Person) -> TaskView:
    """Keep an address's query under a name; the same name again says what it means from now on. Raises Refused."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > limits.NAME:
        raise Refused("A name has 1 to %(most)s characters.", code="bad-name", place="name", most=limits.NAME)
    if len(address) > LONGEST:
        raise Refused("That is too much to keep.", code="too-long", place="asked")
    others = TaskView.objects.filter(project=project).exclude(name=name)
    if others.count() >= limits.TASK_VIEWS:
        raise Refused("At most %(most)s views are kept.", code="too-many", place="name", most=limits.TASK_VIEWS)
    said = {"asked": {"query": address}, "made_by": by}
    return TaskView.objects.update_or_create(project=project, name=name, defaults=said)[0]


def drop(project: Project, public_id: UUID) -> None:
    """Keep it no more. Raises NotFound."""
    if not TaskView.objects.filter(project=project, public_id=public_id).delete()[0]:
        raise NotFound()
