"""What managers of a project want to be told of, and what of it is so at the moment."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from projects.models import AlertRule, Project
from projects.reports import alerts, inbox
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.web.shared.units import in_currency, in_percent, of_percent, percent
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

Watches = AlertRule.Watches
SHARES = (Watches.ACCURACY, Watches.PACE)


class AlertsForm(forms.Form):
    """A bound for each; empty: it isn't watched."""

    accuracy = percent(
        gettext_lazy("Accuracy on gold below, %"),
        gettext_lazy("Over seven days, once ten answers on gold came in."),
        required=False,
    )
    pace = percent(
        gettext_lazy("Chance to meet the deadline below, %"),
        gettext_lazy("By the forecast of the dashboard; 50: rather not than yes."),
        required=False,
    )
    per_day = forms.FloatField(
        label=gettext_lazy("Judgements a day below"),
        required=False,
        **alerts.BOUNDS[Watches.PER_DAY].bounds,
        help_text=gettext_lazy("On average over the last three whole days, while something is left to do."),
    )
    spend = forms.FloatField(
        label=gettext_lazy("Spent above"),
        required=False,
        **alerts.BOUNDS[Watches.SPEND].bounds,
        help_text=gettext_lazy("What was earned here in all, less what was taken back."),
    )
    stalled = forms.FloatField(
        label=gettext_lazy("Tasks that nobody may do, more than"),
        required=False,
        **alerts.BOUNDS[Watches.STALLED].bounds,
        help_text=gettext_lazy("0: as soon as there is one."),
    )

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["spend"].label = in_currency(self.fields["spend"].label, project.organization)

    def wanted(self) -> dict[str, float | None]:
        """The bounds as they are kept."""
        return {
            name: of_percent(value) if value is not None and name in SHARES else value
            for name, value in self.cleaned_data.items()
        }


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rules, each with what is so, and a form that changes them."""
    rules = alerts.of_project(project)
    form = AlertsForm(project, request.POST or None, initial=_initial(rules))
    if request.method == "POST" and form.is_valid():
        try:
            alerts.arrange(project, form.wanted(), by=request.user)
            messages.success(request, _("Saved. A worker looks every few minutes."))
            return redirect("project-alerts", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "tab": "dashboard",
        "form": form,
        "raised": [(one.raised_at, said_of(project, one)) for one in rules.values() if one.raised_at],
    }
    return render(request, "projects/manager/alerts.html", context, status=422 if form.errors else 200)


def said_of(project: Project, rule: AlertRule) -> str:
    """What an alert that is raised says."""
    known = {"project": project.name, "watches": rule.watches, "bound": rule.bound}
    return inbox.alerts.words(known | rule.said)


def _initial(rules: dict[str, AlertRule]) -> dict[str, Any]:
    return {name: in_percent(rule.bound) if name in SHARES else f"{rule.bound:.15g}" for name, rule in rules.items()}
