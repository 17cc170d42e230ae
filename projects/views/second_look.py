"""The reviewers' list of verdicts worth a second look; each is opened as a review or dismissed."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.review import reviewable
from projects.truth import second_looks
from projects.views.door import signed_in
from taskers.requests import MemberRequest, key_asked

MOST = 100


@require_GET
@login_required
def proposals(request: MemberRequest) -> HttpResponse:
    """The open proposals, the least likely verdicts first."""
    projects = reviewable(request)
    chosen = projects.filter(public_id=key_asked(request, "project")).first()
    rows = list(second_looks.open_in([chosen] if chosen else projects)[: MOST + 1])
    context = {"rows": rows[:MOST], "more": len(rows) > MOST, "chosen": chosen}
    return render(request, "projects/second_looks.html", context)


@require_POST
@signed_in
def dismiss(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Leave a verdict as it is."""
    task = access.task(request.user, task_id, *access.REVIEW)
    second_looks.dismiss(task, by=request.user)
    messages.success(request, _("The verdict stays. It won't be proposed again."))
    return redirect("second-looks")
