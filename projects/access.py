"""Which projects, tasks and assignments a person may reach. What isn't theirs to see is not found."""

from uuid import UUID

from projects.errors import NotPublished
from projects.models import ArchivedTask, Assignment, AssignmentRules, Illustration, Project, Task, assignment_context
from taskers import access
from taskers.database.prepared import ask_models, columns
from taskers.errors import NotAllowed, NotFound
from taskers.models import Organization, Person
from taskers.models.people import Role

MANAGE = (Role.OWNER, Role.MANAGER)
REVIEW = (Role.OWNER, Role.MANAGER, Role.REVIEWER)
WORK = (Role.TASKER,)
PROJECT = f"""
SELECT {columns(Project, "p")}, {columns(Organization, "o")}
FROM projects_project p JOIN taskers_organization o ON o.id = p.organization_id WHERE p.public_id = %(project)s::uuid
"""


def project(person: Person, public_id: UUID, *roles: str) -> Project:
    """The project, if this person may act in it as one of the roles; NotFound for outsiders, NotAllowed for members,
    NotPublished for taskers while it is a draft."""
    rows = ask_models(PROJECT, {"project": public_id}, p=Project, o=Organization)
    if not rows:
        raise NotFound()
    found, found.organization = rows[0]
    _enter(person, found, *roles)
    return found


def _enter(person: Person, found: Project, *roles: str) -> None:
    """Check that they may act there as one of the roles, of which a tasker's opens no draft."""
    access.require(person, found.organization, *roles, project_key=found.public_id)
    if found.state != Project.State.DRAFT or not set(roles).intersection(WORK):
        return
    office = [role for role in roles if role not in WORK]
    if not office or not access.may(person, found.organization, *office, project_key=found.public_id):
        raise NotPublished()


def workplace(person: Person, public_id: UUID) -> Project:
    """The project, for who may do its tasks: its taskers, and where people work by list, its office as well. Raises
    NotPublished for all of them while it is a draft."""
    try:
        return project(person, public_id, *WORK)
    except NotAllowed:
        found = project(person, public_id, *REVIEW)
        if not AssignmentRules.objects.filter(project=found).exclude(mode=AssignmentRules.Mode.POOL).exists():
            raise
        if found.state == Project.State.DRAFT:
            raise NotPublished() from None
        return found


def task(person: Person, public_id: UUID, *roles: str) -> Task:
    """The task, under the same rules."""
    found = Task.objects.select_related("project__organization", "batch", "asset").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    access.require(person, found.project.organization, *roles, project_key=found.project.public_id)
    return found


def illustration(person: Person, public_id: UUID) -> Illustration:
    """A picture of a project's instructions, for who works or reviews there; of a template's, for who may use it."""
    rows = Illustration.objects.select_related("project__organization", "template__organization", "asset")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    if found.template:
        access.require(person, found.template.organization, *MANAGE)
    elif found.project:
        _enter(person, found.project, *WORK, *REVIEW)
    return found


def archived_task(person: Person, public_id: UUID, *roles: str) -> ArchivedTask:
    """The line that is kept of an archived task, under the same rules."""
    rows = ArchivedTask.objects.select_related("project__organization", "part__archive__batch")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    access.require(person, found.project.organization, *roles, project_key=found.project.public_id)
    return found


def own_assignment(person: Person, public_id: UUID) -> Assignment:
    """An assignment in this person's own hands, now or before; anybody else's is not found."""
    found = assignment_context.own(person, public_id)
    if found is None:
        raise NotFound()
    return found


def projects_for(person: Person, organization: Organization, *roles: str):
    """A QuerySet of the organization's projects that this person may enter as one of the roles."""
    return among(organization, access.project_keys_of(person, organization, *roles))


def unarchived_for(person: Person, organization: Organization, *roles: str):
    """The same without archived ones: where something is still to be done."""
    return projects_for(person, organization, *roles).exclude(state=Project.State.ARCHIVED)


def reviewable_for(person: Person, organization: Organization):
    """A QuerySet of those whose reviews this person may do: of a draft nothing is decided, nor paid."""
    return unarchived_for(person, organization, *REVIEW).exclude(state=Project.State.DRAFT)


def among(organization: Organization, keys: set[UUID] | None):
    """A QuerySet of the organization's projects with these keys; None means all of them."""
    rows = Project.objects.of(organization)
    return rows if keys is None else rows.filter(public_id__in=keys)
