"""What became of a training or a check, written into the outbox."""

from projects.models import Project
from taskers.models import Person
from taskers.outbox.events import emit


def tell(kind: str, project: Project, by: Person, **data: object) -> None:
    """In the transaction in which it ends."""
    emit(
        kind,
        organization_id=project.organization_id,
        actor_id=by.pk,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        **data,
    )
