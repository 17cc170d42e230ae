"""Who is excluded from a project or from all of them, and who has a conflict of interest with whom."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects import access
from projects.models import ConflictOfInterest, Exclusion, Project
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.rules import ExclusionForm, PairForm
from projects.web.shared.access import manages, signed_in
from projects.workflow import void_work
from projects.workforce import conflicts_of_interest, qualified_people, rules
from projects.workforce.exclusions import exclusions_of
from taskers import access as roles
from taskers.errors import NotFound, Problem
from taskers.skills.skills import people_of
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role


@require_http_methods(["GET", "POST"])
@manages
def of_project(request: MemberRequest, project: Project) -> HttpResponse:
    """Who is kept out of one project, and a form that keeps somebody out."""
    form = ExclusionForm(request.POST or None, people=qualified_people.taskers_of(project))
    if request.method == "POST" and form.is_valid():
        made = _keep_out(request, form, project=project)
        if made:
            return redirect("project-exclusions", project.public_id)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "rows": exclusions_of(project.organization, project),
        "whole": roles.may(request.user, project.organization, *access.MANAGE),
        "tab": "people",
        "part": "exclusions",
    }
    return render(request, "projects/manager/exclusions.html", context, status=_status(request))


@require_http_methods(["GET", "POST"])
@needs_role(*access.MANAGE)
def of_organization(request: MemberRequest) -> HttpResponse:
    """Exclusions from everything, and conflicts of interest; each has its form, told apart by a hidden field."""
    people = people_of(request.organization)
    asked = request.POST.get("form")
    form = ExclusionForm(request.POST if asked == "exclusion" else None, people=people)
    pair = PairForm(request.POST if asked == "pair" else None, people=people, prefix="pair")
    if asked == "exclusion" and form.is_valid() and _keep_out(request, form, organization=request.organization):
        return redirect("people-conflicts")
    if asked == "pair" and pair.is_valid() and _keep_apart(request, pair):
        return redirect("people-conflicts")
    context = {
        "form": form,
        "pair_form": pair,
        "rows": exclusions_of(request.organization),
        "pairs": conflicts_of_interest.pairs_of(request.organization),
        "part": "conflicts",
    }
    return render(request, "projects/manager/conflicts_of_interest.html", context, status=_status(request))


@require_POST
@signed_in
def lift(request: MemberRequest, exclusion_id: UUID) -> HttpResponse:
    """Let somebody work again."""
    made = _exclusion(request, exclusion_id)
    try:
        rules.lift(made, by=request.user)
        messages.success(request, _("%(name)s may work again.") % {"name": made.tasker})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-exclusions", made.project.public_id) if made.project else redirect("people-conflicts")


@require_POST
@needs_role(*access.MANAGE)
def end(request: MemberRequest, pair_id: UUID) -> HttpResponse:
    """Let two people judge the same tasks again."""
    rows = ConflictOfInterest.objects.select_related("first", "second")
    found = rows.filter(public_id=pair_id, organization=request.organization).first()
    if found is None:
        raise NotFound()
    try:
        conflicts_of_interest.bring_together(found, by=request.user)
        messages.success(request, _("%(pair)s may judge the same tasks again.") % {"pair": found})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("people-conflicts")


def _keep_out(request: MemberRequest, form: ExclusionForm, **where: Any) -> bool:
    data = form.cleaned_data
    try:
        made = void_work.keep_out(
            data["tasker"], data["kind"], reason=data["reason"], until=data["until"], by=request.user, **where
        )
    except Problem as problem:
        form.add_error(problem.place if problem.place in form.fields else None, problem.text)
        return False
    words = {"name": made.tasker, "kind": made.get_kind_display().lower()}
    messages.success(request, _("%(name)s is %(kind)s and reads why.") % words)
    return True


def _keep_apart(request: MemberRequest, form: PairForm) -> bool:
    data = form.cleaned_data
    try:
        made = conflicts_of_interest.keep_apart(
            request.organization,
            data["one"],
            data["other"],
            relation=data["relation"],
            note=data["note"],
            by=request.user,
        )
    except Problem as problem:
        form.add_error(problem.place if problem.place in form.fields else None, problem.text)
        return False
    messages.success(request, _("%(pair)s judge no task both from now on.") % {"pair": made})
    return True


def _exclusion(request: MemberRequest, public_id: UUID) -> Exclusion:
    rows = Exclusion.objects.select_related("project__organization", "organization", "tasker")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    key = found.project.public_id if found.project else None
    roles.require(request.user, found.organization, *access.MANAGE, project_key=key)
    return found


def _status(request: MemberRequest) -> int:
    return 422 if request.method == "POST" else 200
