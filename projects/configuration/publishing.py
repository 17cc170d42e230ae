"""Publishing a project: from then on the tasks of a draft are handed out."""

from django.db import transaction
from django.db.models.functions import Now

from projects.configuration import configure
from projects.configuration.project_events import tell
from projects.models import Project
from taskers.errors import StateConflict
from taskers.models import Person


@transaction.atomic
def publish(project: Project, *, by: Person | None) -> Project:
    """Start handing out a draft's tasks. Raises StateConflict where it is no draft any more, and Refused where taskers
    couldn't answer what it asks: without a label, say."""
    # Updated first: whoever publishes or archives it meanwhile waits for this, and then finds no draft.
    drafts = Project.objects.filter(pk=project.pk, state=Project.State.DRAFT)
    if not drafts.update(state=Project.State.LIVE, published_at=Now()):
        raise StateConflict("This project isn't a draft any more.", code="no-draft")
    configure.check_answerable(project, project.settings_now())
    project.refresh_from_db()
    tell("project_published", project, by)
    return project
