"""A manager tries a project in the studio: a task as a tasker would see it, checked as theirs; nothing is held."""

import random
from uuid import UUID

from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import access
from projects.errors import Refused
from projects.models import Task
from projects.quality.gold import authoring
from projects.queue.answer_check import check_for
from projects.web.annotator.work_json import project_json, task_json
from projects.web.shared.json_view import json_view, read_uuid, read_whole_number
from projects.web.shared.pay_said import pay_said
from taskers.models.limits import Between
from taskers.web.requests import MemberRequest

KEYS = Between(0, 2**63 - 1)  # of rows


@require_POST
@json_view
def try_claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """A task as a tasker would see it, for a manager to try: nothing is held. Gold that is nobody's work comes where
    there is nothing else: a right answer to it can't be kept once more."""
    project = access.project(request.user, project_id, *access.MANAGE)
    rows = Task.objects.filter(project=project, withheld="").select_related("asset")
    work, after = rows.exclude(wanted=0), read_whole_number(body, "after", KEYS, 0)
    task = (
        work.filter(pk__gt=after).order_by("pk").first()
        or work.order_by("pk").first()
        or rows.filter(pk__gt=after).order_by("pk").first()
        or rows.order_by("pk").first()
    )
    if task is None:
        withheld = Task.objects.filter(project=project).exists()
        text = _("All tasks of this project are held back.") if withheld else _("Load some tasks first.")
        return {"nothing": {"code": "empty", "text": text, "retry_seconds": None}}
    settings = project.settings_now()
    return {
        "try": True,
        "assignment": {
            "id": None,
            "token": None,
            "kind": "judge",
            "course": None,
            "deadline": None,
            "lease_seconds": settings.lease_seconds,
            "project": project_json(project, settings, request.user),
            "task": task_json(task, request.user) | {"after": task.pk},
            "draft": None,
            "pay": pay_said(project, settings, settings.rate),
        },
    }


@require_POST
@json_view
def try_submit(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """Check a tried answer as a real one would be; nothing is written."""
    project = access.project(request.user, project_id, *access.MANAGE)
    task = Task.objects.filter(project=project, public_id=read_uuid(body, "task")).select_related("project").first()
    if task is None:
        raise Refused("This task isn't in the project.", code="unknown-task", place="task")
    check_for(task, body.get("answer"))
    return {"checked": True}


@require_POST
@json_view
def try_keep(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    """Keep a tried answer as the right one: for the course, or to be mixed in unseen."""
    project = access.project(request.user, project_id, *access.MANAGE)
    task = Task.objects.filter(project=project, public_id=read_uuid(body, "task")).select_related("project").first()
    if task is None:
        raise Refused("This task isn't in the project.", code="unknown-task", place="task")
    course = body.get("course") is True
    authoring.keep(
        task,
        body.get("answer"),
        by=request.user,
        dice=random.SystemRandom(),
        course=course,
        explanation=str(body.get("explanation", "")),
        shown=body.get("shown") is not False,
    )
    return {"kept": _("Kept: the last item of the course.") if course else _("Kept as gold.")}
