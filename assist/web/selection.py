"""What is labelled next: that a model chooses in part, and what it chose."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning.selection import selections
from assist.web import training
from assist.web.forms import SelectionForm
from assist.web.training import looks_after
from projects.models import Project
from projects.reports import notices
from projects.web.shared.units import in_percent
from taskers.errors import Problem
from taskers.web.requests import MemberRequest


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """Whether a model chooses, and each time that it did."""
    return _drawn(request, project)


@require_POST
@looks_after
def arrange(request: MemberRequest, project: Project) -> HttpResponse:
    """Let a model choose."""
    form = SelectionForm(request.POST)
    if form.is_valid():
        try:
            selections.arrange(project, by=request.user, **form.shares())
            messages.success(request, _("From now on a model chooses in part what is labelled next."))
            return redirect("copilot-next", project.public_id)
        except Problem as problem:
            form.add_error(None, problem.text)
    return _drawn(request, project, form)


@require_POST
@looks_after
def turn_off(request: MemberRequest, project: Project) -> HttpResponse:
    """Let all be handed out in its turn."""
    try:
        selections.turn_off(project, by=request.user)
        messages.success(request, _("No model chooses any more. What was put first stays so."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-next", project.public_id)


def _drawn(request: MemberRequest, project: Project, form: SelectionForm | None = None) -> HttpResponse:
    found = selections.of(project)
    told = {name: in_percent(getattr(found, name) if found else usual) for name, usual in selections.USUAL.items()}
    context = training.around(request, project) | {
        "selection": found,
        "without_model": found is not None and selections.without_model(project, found),
        "rounds": found.newest if found else [],
        "form": form or SelectionForm(initial=told),
        "worker": notices.worker_alive(),
    }
    return render(request, "assist/next.html", context, status=422 if form else 200)
