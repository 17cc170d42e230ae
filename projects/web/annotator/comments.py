"""What is said over a piece of work by its tasker: in the studio, and on the list of what they asked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.models import Assignment, Comment
from projects.web.shared.access import signed_in
from projects.web.shared.comments import key_typed, number
from projects.web.shared.json_view import json_view, read_uuid
from projects.workflow.comments import answering, reading, saying
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.models.people import Role
from taskers.web.requests import MemberRequest


@require_POST
@json_view
def over(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """What was said over a piece of one's own work; what is shown counts as read."""
    return _over(access.own_assignment(request.user, assignment_id), request.user)


@require_POST
@json_view
def say(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """A comment to the reviewer, or a question to a manager; then everything that was said."""
    assignment = access.own_assignment(request.user, assignment_id)
    said = {name: str(body.get(name) or "") for name in ("to", "words", "mark")}
    saying.say(assignment, request.user, read_uuid(body, "id"), **said)
    return _over(assignment, request.user)


def _over(assignment: Assignment, tasker: Person) -> dict:
    threads = reading.over(assignment, tasker)
    told = {"threads": [reading.told(thread, tasker) for thread in threads]}
    reading.seen(tasker, threads)
    return told


@require_GET
@signed_in
def mine(request: MemberRequest) -> HttpResponse:
    """What somebody asked and said, with the answers; what is shown counts as read."""
    threads, before = reading.said_by(request.user, _mine(request), number(request.GET.get("before")))
    shown = render(
        request, "projects/annotator/questions.html", {"threads": threads, "before": before, "me": request.user.pk}
    )
    reading.seen(request.user, threads)
    return shown


@require_POST
@signed_in
def more(request: MemberRequest, comment_id: UUID) -> HttpResponse:
    """Say more in a thread of one's own: it waits for an answer again."""
    comment = Comment.objects.filter(public_id=comment_id, author=request.user, project__in=_mine(request)).first()
    if comment is None:
        raise NotFound()
    try:
        answering.answer(comment, request.user, request.POST.get("words", ""), key_typed(request))
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Sent."))
    return redirect("my-questions")


def _mine(request: MemberRequest):
    if not request.organization:
        raise NotFound()
    return access.projects_for(request.user, request.organization, *Role.values)
