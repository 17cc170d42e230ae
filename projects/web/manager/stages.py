"""From attempt to audit: which tasks reviewers look at, and what each setting would have come to lately."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from projects.configuration import review_rule, save_settings
from projects.configuration.review_rule import ReviewRule
from projects.models import Project
from projects.reports import review_effect
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.web.shared.units import in_percent, of_percent, percent
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

ASKED = ("share", "below", "standing", "labels")


class StagesForm(forms.Form):
    """The rule, with what each of its settings does."""

    share = percent(
        gettext_lazy("At random, %"),
        gettext_lazy("A share of all tasks whose answers agree, whoever gave them. 0: none."),
    )
    below = percent(
        gettext_lazy("Where the confidence is below, %"),
        gettext_lazy("The calibrated confidence of the answers together. 0: none."),
    )
    standing = percent(
        gettext_lazy("Where somebody's standing is below, %"),
        gettext_lazy("Of anybody who answered; newcomers begin at 75. 0: none."),
    )
    labels = forms.MultipleChoiceField(
        label=gettext_lazy("Where a label is used"),
        required=False,
        help_text=gettext_lazy("Rare or costly ones, for instance."),
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When they look"),
        choices=[
            (review_rule.BEFORE, gettext_lazy("Before the verdict: nothing is paid until then")),
            (review_rule.AFTER, gettext_lazy("After it: the verdict stands, is paid, and is looked at a second time")),
        ],
    )
    audit_share = percent(
        gettext_lazy("Verdicts audited, %"),
        gettext_lazy("Drawn apart from all this: by these it is known how far to believe the method."),
    )

    def __init__(self, *args: Any, project: Project, rule: ReviewRule, **kwargs: Any) -> None:
        """`rule` is in force: a label of it that was retired since is shown as such, and stays while it is chosen."""
        super().__init__(*args, **kwargs)
        chosen = {one.key: one.name for one in project.labels.in_use()}
        if gone := [key for key in rule.labels if key not in chosen]:
            names = dict(project.labels.filter(key__in=gone).values_list("key", "name"))
            chosen |= {key: f"{names.get(key, key)} ({_('retired')})" for key in gone}
        self.fields["labels"].choices = list(chosen.items())  # type: ignore[attr-defined]

    def rule(self) -> dict[str, Any]:
        """As the settings keep it: what asks for nothing is left out. Call when valid."""
        said = self.cleaned_data
        asked = {name: of_percent(said[name]) for name in ("share", "below", "standing")} | {"labels": said["labels"]}
        kept = {name: value for name, value in asked.items() if value}
        return kept | {"when": said["when"]} if kept else {}


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rule in force with its effect; what is typed with its own, and saved where that is asked."""
    now = project.settings_now()
    rule = review_rule.of(now.review)
    form = StagesForm(request.POST or None, project=project, rule=rule, initial=_initial(rule, now.audit_share))
    if request.method == "POST" and form.is_valid():
        said = form.rule()
        if "try" not in request.POST:
            try:
                audit_share = of_percent(form.cleaned_data["audit_share"])
                save_settings.amend(project, request.user, review=said, audit_share=audit_share)
                messages.success(request, _("Saved. It holds from the next decision on."))
                return redirect("project-stages", project.public_id)
            except Problem as problem:
                form.add_error(None, problem.text)
        rule = review_rule.of(said)
    effect = review_effect.of(project, rule)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "rule": rule,
        "effect": effect,
        "reasons": [(form.fields[name].label, effect.by.get(name, 0)) for name in ASKED],
        "days": review_effect.DAYS,
        "tried": "try" in request.POST,
        "tab": "quality",
    }
    status = 422 if form.errors else 200
    return render(request, "projects/manager/stages.html", context, status=status)


def _initial(rule: ReviewRule, audit_share: float) -> dict[str, Any]:
    shares = {name: in_percent(getattr(rule, name)) for name in ("share", "below", "standing")}
    return shares | {"labels": list(rule.labels), "when": rule.when, "audit_share": in_percent(audit_share)}
