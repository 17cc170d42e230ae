"""The copilot's page of a project: which models answer, on what terms, what they prepared, and whether they help."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assist.adapters import DEFAULTS, RUNTIMES
from assist.alike import duplicates
from assist.annotators import work
from assist.annotators.autonomous_answers import ABLE
from assist.learning import canary_report, deciding, durations, label_vectors, measured_scores, rollout, term_memory
from assist.models import Deployment, ModelVersion, Override, Precompute
from assist.registry import lineage, registry, resolution
from assist.suggestions import precompute, prototypes, samples, score_bands, suited, written
from assist.suggestions.bindings import MORE, OF_IMAGES, WRITES, capability_of, worded_of
from assist.suggestions.label_map import maps_nothing
from assist.web import figures, status
from assist.web.deciding_forms import DecideForm, EvaluateForm, FloorsForm
from assist.web.evaluation_rows import evaluations_of
from assist.web.forms import CopilotForm, DeployForm, OverrideForm, PlaceForm, initial
from assist.web.likeness import NearlyTheSameForm
from projects.configuration import save_settings
from projects.models import Batch, Project
from projects.task_types import TASK_TYPES
from projects.web.manager.conflict import conflict_of
from projects.web.shared.access import managed_batch, manages, signed_in
from projects.web.shared.charts import Scale
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

BATCHES_SHOWN = 30
SAVED = Scale(-0.5, 0.5)


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The terms in force and a form that changes them; models, and batches made ready."""
    terms = project.settings_now()
    capability = capability_of(project.task_type, terms)
    form = CopilotForm(
        request.POST or None, initial=initial(terms), labels=project.labels.in_use(), capability=_scored(project)
    )
    code, conflict = 422 if request.method == "POST" else 200, None
    seen = request.POST.get("seen", "") if request.method == "POST" else save_settings.mark(project)
    if request.method == "POST" and form.is_valid():
        try:
            save_settings.change(project, request.user, seen=seen, **form.terms())
            messages.success(request, _("Saved. It holds from the next claim on."))
            return redirect("project-copilot", project.public_id)
        except save_settings.Overwrites as problem:
            code, conflict = problem.status, conflict_of(request, project, seen, form)
            seen = save_settings.mark(project)  # saving again, having read the notice, is meant
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    context = _context(project, form, capability) | {"seen": seen, "conflict": conflict}
    return render(request, "assist/copilot.html", context, status=code)


@require_GET
@manages
def report(request: MemberRequest, project: Project) -> HttpResponse:
    """What became of suggestions and what they saved: a part of the page, since it reads much."""
    found = figures.help_of(project)
    context = {
        "acceptance": figures.acceptance(project),
        "help": found,
        "zero": SAVED.at(0),
        "models": [(name, one, _marked(one)) for name, one in found.models.items()],
        "taskers": [(name, one, _marked(one)) for name, one in found.taskers.items()],
    }
    return render(request, "assist/_report.html", context)


@require_POST
@manages
def place(request: MemberRequest, project: Project) -> HttpResponse:
    """Make a version a model annotator: from now on it claims and answers by itself."""
    form = PlaceForm(request.POST, project=project, capabilities=ABLE.get(project.task_type, ()))
    if not form.is_valid():
        return refused(request, project, place_form=form)
    made = work.place(project, form.cleaned_data["version"], by=request.user)
    told = {"model": made.version}
    messages.success(request, _("%(model)s is an annotator now. It is watched until you let it do more.") % told)
    return redirect("models", project.public_id)


@require_POST
@signed_in
def prepare(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Have the models that answer here go through a batch ahead of the people."""
    batch = managed_batch(request, batch_id)
    precompute.start_all(batch, by=request.user)
    messages.success(request, _("Being made ready. People may work meanwhile."))
    return redirect("project-copilot", batch.project.public_id)


@require_POST
@signed_in
def prepare_everything(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Have everything found in each image of a batch ahead of the people."""
    batch = managed_batch(request, batch_id)
    precompute.start_everything(batch, by=request.user)
    messages.success(request, _("Everything in these images is being found. People may work meanwhile."))
    return redirect("project-copilot", batch.project.public_id)


@require_GET
@manages
def prepared(request: MemberRequest, project: Project) -> HttpResponse:
    """How far the models have come: a part of the page that renews itself while they are at it."""
    capability = capability_of(project.task_type, project.settings_now())
    return render(request, "assist/_prepared.html", _prepared(project, capability))


@require_POST
@signed_in
def stop(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """No further."""
    batch = managed_batch(request, batch_id)
    rows = list(Precompute.objects.filter(batch=batch, state=Precompute.State.RUNNING))
    if not rows:
        raise Problem(_("This isn't under way any more."), code="state-conflict", status=409)
    for row in rows:
        precompute.stop(row)
    return redirect("project-copilot", batch.project.public_id)


def refused(request: MemberRequest, project: Project, **forms: Form) -> HttpResponse:
    """The page, with what is wrong with one of its other forms."""
    terms = project.settings_now()
    capability = capability_of(project.task_type, terms)
    form = CopilotForm(initial=initial(terms), labels=project.labels.in_use(), capability=_scored(project))
    return render(
        request,
        "assist/copilot.html",
        _context(project, form, capability) | {"seen": save_settings.mark(project)} | forms,
        status=422,
    )


def _scored(project: Project) -> str:
    """What the copilot does here, for the form of its terms: boxes where a detector answers, since they have scores."""
    capability = capability_of(project.task_type, project.settings_now())
    seen = capability == "segment" and any(resolution.deployed(project, one) for one in MORE[capability])
    return "detect" if seen else capability


def _context(project: Project, form: CopilotForm, capability: str) -> dict[str, Any]:
    able = ABLE.get(project.task_type, ())
    suits = suited.among(project, (capability, *MORE.get(capability, ())))
    free = rollout.unanswered(project, suits)
    for key in DEFAULTS:
        if RUNTIMES[key].capability in {capability, *able}:
            registry.model_version(key)  # so that it can be chosen, before anybody was ever offered anything
    registry.listed(Path(settings.MODELS_DIR))
    shown, seer = _prepared(project, capability) | _answering(project, capability), samples.seer(project)
    return shown | {
        "task_type": TASK_TYPES[project.task_type],
        "tab": "copilot",
        "form": form,
        "capability": capability,
        "deploy_form": EvaluateForm(project=project, capability=capability),
        "more_form": _more_form(project, capability, free),
        "override_form": OverrideForm(project=project, capability=capability),
        "first": len(free) == len(suits),
        "evaluations": (evaluations := evaluations_of(project)),
        "evaluation_minutes": durations.evaluation_minutes(evaluations),
        "rollouts": canary_report.of_project(project)[: canary_report.NEWEST],
        "overrides": list(
            Override.objects.filter(project=project, state="waiting").select_related("version", "asked_by")
        ),
        "trouble": status.of_capability(capability) if capability else "",
        "unmapped": _suggests_nothing(project, capability),
        "hindrance": work.hindrance(project, project.settings_now()),
        "placed": deciding.with_basis(work.of_project(project)),
        "floors_form": FloorsForm(project=project),
        "decide_form": DecideForm(project=project),
        "samples": capability in ("spans", "classify") or seer is not None,
        **_measured(project, capability, seer),
        "nearly_form": NearlyTheSameForm(initial={"act": duplicates.chosen(project)}),
        "place_form": PlaceForm(project=project, capabilities=able),
        "taught": label_vectors.standing(project) if capability == "classify" else [],
        "terms": term_memory.standing(project) if capability == "spans" else None,
        "enough": prototypes.ENOUGH,
        "images": capability == "classify"
        and status.of_images(project)
        and not any(resolution.deployed(project, one) for one in OF_IMAGES),
    }


def _suggests_nothing(project: Project, capability: str) -> bool:
    """Whether no label is mapped to a name that a model of spans answers with. A model that was brought has names of
    its own, so it is only known where the project's mapping takes their place."""
    if capability != "spans":
        return False
    mapping = project.settings_now().label_mapping
    if not mapping and resolution.deployed(project, capability):
        return False
    return maps_nothing(mapping, {label.key for label in project.labels.in_use()})


def _measured(project: Project, capability: str, seer: ModelVersion | None) -> dict[str, Any]:
    """How far the scores of spans, boxes or lines may be believed; nothing where none are told."""
    shown = {
        "enough_finds": measured_scores.ENOUGH,
        "enough_tasks": measured_scores.ENOUGH_TEXTS,
        "high_percent": round(100 * score_bands.HIGH_RATE),
        "medium_percent": round(100 * score_bands.MEDIUM_RATE),
        "band_texts": score_bands.MIN_TEXTS,
    }
    if capability == "spans" or (capability == "segment" and seer is not None):
        return shown | {"measures": True, "measured": measured_scores.standing(project)}
    return shown


def _answering(project: Project, capability: str) -> dict[str, Any]:
    """What answers here, level by level."""
    live = Deployment.objects.live().filter(project=project)
    own = list(live.select_related("version", "started_by", "seconded_by", "evaluation").order_by("pk"))
    answers, rest = figures.answering(project, capability)
    return {
        "deployed": own,
        "defaults": resolution.of_organization(answers, own),
        "rest": rest,
        "taken_back": lineage.taken_back(),
        "erased": lineage.erased(),
    }


def _more_form(project: Project, capability: str, free: Sequence[str]) -> DeployForm | None:
    """A first model of what nothing has suggested here yet, beside what answers."""
    form = DeployForm(project=project, capability=capability, auto_id="more_%s")
    versions: Any = form.fields["version"]
    versions.queryset = versions.queryset.filter(capability__in=free)
    return form if versions.queryset else None


def _prepared(project: Project, capability: str) -> dict[str, Any]:
    """The newest open batches, each with how far its models have come ahead of the people."""
    open_ones = project.batches.filter(state__in=["live", "paused", "draft"]).select_related("progress")
    batches = list(open_ones.order_by("-pk")[:BATCHES_SHOWN])
    found: dict[int, list[Precompute]] = {}
    for row in Precompute.objects.filter(batch__in=batches).select_related("version").order_by("pk"):
        found.setdefault(row.batch_id, []).append(row)
    worded = capability == "spans" and bool(worded_of(project.labels.in_use()))
    writers = resolution.deployed(project, WRITES) if capability == "classify" or worded else []
    wanted = {row.version.pk for row in (*resolution.deployed(project, capability), *writers)}
    running = any(row.state == Precompute.State.RUNNING for rows in found.values() for row in rows)
    shown = [_batch(one, found.get(one.pk, []), wanted) for one in batches]
    kept = status.images_kept() if capability == "segment" else None
    over = kept is not None and any((one["total"] or 0) > kept for one in shown)
    found_all = capability == "segment"
    told = {"project": project, "batches": shown, "running": running, "kept": kept, "over": over, "all": found_all}
    return told | {"writers": [str(one.version) for one in writers], "of_spans": worded, "most": written.MOST}


def _batch(batch: Batch, rows: list[Precompute], wanted: set[int]) -> dict[str, Any]:
    running = any(row.state == Precompute.State.RUNNING for row in rows)
    usual = [row for row in rows if row.what == Precompute.What.USUAL]
    ready = {row.pk for row in rows if row.state == Precompute.State.DONE and not precompute.outstanding(row)}
    done = usual and wanted <= {row.version_id for row in usual} and ready >= {row.pk for row in usual}
    found = [row for row in rows if row.state == Precompute.State.RUNNING or row.pk in ready]
    models = [{"row": row, "rate": row.done / row.seconds * 60 if row.seconds else None} for row in rows]
    progress = getattr(batch, "progress", None)
    return {
        "batch": batch,
        "models": models or [{"row": None, "rate": None}],  # one line that offers to begin
        "total": progress.tasks if progress else None,
        "everything": any(row.what == Precompute.What.EVERYTHING for row in found),
        "begun": bool(usual),
        "running": running,
        "more": not running and not done,
    }


def _marked(one: Any) -> Any:
    return one.saved and SAVED.interval(one.saved.value, one.saved.low, one.saved.high)
