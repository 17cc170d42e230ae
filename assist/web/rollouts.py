"""How a version comes to answer in a project, and how it goes: evaluated, deployed, overridden by two, withdrawn."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning import canary, canary_report, declared, erased, improve, rollout, waiting_candidates
from assist.learning import evaluation as evaluating
from assist.models import Deployment, Evaluation, EvaluationAnswer, Override
from assist.registry import registry
from assist.suggestions.bindings import capability_of
from assist.web import deciding_rows, evaluation_rows
from assist.web.deciding_forms import EvaluateForm
from assist.web.evaluation_rows import evaluation_of, excerpt_of
from assist.web.forms import DeployForm, OverrideForm, PromoteForm, RolloutForm
from assist.web.training import around, drawn, looks_after
from assist.web.views import refused
from projects import access
from projects.models import Project
from projects.web.shared.access import manages
from projects.web.shared.units import in_percent
from taskers import access as roles
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest, key_in

CANARY = 5  # percent: what is proposed for a version's first days


@require_POST
@manages
def deploy(request: MemberRequest, project: Project) -> HttpResponse:
    """Let a project's first model answer in a share of the work."""
    form = _form(request, project)
    if form.is_valid():
        told = form.cleaned_data
        try:
            return _deployed(request, rollout.first(project, told["version"], share=told["share"], by=request.user))
        except Problem as problem:
            form.add_error(None, problem.text)
    return refused(request, project, deploy_form=form)


@require_POST
@looks_after
def evaluate(request: MemberRequest, project: Project) -> HttpResponse:
    """Have a version measured against what answers now."""
    form = EvaluateForm.of(project, request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = evaluating.begin(project, told["version"], by=request.user, refresh=told["refresh"])
        except Problem as problem:
            form.add_error(None, problem.text)
        else:
            messages.success(request, _("%(model)s is being evaluated.") % {"model": made.candidate})
            return redirect("copilot-evaluation", project.public_id, made.public_id)
    if not roles.may(request.user, project.organization, *access.MANAGE, project_key=project.public_id):
        return drawn(request, project, evaluate_form=form)
    return refused(request, project, deploy_form=form)


@require_GET
@looks_after
def evaluation(request: MemberRequest, project: Project, evaluation_id: UUID) -> HttpResponse:
    """What an evaluation found, slice by slice."""
    return shown(request, evaluation_of(project, evaluation_id))


@require_POST
@looks_after
def declare(request: MemberRequest, project: Project, evaluation_id: UUID, number: int) -> HttpResponse:
    """Have the gate ask for a kind of task that an evaluation proposed."""
    found = evaluation_of(project, evaluation_id)
    declared.declare(found, number, by=request.user)
    messages.success(request, _("Evaluations ask for this kind of task from now on."))
    return redirect("copilot-evaluation", project.public_id, found.public_id)


@require_POST
@manages
def promote(request: MemberRequest, project: Project, evaluation_id: UUID) -> HttpResponse:
    """Deploy what passed, in the share that was chosen."""
    found = evaluation_of(project, evaluation_id)
    form = PromoteForm(request.POST)
    if form.is_valid():
        try:
            return _deployed(request, rollout.promote(found, share=form.cleaned_data["share"], by=request.user))
        except Problem as problem:
            form.add_error(None, problem.text)
    return shown(request, found, form)


@require_POST
@manages
def override(request: MemberRequest, project: Project) -> HttpResponse:
    """Ask for a version that hasn't passed; it waits for a second person."""
    capability = capability_of(project.task_type, project.settings_now())
    form = OverrideForm(request.POST, project=project, capability=capability)
    if form.is_valid():
        told = form.cleaned_data
        terms = {"share": told["share"], "reason": told["reason"]}
        try:
            rollout.ask_override(project, told["version"], **terms, by=request.user)
        except Problem as problem:
            form.add_error(None, problem.text)
        else:
            messages.success(request, _("It waits for a second person to confirm it."))
            return redirect("project-copilot", project.public_id)
    return refused(request, project, override_form=form)


@require_POST
@manages
def confirm(request: MemberRequest, project: Project, override_id: UUID) -> HttpResponse:
    """The second person shares the reason."""
    made = rollout.confirm_override(_override(project, override_id), by=request.user)
    if isinstance(made, Deployment):
        return _deployed(request, made)
    messages.success(request, _("%(model)s decides alone from now on.") % {"model": made.tasker})
    return redirect("project-copilot", project.public_id)


@require_POST
@manages
def decline(request: MemberRequest, project: Project, override_id: UUID) -> HttpResponse:
    """It doesn't come to pass."""
    rollout.decline_override(_override(project, override_id), by=request.user)
    messages.success(request, _("Declined. Nothing was deployed."))
    return redirect("project-copilot", project.public_id)


@require_POST
@manages
def withdraw(request: MemberRequest, project: Project) -> HttpResponse:
    """Let a version answer no longer."""
    rows = Deployment.objects.live().filter(project=project, version__public_id=key_in(request.POST.get("version")))
    row = rows.select_related("version", "project").first()
    if row is None:
        raise Problem(_("This version doesn't answer here."), code="not-deployed", status=422)
    registry.withdraw(row, by=request.user)
    messages.success(request, _("%(model)s answers no longer.") % {"model": row.version})
    return redirect("project-copilot", project.public_id)


def _form(request: MemberRequest, project: Project) -> DeployForm:
    capability = capability_of(project.task_type, project.settings_now())
    return DeployForm(request.POST, project=project, capability=capability)


def _deployed(request: MemberRequest, made: Deployment) -> HttpResponse:
    told = {"model": made.version, "share": made.share}
    messages.success(request, _("%(model)s answers in %(share)s %% of new work.") % told)
    return redirect("project-copilot", made.project.public_id)


def shown(
    request: MemberRequest, found: Evaluation, form: PromoteForm | None = None, rollout_form: RolloutForm | None = None
) -> HttpResponse:
    """The page of an evaluation, with what is wrong with one of its forms."""
    answers = Deployment.objects.live().filter(project=found.project, evaluation=found).first()
    context = around(request, found.project) | {
        "evaluation": found,
        "findings": evaluation_rows.findings_of(found),
        "zero": evaluation_rows.scale_of(found).at(0),
        "score": evaluation_rows.score_of(found),
        "figures": evaluation_rows.figures_of(found),
        "rulings": deciding_rows.rulings_of(found),
        "costs": deciding_rows.costs_of(found),
        "erased": erased.judged(found),
        "slice_costs": deciding_rows.slice_costs_of(found),
        "lost": [(one, excerpt_of(one.task)) for one in improve.lost_by_candidate(found)],
        "confusions": evaluation_rows.confusions_of(found),
        "proposed": evaluation_rows.proposed_of(found),
        "answers_kept": EvaluationAnswer.objects.filter(score__evaluation=found).exists(),
        "margin": round(100 * found.margin, 1),
        "answers": answers,
        "asked": waiting_candidates.asked_for_by(found),
        "rollout": canary_report.of_project(found.project).filter(evaluation=found).first(),
        "rollout_form": rollout_form
        or RolloutForm(initial=canary.USUAL | {"margin": in_percent(canary.USUAL["margin"])}),
        "form": form or PromoteForm(initial={"share": registry.WHOLE if answers else CANARY}),
    }
    return render(request, "assist/evaluation.html", context, status=422 if form or rollout_form else 200)


def _override(project: Project, key: UUID) -> Override:
    rows = Override.objects.select_related("project__organization", "version", "asked_by")
    found = rows.filter(project=project, public_id=key).first()
    if found is None:
        raise NotFound("There is no such request here.")
    return found
