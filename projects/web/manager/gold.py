"""The gold of a project: how it fares, retiring it and putting it back."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.models import PooledGold, Project
from projects.quality.gold import pool
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.workforce import rules
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

PAGE = 50


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The stock, 50 at a time."""
    pages = Paginator(pool.known_answers(project), PAGE)
    here = pages.get_page(request.GET.get("page"))
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "lines": pool.lines(list(here.object_list)),
        "here": here,
        "limit": rules.in_force(project).gold_uses,
        "share": rules.in_force(project).gold_share,
        "tab": "people",
        "part": "gold",
    }
    return render(request, "projects/manager/gold.html", context)


@require_POST
@manages
def act(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """Retire one, with a reason, or put it back."""
    rows = PooledGold.objects.filter(project=project).select_related("gold__task__project")
    kept = rows.filter(gold__task__public_id=task_id).first()
    if kept is None:
        raise NotFound()
    try:
        if request.POST.get("act") == "retire":
            pool.retire(kept, request.POST.get("why", ""), by=request.user)
            messages.success(request, _("Retired: nobody gets it any more."))
        else:
            pool.restore(kept, by=request.user)
            messages.success(request, _("Back in the stock; its count starts afresh."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-gold", project.public_id)
