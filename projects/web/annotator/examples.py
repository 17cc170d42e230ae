"""A project's instructions, and the examples shown beside them: what its course teaches."""

from uuid import UUID

from django.views.decorators.http import require_GET

from projects import access
from projects.quality.qualification import feedback
from projects.web.annotator.work_json import instructions_json, lessons_json
from projects.web.shared.json_view import json_view
from taskers.web.requests import MemberRequest


@require_GET
@json_view
def examples(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """The instructions; and items of the course with right answers and why, as far as this person may see them."""
    project = access.project(request.user, project_id, *access.WORK, *access.REVIEW)
    shown = lessons_json(project, {"examples": feedback.examples(project, request.user)}, request.user)
    return shown | instructions_json(project, project.settings_now(), request.user)
