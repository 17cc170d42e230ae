"""What becomes of tasks that are nearly the same as an earlier one."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from assist.alike import duplicates
from assist.models import NearlyTheSame
from projects.models import Project
from projects.web.shared.access import manages
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

Act = NearlyTheSame.Act


class NearlyTheSameForm(forms.Form):
    """One choice."""

    act = forms.ChoiceField(
        label=gettext_lazy("Tasks that are nearly the same as an earlier one"),
        choices=[
            (Act.FLAG, gettext_lazy("Tag them, so that they can be found")),
            (Act.HOLD, gettext_lazy("Tag them and hold them back until a manager hands them out")),
            (Act.NOTHING, gettext_lazy("Don’t look for them")),
        ],
    )


@require_POST
@manages
def choose(request: MemberRequest, project: Project) -> HttpResponse:
    """From now on."""
    form = NearlyTheSameForm(request.POST)
    if not form.is_valid():
        raise Problem(_("Choose one of the three."), code="bad-choice", status=422, place="act")
    duplicates.choose(project, Act(form.cleaned_data["act"]), by=request.user)
    messages.success(request, _("Saved. It holds for what is loaded from now on."))
    return redirect("project-copilot", project.public_id)
