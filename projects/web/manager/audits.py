"""Audit rounds and the mistakes that reviewers find, for a project's managers."""

import random
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects.models import AuditRound, Mistake, Project
from projects.quality import audit_rounds
from projects.quality.gold import authoring
from projects.reports import reviewers
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.audits import AuditRoundForm
from projects.web.shared.access import manages
from projects.web.shared.units import of_percent
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rounds with what they tell, how good reviewers are, and a form that draws another."""
    form = AuditRoundForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            made = _draw(request, project, form)
            messages.success(
                request, _("%(n)s are drawn; reviewers find them among the audits.") % {"n": made.looks.count()}
            )
            return redirect("project-audits", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "outcomes": audit_rounds.outcomes(audit_rounds.of_project(project)),
        "reviewers": reviewers.reviewers([project]),
        "tab": "quality",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "projects/manager/audits.html", context, status=status)


def _draw(request: MemberRequest, project: Project, form: AuditRoundForm) -> AuditRound:
    said, dice = form.cleaned_data, random.SystemRandom()
    match said["kind"]:
        case AuditRound.Kind.ACCEPTANCE:
            batch = form.batches.get(said["batch"])
            if batch is None:
                raise NotFound()
            terms = {"tolerated": of_percent(said["tolerated"]), "risk": of_percent(said["risk"])}
            return audit_rounds.accept_by_sample(batch, **terms, by=request.user, dice=dice)
        case AuditRound.Kind.REVIEWERS:
            return audit_rounds.review_reviewers(project, said["each"], by=request.user, dice=dice)
        case _:
            return audit_rounds.some_of_each(project, said["cut_by"], said["each"], by=request.user, dice=dice)


@require_GET
@manages
def mistakes(request: MemberRequest, project: Project) -> HttpResponse:
    """The mistakes that reviewers found lately, the commonest first."""
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "mistakes": reviewers.common_mistakes(project),
        "days": reviewers.DAYS,
        "tab": "people",
        "part": "mistakes",
    }
    return render(request, "projects/manager/mistakes.html", context)


@require_POST
@manages
def teach(request: MemberRequest, project: Project, mistake_id: UUID) -> HttpResponse:
    """Make an item of the course of a task in which a mistake was found, explained by the reviewer's words."""
    found = Mistake.objects.filter(project=project, public_id=mistake_id).select_related("task").first()
    if found is None:
        raise NotFound()
    explanation = found.note or str(found.get_reason_display())
    try:
        authoring.keep_decided(
            found.task, by=request.user, dice=random.SystemRandom(), course=True, explanation=explanation
        )
        messages.success(request, _("It is the last item of the course."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-mistakes", project.public_id)
