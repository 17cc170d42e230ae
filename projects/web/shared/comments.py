"""What every page with comments asks: whose they are to answer, and by which key something is said once."""

from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from projects import access
from projects.errors import OwnWork
from projects.models import Comment
from projects.workflow.comments import reading
from taskers.models import Person
from taskers.web.requests import NO_KEY, MemberRequest, key_in


def answerable(person: Person, comment_id: UUID) -> Comment:
    """A comment that this person may answer for the office: comments as reviewer, questions as manager."""
    comment = reading.find(comment_id)
    roles = access.REVIEW if comment.to == Comment.To.REVIEWER else access.MANAGE
    project = comment.task.project
    access.access.require(person, project.organization, *roles, project_key=project.public_id)
    if comment.author_id == person.pk:
        raise OwnWork(_("Nobody answers their own question."))
    return comment


def key_typed(request: MemberRequest) -> UUID:
    """The key that the form brought, so that a second press of its button says nothing twice."""
    key = key_in(request.POST.get("key"))
    return uuid4() if key == NO_KEY else key


def number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
