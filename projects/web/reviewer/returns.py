"""Sending answers back from a review, and noting mistakes."""

from uuid import UUID

from django.views.decorators.http import require_POST

from projects.errors import Refused
from projects.models import Annotation, Task, limits
from projects.web.reviewer.review import base_of, own_review, selection_beside
from projects.web.shared import work_body
from projects.web.shared.json_view import json_view, read_text
from projects.workflow import returned_work
from taskers.web.requests import MemberRequest


@require_POST
@json_view
def send_back(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    """Give answers back to those who gave them; the review is over for now. Says where the next is."""
    token = work_body.token_of(body)
    review = own_review(request.user, task_id, token)
    answers = answers_of(review.task, body.get("answers"))
    reason, words = _said(body)
    returned_work.send_back(review, request.user, token, answers, reason=reason, note=words)
    selection = selection_beside(request, review.task)
    return {"next": selection.through("review-next")}


@require_POST
@json_view
def note(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    """Note a mistake for the list of common ones; the review goes on."""
    review = own_review(request.user, task_id, work_body.token_of(body))
    answers = answers_of(review.task, body.get("answers"))
    reason, words = _said(body)
    return {"noted": returned_work.note_mistake(review.task, answers, request.user, reason=reason, note=words)}


def answers_of(task: Task, keys: object) -> list[Annotation]:
    """The answers of a task by their ids, each once. Raises Refused."""
    if not isinstance(keys, list) or len(keys) > limits.ORDERED:
        raise Refused("A list of answers is needed.", code="wrong-shape", place="answers")
    found = [base_of(task, key) for key in dict.fromkeys(str(one) for one in keys)]
    return [one for one in found if one is not None]


def _said(body: dict) -> tuple[str, str]:
    """The reason, and the note."""
    return read_text(body, "reason", 12), read_text(body, "note", limits.NOTE)
