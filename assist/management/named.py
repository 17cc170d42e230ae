"""What commands name: a project by its id, a person by their address."""

from collections.abc import Iterable
from uuid import UUID

from django.core.management.base import CommandError

from assist.web.overview import SEES
from projects.models import Project
from taskers import access
from taskers.models import Person
from taskers.models.people import Role


def project_of(key: UUID) -> Project:
    """The project. Raises CommandError."""
    found = Project.objects.select_related("organization").filter(public_id=key).first()
    if found is None:
        raise CommandError(f"There is no project {key}.")
    return found


def person_of(project: Project, email: str, roles: Iterable[Role] = SEES) -> Person:
    """Somebody who may do this there. Raises CommandError."""
    found = Person.objects.filter(email=email).first()
    if found is None or not access.may(found, project.organization, *roles, project_key=project.public_id):
        raise CommandError(f"{email} doesn't look after models there.")
    return found
