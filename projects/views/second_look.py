"""The reviewers' list of verdicts worth a second look; each is opened as a review, or left as it is."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.review import reviewable
from projects.truth import second_looks
from projects.views.door import signed_in
from projects.views.task import drawing
from taskers.errors import StateConflict
from taskers.requests import MemberRequest, key_asked

MOST = 100


@require_GET
@login_required
def proposals(request: MemberRequest) -> HttpResponse:
    """What is open, the least likely verdicts first; or audits alone, as they were drawn."""
    projects = reviewable(request)
    chosen = projects.filter(public_id=key_asked(request, "project")).first()
    audits = request.GET.get("why") == "audit"
    found = second_looks.audits_in if audits else second_looks.open_in
    rows = list(found([chosen] if chosen else projects)[: MOST + 1])
    context = {"rows": rows[:MOST], "more": len(rows) > MOST, "chosen": chosen, "audits": audits}
    return render(request, "projects/second_looks.html", context)


@require_GET
@signed_in
def decided(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """The verdict that is looked at, to be left as it is."""
    task = access.task(request.user, task_id, *access.REVIEW)
    look = second_looks.of_task(task)
    if look is None:
        raise StateConflict("This isn't waiting for a second look any more.")
    context = {
        "task": task,
        "project": task.project,
        "look": look,
        "view": drawing(task, {"verdict": look.verdict.answer}),
    }
    return render(request, "projects/second_look.html", context)


@require_POST
@signed_in
def dismiss(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Leave a verdict as it is."""
    task = access.task(request.user, task_id, *access.REVIEW)
    audit = second_looks.dismiss(task, by=request.user)
    messages.success(request, _("The verdict stays. It won't be proposed again."))
    return redirect(reverse("second-looks") + ("?why=audit" if audit else ""))
