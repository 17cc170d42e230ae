"""What a project asks of a model before it decides alone, and the word of two people instead."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assist.learning import deciding, rollout
from assist.web.deciding_forms import DecideForm, FloorsForm
from assist.web.views import refused
from projects.models import Project
from projects.web.shared.access import manages
from taskers.errors import Problem
from taskers.web.requests import MemberRequest


@require_POST
@manages
def floors(request: MemberRequest, project: Project) -> HttpResponse:
    """Set what is asked from the next evaluation on."""
    form = FloorsForm(request.POST)
    if not form.is_valid():
        return refused(request, project, floors_form=form)
    deciding.set_floors(project, by=request.user, **form.floors())
    messages.success(request, _("Saved. It is asked from the next evaluation on."))
    return redirect("project-copilot", project.public_id)


@require_POST
@manages
def ask(request: MemberRequest, project: Project) -> HttpResponse:
    """Ask for a model annotator to decide alone; it waits for a second person."""
    form = DecideForm(request.POST, project=project)
    if form.is_valid():
        told = form.cleaned_data
        try:
            rollout.ask_to_decide(project, told["version"], reason=told["reason"], by=request.user)
        except Problem as problem:
            form.add_error(None, problem.text)
        else:
            messages.success(request, _("It waits for a second person to confirm it."))
            return redirect("project-copilot", project.public_id)
    return refused(request, project, decide_form=form)
