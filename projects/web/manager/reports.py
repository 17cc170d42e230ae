"""What taskers report as broken: who reported what, and what a manager makes of it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import queue
from projects.models import Project, Task
from projects.queue import broken
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.workflow import task_actions
from projects.workforce import rules
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

PAGE = 50


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The reported tasks that wait for a manager, 50 at a time."""
    here = Paginator(broken.reported(project), PAGE).get_page(request.GET.get("page"))
    lines = broken.with_reports(list(here.object_list))
    people = broken.reporters(project, (one.tasker_id for line in lines for one in line.reports))
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "lines": [(line.task, [(one, people.get(one.tasker_id)) for one in line.reports]) for line in lines],
        "here": here,
        "rules": rules.in_force(project),
        "tab": "people",
        "part": "reports",
    }
    return render(request, "projects/manager/reports.html", context)


@require_POST
@manages
def settle(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """It is broken, or nothing is wrong with it."""
    task = Task.objects.select_related("project").filter(project=project, public_id=task_id).first()
    if task is None:
        raise NotFound()
    try:
        if request.POST.get("act") == "broken":
            queue.uphold(task, by=request.user)
            messages.success(request, _("Withheld: nobody gets it any more."))
        else:
            task_actions.dismiss_reports(task, by=request.user)
            messages.success(request, _("Handed out again."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-reports", project.public_id)
