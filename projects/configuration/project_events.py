"""What happened to a project, written into the outbox."""

from projects.models import Project
from taskers.models import Person
from taskers.outbox.events import emit


def tell(kind: str, project: Project, by: Person | None, **data: object) -> None:
    """In the transaction in which it happens; `by` is None where no person did it."""
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        **data,
    )
