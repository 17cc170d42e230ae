"""What a reviewer decided, the newest first; the last of it may be taken back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.models import Verdict
from projects.web.reviewer.review import reviewable
from projects.web.shared.access import signed_in
from projects.workflow import decisions
from taskers.errors import Problem
from taskers.web.requests import MemberRequest, key_asked

PAGE = 50


@require_GET
@never_cache
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """One's own decisions, 50 at a time."""
    return _page(request)


def _page(request: MemberRequest, problem: Problem | None = None) -> HttpResponse:
    projects = reviewable(request)
    after = Verdict.objects.filter(public_id=key_asked(request, "after"), decided_by=request.user).first()
    rows = decisions.of(request.user, projects, before=after.pk if after else 0, number=PAGE + 1)
    context = {
        "rows": rows[:PAGE],
        "after": after,
        "next": rows[PAGE - 1].verdict.public_id if len(rows) > PAGE else None,
        "problem": problem,
    }
    return render(request, "projects/reviewer/decisions.html", context, status=problem.status if problem else 200)


@require_POST
@signed_in
def take_back(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Take the last one back, and look at its task again."""
    task = access.task(request.user, task_id, *access.REVIEW)
    try:
        decisions.take_back(task, by=request.user)
    except Problem as problem:
        return _page(request, problem)
    messages.success(request, _("Taken back. The task waits for a reviewer again."))
    return redirect("review-decisions")
