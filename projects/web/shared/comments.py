"""What every page with comments asks: whose they are to answer, and by which key something is said once."""

from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from projects import access
from projects.errors import OwnWork, Refused
from projects.models import Remark
from projects.workflow.comments import reading
from taskers.models import Person
from taskers.web.requests import MemberRequest


def answerable(person: Person, remark_id: UUID) -> Remark:
    """A remark that this person may answer for the office: comments as reviewer, questions as manager."""
    remark = reading.find(remark_id)
    roles = access.REVIEW if remark.to == Remark.To.REVIEWER else access.MANAGE
    project = remark.task.project
    access.access.require(person, project.organization, *roles, project_key=project.public_id)
    if remark.author_id == person.pk:
        raise OwnWork(_("Nobody answers their own question."))
    return remark


def key_of(body: dict) -> UUID:
    try:
        return UUID(str(body.get("id")))
    except ValueError:
        raise Refused(_("id is missing or isn't a UUID."), code="wrong-shape", place="id") from None


def key_typed(request: MemberRequest) -> UUID:
    """The key that the form brought, so that a second press of its button says nothing twice."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
