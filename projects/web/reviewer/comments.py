"""A reviewer answers what was said over a task."""

from uuid import UUID

from django.views.decorators.http import require_POST

from projects.web.shared.comments import answerable
from projects.web.shared.json_view import json_view, read_uuid
from projects.workflow.comments import answering, reading
from taskers.web.requests import MemberRequest


@require_POST
@json_view
def answer_in_review(request: MemberRequest, body: dict, comment_id: UUID) -> dict:
    """Answer a tasker's comment, beside the mark it is about."""
    comment = answerable(request.user, comment_id)
    answering.answer(comment, request.user, str(body.get("words") or ""), read_uuid(body, "id"))
    (thread,) = [one for one in reading.of_task(comment.task, comment.to) if one.first.pk == comment.pk]
    return {"thread": reading.told(thread, request.user)}
