"""The projects of an organization, each with how far it has come."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects import access
from projects.models import Project
from projects.task_types import TASK_TYPES
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound
from taskers.web.requests import MemberRequest

MOST = 200


@require_GET
@login_required
def projects(request: MemberRequest) -> HttpResponse:
    """The list; archived projects come last."""
    organization = request.organization
    if not organization:
        raise NotFound("You don't belong to an organization here; ask whoever invited you.")
    everywhere = roles.may(request.user, organization, *access.MANAGE)
    rows = list(_with_progress(access.projects_for(request.user, organization, *access.MANAGE))[:MOST])
    if not everywhere and not rows:
        raise NotAllowed("This page is for managers; ask one to give you the role.")
    for row in rows:
        row.type_title = TASK_TYPES[row.task_type].title  # type: ignore[attr-defined]
    context = {
        "projects": sorted(rows, key=lambda row: row.state == Project.State.ARCHIVED),
        "may_make": everywhere,
    }
    return render(request, "projects/manager/list.html", context)


def _with_progress(rows: QuerySet[Project]) -> QuerySet[Project]:
    """Sums over the batches' rollups, never over tasks."""
    names = ("tasks", "decided", "in_review")
    sums = {f"sum_{name}": Sum(f"batches__progress__{name}", default=0) for name in names}
    return rows.annotate(**sums).order_by("-priority", "-pk")
