"""Correcting what was handed in, in the studio: the same page and the same requests, under addresses of its own.

The page asks for its work at `studio/corrections/<annotation>/`, and gets an assignment whose id ends in `/correct`; so
all that the studio sends of it comes here; but its draft, which is kept like any other, and what is said of it.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.models import Annotation, Assignment
from projects.models.promises import ALIKE
from projects.web.annotator import studio, work_json
from projects.web.shared import work_body
from projects.web.shared.json_view import json_view
from projects.workflow import corrections, returned_work
from taskers.errors import NotFound, Problem, StateConflict
from taskers.models import Person
from taskers.web.requests import MemberRequest


@require_GET
@login_required
@ensure_csrf_cookie
def page(request: MemberRequest, annotation_id: UUID) -> HttpResponse:
    """The studio with one's own answer in it; or, once that is over, why not."""
    assignment = _of(request.user, annotation_id)
    try:
        until = corrections.until(assignment)
    except Problem as problem:
        back = {"url": reverse("my-work-piece", args=[annotation_id]), "label": _("To this piece of work")}
        return render(request, "problem.html", {"problem": problem, "back": back}, status=problem.status)
    project = assignment.task.project
    context = {"project": project, "trying": False, "grid": 1, "corrects": f"corrections/{annotation_id}"}
    return studio.editor_page(
        request, [project.task_type], context | {"until": until, "returned": returned_work.newest_of(assignment)}
    )


@require_POST
@json_view
def claim(request: MemberRequest, body: dict, annotation_id: UUID) -> dict:
    """The piece of work, with what was begun of its correction or else what was handed in."""
    assignment = _of(request.user, annotation_id)
    saved = corrections.reopen(assignment)
    shown = work_json.assignment_json(assignment, request.user)
    shown |= {"id": f"{assignment.public_id}/correct", "deadline": corrections.until(assignment).isoformat()}
    shown["project"]["copilot"] = False  # what it would suggest now was offered then
    return {"assignment": shown | {"draft": {"version": saved.version, "answer": saved.answer}}}


@require_POST
@json_view
def heartbeat(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """Nothing to renew: it lasts until the time is over."""
    return {"deadline": corrections.until(access.own_assignment(request.user, assignment_id)).isoformat()}


@require_POST
@json_view
def submit(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """The correction takes the place of what was handed in."""
    assignment = access.own_assignment(request.user, assignment_id)
    sent = work_body.answer_of(body)
    made = corrections.correct(assignment, sent.answer, active_ms=sent.active_ms, refused=sent.rejected)
    submitted = {"id": str(made.public_id), "seconds": corrections.seconds_left(assignment)}
    return {"submitted": submitted} | _over(_("Corrected. What you handed in last counts."))


@require_POST
@json_view
def leave(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """The work stays as it was handed in."""
    corrections.drop(access.own_assignment(request.user, assignment_id))
    return {"released": True} | _over(_("Nothing was changed. What you handed in counts."))


@require_POST
@json_view
def lookahead(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """Nothing comes after a correction."""
    access.own_assignment(request.user, assignment_id)
    return {"lookahead": None}


@require_POST
@json_view
def report(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """What was handed in can't be given back."""
    access.own_assignment(request.user, assignment_id)
    raise StateConflict("You handed this in already; ask a manager about it instead.", code="already-submitted")


def _over(text: str) -> dict:
    return {"assignment": None, "nothing": {"code": "corrected", "text": text, "retry_seconds": None}}


def _of(person: Person, annotation_id: UUID) -> Assignment:
    """The assignment of one's own annotation, corrected since or not; everything else is not found."""
    rows = Annotation.objects.filter(public_id=annotation_id, tasker=person, assignment__kind__in=ALIKE)
    key = rows.values_list("assignment__public_id", flat=True).first()
    if key is None:
        raise NotFound()
    return access.own_assignment(person, key)
