"""The studio's wire: JSON over the session's sign-in. Each view makes one call into a verb."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access, desk, drafts, markdown, queue, submission
from projects.errors import Refused, StaleDraft
from projects.models import Assignment, Project, ProjectSettings, Task
from projects.queue import Nothing
from taskers import ledger, problems
from taskers.errors import Problem
from taskers.requests import MemberRequest


class SignedOut(Problem):
    """Your session has ended; sign in again, your work is kept."""

    code = "signed-out"
    status = 401


def wire(view: Callable[..., dict]) -> Callable[..., HttpResponse]:
    """JSON in, JSON out: the view gets the body as a dict; named errors become problem+json."""

    @wraps(view)
    @never_cache
    def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise SignedOut()
            return JsonResponse(view(request, _body(request), *args, **kwargs))
        except StaleDraft as problem:
            return problems.as_json(problem, {"draft": problem.newest})
        except Problem as problem:
            return problems.as_json(problem)

    return wrapped


@require_GET
@login_required
@ensure_csrf_cookie
def page(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """The studio: one page for as many tasks as there are."""
    trying = request.GET.get("try") == "1"
    roles = access.MANAGE if trying else access.WORK
    project = access.project(request.user, project_id, *roles)
    return render(request, "projects/studio.html", {"project": project, "trying": trying})


@require_POST
@wire
def claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    project = access.project(request.user, project_id, *access.WORK)
    return _next(request, project)


@require_POST
@wire
def heartbeat(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    deadline = queue.renew(assignment, request.user, _token(body))
    return {"deadline": deadline.isoformat()}


@require_http_methods(["PUT"])
@wire
def draft(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    version = drafts.save(
        assignment,
        request.user,
        _token(body),
        version=_whole_number(body, "version"),
        answer=body.get("answer"),
        size=len(request.body),
    )
    return {"version": version}


@require_POST
@wire
def submit(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    annotation = submission.submit(
        assignment,
        request.user,
        _token(body),
        body.get("answer"),
        active_ms=_whole_number(body, "active_ms", 0),
        refused=_list(body, "refused"),
    )
    return {"submitted": {"id": str(annotation.public_id)}} | _next(request, assignment.task.project)


@require_POST
@wire
def skip(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.skip(
        assignment, request.user, _token(body), reason=str(body.get("reason", "")), note=str(body.get("note", ""))
    )
    return _next(request, assignment.task.project)


@require_POST
@wire
def release(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.release(assignment, request.user, _token(body))
    return {"released": True}


@require_POST
@wire
def report(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.report(assignment, request.user, _token(body), note=str(body.get("note", "")))
    return _next(request, assignment.task.project)


@require_POST
@wire
def try_claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """A task as a tasker would see it, for a manager to try: nothing is held."""
    project = access.project(request.user, project_id, *access.MANAGE)
    rows = Task.objects.filter(project=project, withheld="").select_related("asset")
    task = rows.filter(pk__gt=_whole_number(body, "after", 0)).order_by("pk").first() or rows.order_by("pk").first()
    if task is None:
        return {"nothing": {"code": "all-done", "text": "Load some tasks first.", "retry_seconds": None}}
    settings = project.settings_now()
    return {
        "try": True,
        "assignment": {
            "id": None,
            "token": None,
            "kind": "judge",
            "deadline": None,
            "lease_seconds": settings.lease_seconds,
            "project": project_json(project, settings),
            "task": task_json(task) | {"after": task.pk},
            "draft": None,
            "pay": ledger.money(settings.rate, project.organization.currency),
            "next_media": [],
        },
    }


@require_POST
@wire
def try_submit(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """Check a tried answer as a real one would be; nothing is written."""
    project = access.project(request.user, project_id, *access.MANAGE)
    task = Task.objects.filter(project=project, public_id=_uuid(body, "task")).select_related("project").first()
    if task is None:
        raise Refused("This task isn't in the project.", code="unknown-task", place="task")
    submission.check_for(task, body.get("answer"))
    return {"checked": True}


def project_json(project: Project, settings: ProjectSettings) -> dict:
    """What the studio needs to know of a project."""
    return {
        "id": str(project.public_id),
        "name": project.name,
        "task_type": project.task_type,
        "instructions_html": markdown.safe_html(settings.instructions),
        "copilot": settings.copilot,
        "labels": [
            {
                "key": label.key,
                "name": label.name,
                "colour": label.colour,
                "hotkey": label.hotkey,
                "retired": label.retired_at is not None,
            }
            for label in desk.labels(project)
        ],
    }


def task_json(task: Task) -> dict:
    """A task as its tasker sees it."""
    image = None
    if task.asset_id and task.asset:
        image = {"url": media_url(task), "width": task.asset.width, "height": task.asset.height}
    return {"id": str(task.public_id), "external_id": task.external_id, "payload": task.payload, "image": image}


def media_url(task: Task) -> str:
    """Where a task's picture is served, to those who may see the task."""
    return reverse("task-media", args=[task.public_id])


def assignment_json(assignment: Assignment) -> dict:
    """An assignment in somebody's hands."""
    project = assignment.task.project
    around = desk.around(assignment)
    settings, saved = around.settings, around.draft
    ahead = [media_url(task) for task in queue.peek(assignment) if task.asset_id]
    return {
        "id": str(assignment.public_id),
        "token": str(assignment.token),
        "kind": "judge",  # whatever it is: gold and training must not be told apart
        "deadline": assignment.deadline.isoformat() if assignment.deadline else None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings) | {"copilot": bool(assignment.copilot)},
        "task": task_json(assignment.task),
        "draft": {"version": saved.version, "answer": saved.answer} if saved else None,
        "pay": ledger.money(assignment.rate or 0, project.organization.currency),
        "next_media": ahead,
    }


def _next(request: MemberRequest, project: Project) -> dict:
    found = queue.claim(request.user, project)
    if isinstance(found, Nothing):
        return {"nothing": {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}}
    return {"assignment": assignment_json(found)}


def _body(request: MemberRequest) -> dict:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("The body isn't JSON.", code="not-json", status=400) from None
    if not isinstance(body, dict):
        raise Refused("The body is a JSON object.", code="wrong-shape", status=400)
    try:
        storable = "\\u0000" not in json.dumps(body, ensure_ascii=False).encode().decode()
    except UnicodeEncodeError:  # half of a surrogate pair
        storable = False
    if not storable:
        raise Refused("The text holds a character that can't be stored (NUL or half of a pair).", code="bad-text")
    return body


def _token(body: dict) -> UUID:
    return _uuid(body, "token")


def _uuid(body: dict, field: str) -> UUID:
    try:
        return UUID(str(body.get(field)))
    except ValueError:
        raise Refused(f"{field} is missing or isn't a UUID.", code="wrong-shape", place=field) from None


def _whole_number(body: dict, field: str, default: int | None = None) -> int:
    value = body.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Refused(f"{field} is a whole number, 0 or more.", code="wrong-shape", place=field)
    return value


def _list(body: dict, field: str) -> list:
    value = body.get(field, [])
    if not isinstance(value, list):
        raise Refused(f"{field} is a list.", code="wrong-shape", place=field)
    return value
