"""The reviewers' list of verdicts worth a second look; each is opened as a review, or left as it is."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.quality import second_looks
from projects.web.reviewer.review import reviewable, selection_beside, selection_of
from projects.web.shared.access import signed_in
from projects.web.shared.answer_drawing import drawing
from taskers.web.requests import MemberRequest

MOST = 100


@require_GET
@login_required
def proposals(request: MemberRequest) -> HttpResponse:
    """What is open, the least likely verdicts first; or audits alone, as they were drawn."""
    selection = selection_of(request, reviewable(request))
    found = second_looks.audits_in if selection.audits else second_looks.open_in
    rows = list(found(selection.projects)[: MOST + 1])
    others = selection._replace(audits=not selection.audits)
    context = {"rows": rows[:MOST], "more": len(rows) > MOST, "selection": selection, "others": others}
    return render(request, "projects/reviewer/second_looks.html", context)


@require_GET
@signed_in
def decided(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """The verdict that is looked at, to be left as it is."""
    task = access.task(request.user, task_id, *access.REVIEW)
    look = second_looks.seen(task)
    context = {
        "task": task,
        "project": task.project,
        "look": look,
        "selection": selection_beside(request, task)._replace(audits=False),
        "view": drawing(task, {"verdict": look.verdict.answer}),
    }
    return render(request, "projects/reviewer/second_look.html", context)


@require_POST
@signed_in
def dismiss(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Leave a verdict as it is."""
    task = access.task(request.user, task_id, *access.REVIEW)
    second_looks.dismiss(task, by=request.user)
    messages.success(request, _("The verdict stays. It won't be proposed again."))
    return redirect(selection_beside(request, task)._replace(audits=False).through("second-looks"))
