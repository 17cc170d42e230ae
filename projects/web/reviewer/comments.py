"""A reviewer answers what was said over a task."""

from uuid import UUID

from django.views.decorators.http import require_POST

from projects.web.shared.comments import answerable, key_of
from projects.web.shared.json_view import json_view
from projects.workflow.comments import answering, reading
from taskers.web.requests import MemberRequest


@require_POST
@json_view
def answer_in_review(request: MemberRequest, body: dict, remark_id: UUID) -> dict:
    """Answer a tasker's comment, beside the mark it is about."""
    remark = answerable(request.user, remark_id)
    answering.answer(remark, request.user, str(body.get("words") or ""), key_of(body))
    (talk,) = [one for one in reading.of_task(remark.task, remark.to) if one.first.pk == remark.pk]
    return {"talk": reading.told(talk, request.user)}
