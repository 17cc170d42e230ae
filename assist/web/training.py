"""Making models of what people decided: snapshots, runs and how far they are. For managers and ML engineers."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning import canary_report, durations, erasure, snapshots, training
from assist.learning.recipes import RECIPES
from assist.learning.search import searches
from assist.models import Erasure, Evaluation, Search, Snapshot, TrainingRun
from assist.registry import lineage
from assist.web.deciding_forms import EvaluateForm
from assist.web.erase_form import EraseForm
from assist.web.evaluation_rows import evaluations_of
from assist.web.forms import SearchForm, TrainForm
from assist.web.overview import SEES
from assist.web.slice_names import SliceNames
from projects import access
from projects.models import Project
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.shared import charts
from projects.web.shared.access import manages, signed_in
from taskers import access as roles
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

LATEST = 20  # of each kind, on the page


def looks_after(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets in who manages the project that the address names, or looks after its models."""

    @wraps(view)
    @signed_in
    def wrapped(request: MemberRequest, project_id: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, access.project(request.user, project_id, *SEES), *args, **kwargs)

    return wrapped


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """What was kept to learn from, what was made of it, and the form for another run."""
    return drawn(request, project)


@require_POST
@looks_after
def take(request: MemberRequest, project: Project) -> HttpResponse:
    """Keep what is decided now."""
    try:
        snapshots.take(project, by=request.user)
        messages.success(request, _("The snapshot is being made."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-training", project.public_id)


@require_POST
@looks_after
def begin(request: MemberRequest, project: Project) -> HttpResponse:
    """Have a recipe learn from a snapshot."""
    form = TrainForm(request.POST, project=project)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = training.begin(
                told["snapshot"], told["recipe"], by=request.user, parameters=form.parameters(), seed=told["seed"]
            )
            return redirect("copilot-run", project.public_id, made.public_id)
        except Problem as problem:
            form.add_error(None, problem.text)
    return drawn(request, project, form)


@require_POST
@manages
def erase(request: MemberRequest, project: Project) -> HttpResponse:
    """Let some tasks teach no model any more."""
    form = EraseForm(request.POST)
    if form.is_valid():
        try:
            selected, reason = form.selected(project), form.cleaned_data["reason"]
            erasure.begin_with(project, selected, reason=reason, by=request.user)
            messages.success(request, _("They are being erased from what models learn from."))
            return redirect("copilot-training", project.public_id)
        except Problem as problem:
            form.add_error(None, problem.text)
    return drawn(request, project, erase_form=form)


@require_GET
@looks_after
def run(request: MemberRequest, project: Project, run_id: UUID) -> HttpResponse:
    """One run: how far it is, and what came of it."""
    found = _run(project, run_id)
    context = around(request, project) | {
        "run": found,
        "recipe": RECIPES[found.recipe].title if found.recipe in RECIPES else found.recipe,
        "going_on": found.state in training.OPEN,
        "curve": (curve := [one for one in found.curve if one["validation"] is not None]),
        "lines": _lines(curve),
        "erased": found.version is not None and lineage.rests_on_erased(found.version),
        "worker": notices.worker_alive(),
        "evaluations": Evaluation.objects.filter(project=project, candidate=found.version).order_by("-pk")[:LATEST]
        if found.version
        else [],
    }
    return render(request, "assist/run.html", context)


@require_POST
@looks_after
def stop(request: MemberRequest, project: Project, run_id: UUID) -> HttpResponse:
    """Let go of a run."""
    found = _run(project, run_id)
    try:
        training.stop(found)
        messages.success(request, _("It stops in a moment."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-run", project.public_id, found.public_id)


def drawn(
    request: MemberRequest,
    project: Project,
    form: TrainForm | None = None,
    search_form: SearchForm | None = None,
    erase_form: EraseForm | None = None,
    evaluate_form: EvaluateForm | None = None,
) -> HttpResponse:
    """The page, with what is wrong with a form that was sent."""
    kept = list(snapshots.told_of(project).order_by("-pk")[:LATEST])
    making = any(one.state == Snapshot.State.MAKING for one in kept)  # the newest, if any: see snapshots.take
    train, search = form or TrainForm(project=project), search_form or SearchForm(project=project)
    waited = request.htmx and request.htmx.target == "snapshots" and not making
    if waited:  # the page has waited for this one, and its forms don't offer it yet
        for one in (train, search):
            one.fields["snapshot"].widget.attrs["hx-swap-oob"] = "true"
    context = around(request, project)
    if context["models_alone"]:  # who manages has these on the copilot's page
        context["evaluations"] = evaluations = evaluations_of(project)
        context["evaluation_minutes"] = durations.evaluation_minutes(evaluations)
        context["evaluate_form"] = evaluate_form or EvaluateForm.of(project)
    runs = list(training.of(project)[:LATEST])
    newest = next((snapshot for snapshot in kept if snapshot.state == Snapshot.State.READY), None)
    context |= {
        "snapshots": kept,
        "runs": runs,
        "running": any(one.state in training.OPEN for one in runs),
        "rollouts": canary_report.of_project(project)[: canary_report.NEWEST],
        "making": making,
        "waited": waited,
        "recipes": [
            (RECIPES[key], durations.expected_minutes(key, runs, newest)) for key in training.recipes_for(project)
        ],
        "form": train,
        "searches": (begun := list(searches.of(project)[:LATEST])),
        "searching": any(one.state == Search.State.RUNNING for one in begun),
        "search_form": search,
        "worker": notices.worker_alive(),
        "erasures": (gone := erasure.of(project)),
        "erasing": any(one.state != Erasure.State.DONE for one in gone),
        "erase_form": erase_form or EraseForm(),
        "erased": lineage.erased(),
    }
    wrong = form or search_form or erase_form or evaluate_form
    return render(request, "assist/training.html", context, status=422 if wrong else 200)


def around(request: MemberRequest, project: Project) -> dict[str, Any]:
    """What the head of the page needs, and by what names kinds of tasks are told that are kept by keys.

    Who looks after models alone is shown no way to the project's other pages: they are closed to them."""
    manages = roles.may(request.user, project.organization, *access.MANAGE, project_key=project.public_id)
    head = {"project": project, "task_type": TASK_TYPES[project.task_type], "tab": "copilot"}
    return head | {"manages": manages, "models_alone": not manages, "slice_names": SliceNames(project)}


def _lines(curve: Sequence[Mapping[str, Any]]) -> list[charts.Line]:
    """The recipe's figure on the validation split after each step; nothing to draw of a single one."""
    if len(curve) < 2:
        return []
    when = [float(one["step"]) for one in curve]
    values = [float(one["validation"]) for one in curve]
    return [charts.line("validation", _("Validation"), when, values, charts.Scale(0.0, 1.0))]


def _run(project: Project, key: UUID) -> TrainingRun:
    rows = TrainingRun.objects.select_related("snapshot", "version", "asked_by")
    found = rows.filter(project=project, public_id=key).first()
    if found is None:
        raise NotFound("There is no such run here.")
    return found
