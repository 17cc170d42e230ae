"""Rules that act by themselves: tried on what was, switched on and off, and what people say against what followed."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import AutomaticRule, Project, RuleConsequence
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.automatic_rules import AutomaticRuleForm
from projects.web.shared.access import manages
from projects.workflow.automatic_rules import history, running
from projects.workflow.automatic_rules.actions import ACTIONS
from projects.workflow.automatic_rules.conditions import CONDITIONS
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

NEWEST = 50
USUAL = {"condition": "gold", "threshold": 60, "window": 10, "action": "pause", "hours": 24}


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rules, what followed from them, and a form that first says what another would have done."""
    form = AutomaticRuleForm(request.POST or None, initial=USUAL)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("act") != "make":
                preview = running.preview(project, form.terms())
            else:
                running.make(project, form.terms(), by=request.user)
                messages.success(request, _("It is on. What was done until now doesn't count."))
                return redirect("project-automatic-rules", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    status = 422 if request.method == "POST" and preview is None else 200
    return render(request, "projects/manager/automatic_rules.html", _context(project, form, preview), status=status)


@require_POST
@manages
def stop(request: MemberRequest, project: Project, rule_id: UUID) -> HttpResponse:
    """Switch one off."""
    found = AutomaticRule.objects.select_related("project").filter(project=project, public_id=rule_id).first()
    if found is None:
        raise NotFound()
    try:
        running.stop(found, by=request.user)
        messages.success(request, _("It is off. What followed from it runs out by itself."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-automatic-rules", project.public_id)


@require_POST
@manages
def answer(request: MemberRequest, project: Project, consequence_id: UUID) -> HttpResponse:
    """Answer somebody who contests what followed."""
    rows = RuleConsequence.objects.select_related("rule__project", "exclusion", "person")
    found = rows.filter(rule__project=project, public_id=consequence_id).first()
    if found is None:
        raise NotFound()
    try:
        words, upheld = request.POST.get("answer", "").replace("\x00", ""), request.POST.get("upheld", "")
        running.answer(found, words, by=request.user, upheld=upheld)
        messages.success(request, _("Answered."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-automatic-rules", project.public_id)


def _context(project: Project, form: AutomaticRuleForm, preview: running.Preview | None) -> dict:
    rules = project.automatic_rules.select_related("made_by").order_by("ended_at", "-pk")[:NEWEST]
    rows = RuleConsequence.objects.filter(rule__project=project).select_related("rule", "person", "answered_by")
    contested = rows.filter(appeal=RuleConsequence.Appeal.OPEN).order_by("answer_by")
    return {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "preview": preview,
        "days": history.DAYS,
        "rules": [(one, CONDITIONS[one.condition], ACTIONS[one.action]) for one in rules],
        "followed": _told(rows.order_by("-pk")[:NEWEST]),
        "contested": _told(contested),
        "tab": "people",
        "part": "automatic",
    }


def _told(rows: Iterable[RuleConsequence]) -> list[tuple[RuleConsequence, str, object]]:
    """What followed, each with its reason and what was done."""
    return [(one, running.reason_of(one), ACTIONS[one.rule.action]) for one in rows]
