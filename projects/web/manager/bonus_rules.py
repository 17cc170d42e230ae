"""Rules that give bonuses by themselves: tried on what was, proposed, ended; finance says yes (taskers.web)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import Project
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.bonus_rules import MEASURES, BonusRuleForm
from projects.web.shared.access import manages
from projects.workflow import bonus_rules as running
from taskers.errors import NotFound, Problem
from taskers.models import BonusAward, BonusRule
from taskers.money import bonus_rules
from taskers.web.requests import MemberRequest

NEWEST = 50
USUAL = {"least": 90, "window": 100, "amount": 5, "each_most": 50, "most": 500, "days": 30}


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rules, what they gave, and a form that first says what another would have given."""
    form = BonusRuleForm(request.POST or None, initial=USUAL, organization=project.organization)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("act") != "make" or request.POST.get("tried") != form.mark():
                preview = running.preview(project, form.terms(), by=request.user)  # nothing is proposed unseen
            else:
                bonus_rules.propose(project.organization, project.public_id, form.terms(), by=request.user)
                messages.success(request, _("Waiting: somebody of finance says yes first, under Money."))
                return redirect("project-bonus-rules", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    rules = BonusRule.objects.filter(organization=project.organization, project_key=project.public_id)
    newest = bonus_rules.with_given(rules).select_related("made_by", "approved_by").order_by("-pk")[:NEWEST]
    awards = BonusAward.objects.filter(rule__in=rules).select_related("person", "bonus").order_by("-pk")[:NEWEST]
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "preview": preview,
        "days": bonus_rules.DAYS,
        "rules": [(one, MEASURES[BonusRule.Measure(one.measure)]) for one in newest],
        "awards": awards,
        "currency": project.organization.currency,
        "tab": "people",
        "part": "bonuses",
    }
    status = 422 if request.method == "POST" and preview is None else 200
    return render(request, "projects/manager/bonus_rules.html", context, status=status)


@require_POST
@manages
def end(request: MemberRequest, project: Project, bonus_rule_id: UUID) -> HttpResponse:
    """Switch one off."""
    here = {"organization": project.organization, "project_key": project.public_id}
    found = BonusRule.objects.filter(**here, public_id=bonus_rule_id).first()
    if found is None:
        raise NotFound()
    try:
        bonus_rules.end(found, request.user)
        messages.success(request, _("It is off. What it gave stays."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-bonus-rules", project.public_id)
