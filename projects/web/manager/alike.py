"""What else of a project is like one task."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects import access
from projects.reports import alike
from projects.web.shared.access import signed_in
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

EXCERPT = 160  # letters of a text


@require_GET
@signed_in
def page(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """The tasks that are most like it, the likest first; or why nobody can tell."""
    task = access.task(request.user, task_id, *access.MANAGE)
    context = {"task": task, "project": task.project, "tab": "tasks", "excerpt": EXCERPT, "why": ""}
    try:
        context["found"] = alike.of(task)
    except Problem as problem:
        context["found"], context["why"] = None, problem.text
    return render(request, "projects/manager/alike.html", context)
