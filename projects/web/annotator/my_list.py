"""A tasker's work list in a project, where people work by list; and opening one of its tasks."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from projects import access, queue
from projects.models import AssignmentRules, Task
from projects.reports import work_list
from projects.web.shared.access import signed_in
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest, key_in

LONGEST, DIGITS = 600, 19  # of a cursor, of a key


@require_GET
@signed_in
def page(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """What is reserved for them; and what else is free, where they may choose."""
    project = access.workplace(request.user, project_id)
    mode, why = queue.mode_for(request.user, project)
    if why:
        shown = {"project": project, "by_list": mode != AssignmentRules.Mode.POOL, "why": why}
        return render(request, "projects/annotator/my_list.html", shown)
    after, free_after = request.GET.get("after", ""), request.GET.get("free", "")[:LONGEST]
    mine = work_list.of(
        request.user, project, after=int(after) if after.isascii() and after.isdigit() and len(after) < DIGITS else 0
    )
    chooses = queue.may_choose(request.user, project, mode)
    free = work_list.free_in(request.user, project, after=free_after) if chooses else None
    context = {
        "project": project,
        "mine": mine,
        "by_list": mode != AssignmentRules.Mode.POOL,
        "free": free,
        "view": work_list.view(project, [*mine.entries, *(free.entries if free else ())]),
        "begun": any(one.state == work_list.MINE for one in mine.entries),
    }
    return render(request, "projects/annotator/my_list.html", context)


@require_POST
@signed_in
def open_task(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """Take one task by its name, and go to the studio, which shows what is held."""
    project = access.workplace(request.user, project_id)
    rows = Task.objects.select_related("project__organization")
    task = rows.filter(project=project, public_id=key_in(request.POST.get("task", ""))).first()
    if task is None:
        raise NotFound()
    try:
        queue.claim_named(request.user, task)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("my-list", project.public_id)
    return redirect("studio", project.public_id)
