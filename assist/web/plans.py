"""Learning by itself: when, how each time went, and the candidate that waits for evidence."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning import training as learning
from assist.learning import waiting_candidates
from assist.learning.plans import plans
from assist.learning.recipes import RECIPES
from assist.models import TrainingPlan
from assist.web import training
from assist.web.evaluation_rows import evaluation_of
from assist.web.forms import PlanForm
from assist.web.training import looks_after
from projects.models import Project
from projects.reports import notices
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """Each recipe with its plan, and how each time went."""
    return _drawn(request, project)


@require_POST
@looks_after
def arrange(request: MemberRequest, project: Project, recipe: str) -> HttpResponse:
    """Let a recipe learn anew by itself."""
    form = PlanForm(request.POST, auto_id=f"{recipe}_%s")
    if form.is_valid():
        try:
            plans.arrange(project, recipe, by=request.user, **form.cleaned_data)
            messages.success(request, _("From now on it trains by itself."))
            return redirect("copilot-plans", project.public_id)
        except Problem as problem:
            form.add_error(None, problem.text)
    return _drawn(request, project, recipe, form)


@require_POST
@looks_after
def turn_off(request: MemberRequest, project: Project, recipe: str) -> HttpResponse:
    """Let it begin nothing more."""
    found = plans.one(project, recipe)
    if found is None:
        raise NotFound("There is no such plan here.")
    try:
        plans.turn_off(found, by=request.user)
        messages.success(request, _("It trains by itself no more."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-plans", project.public_id)


@require_POST
@looks_after
def wait_no_longer(request: MemberRequest, project: Project, evaluation_id: UUID) -> HttpResponse:
    """Give up a candidate that waits for evidence: the shares go back."""
    found = evaluation_of(project, evaluation_id)
    try:
        waiting_candidates.give_up(found, by=request.user)
        messages.success(request, _("Nothing more is done without help for its sake."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-evaluation", project.public_id, found.public_id)


def _drawn(request: MemberRequest, project: Project, sent: str = "", form: PlanForm | None = None) -> HttpResponse:
    """The page, with what is wrong with the form that was sent."""
    known = {one.recipe: one for one in plans.of(project)}
    rows = []
    for key in learning.recipes_for(project):
        plan = known.get(key)
        own = form if form and key == sent else _form(key, plan)
        rows.append((RECIPES[key], key, plan, plan.newest if plan else [], own))
    context = training.around(request, project) | {
        "rows": rows,
        "asked": waiting_candidates.asked_for(project),
        "form": form,
        "worker": notices.worker_alive(),
    }
    return render(request, "assist/plans.html", context, status=422 if form else 200)


def _form(key: str, plan: TrainingPlan | None) -> PlanForm:
    """As the plan stands; what is proposed where there is none yet."""
    proposed = plans.USUAL | {"new_verdicts": 500}
    told = {name: getattr(plan, name) for name in plans.USUAL} if plan else proposed
    return PlanForm(initial=told, auto_id=f"{key}_%s")
