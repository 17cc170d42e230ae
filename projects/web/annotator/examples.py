"""The wire of a project's examples: what its course teaches, shown beside the instructions."""

from uuid import UUID

from django.views.decorators.http import require_GET

from projects import access
from projects.quality.qualification import feedback
from projects.web.annotator.work_json import lessons_json
from projects.web.shared.json_view import json_view
from taskers.web.requests import MemberRequest


@require_GET
@json_view
def examples(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """Items of the course with their right answers and why, as far as this person may see them."""
    project = access.project(request.user, project_id, *access.WORK, *access.REVIEW)
    return lessons_json(project, {"examples": feedback.examples(project, request.user)}, request.user)
