"""Models at work on a project: the page, a new model annotator, and the levers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.annotators import lifecycle, report
from projects.models import ModelAnnotator, Project
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.annotators import MoveForm, RegisterForm
from projects.web.shared.access import manages
from taskers.errors import Problem
from taskers.web.requests import MemberRequest
from taskers.web.views.access import require_fresh_sign_in


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """All of them; posting adds another."""
    if request.method != "POST":
        return _page(request, project)
    form = RegisterForm(request.POST)
    if form.is_valid():
        require_fresh_sign_in(request)
        try:
            annotator, secret = lifecycle.register(
                project, name=form.cleaned_data["name"], by=request.user, **form.terms()
            )
            return _page(request, project, made={"annotator": annotator, "secret": secret})
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    return _page(request, project, register=form, status=422)


@require_POST
@manages
def move(request: MemberRequest, project: Project, annotator_id: UUID) -> HttpResponse:
    """Change what one may do."""
    annotator = lifecycle.one_of(project, annotator_id)
    form = MoveForm(request.POST, annotator=annotator)
    if form.is_valid():
        data = form.cleaned_data
        try:
            moved = lifecycle.move(annotator, by=request.user, mode=data["mode"], reason=data["reason"], **form.terms())
            waits = data["mode"] == ModelAnnotator.Mode.DECIDE != moved.mode
            text = _("%(model)s waits for a second person to confirm it.") if waits else _("%(model)s is set.")
            messages.success(request, text % {"model": moved.tasker})
            return redirect("models", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    return _page(request, project, moved={annotator.pk: form}, status=422)


@require_POST
@manages
def token(request: MemberRequest, project: Project, annotator_id: UUID) -> HttpResponse:
    """Another token in place of those it has."""
    annotator = lifecycle.one_of(project, annotator_id)
    require_fresh_sign_in(request)
    return _page(
        request, project, made={"annotator": annotator, "secret": lifecycle.new_token(annotator, by=request.user)}
    )


def _page(
    request: MemberRequest,
    project: Project,
    *,
    register: RegisterForm | None = None,
    moved: dict[int, MoveForm] | None = None,
    made: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    lines = report.of(project)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "rows": [(one, (moved or {}).get(one.annotator.pk) or MoveForm(annotator=one.annotator)) for one in lines],
        "form": register or RegisterForm(),
        "open": (moved or {}).keys(),
        "made": made,
        "tab": "quality",
    }
    return render(request, "projects/manager/models.html", context, status=status)
