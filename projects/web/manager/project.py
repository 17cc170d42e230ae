"""A project at a glance: how far each batch is, what waits, and the levers."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Sum, Window
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from projects.configuration import configure, publishing
from projects.data import archive
from projects.models import Batch, BatchProgress, Import, Project, ProjectSettings
from projects.reports import notices, queue_health, stalls
from projects.task_types import TASK_TYPES
from projects.web.manager import checklist
from projects.web.shared.access import managed_batch, manages, signed_in
from projects.web.shared.pay_said import pay_said
from projects.workflow import batches
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

MOST = 200
FIGURES = ("tasks", "decided", "in_review", "wanted", "submitted", "spent")  # of BatchProgress
# What may be done to a batch, by its state: (the state it goes to, the words on the button).
LEVERS = {
    Batch.State.DRAFT: (("live", gettext_lazy("Start")), ("cancelled", gettext_lazy("Cancel"))),
    Batch.State.LIVE: (
        ("paused", gettext_lazy("Pause")),
        ("closed", gettext_lazy("Close")),
        ("cancelled", gettext_lazy("Cancel")),
    ),
    Batch.State.PAUSED: (
        ("live", gettext_lazy("Resume")),
        ("closed", gettext_lazy("Close")),
        ("cancelled", gettext_lazy("Cancel")),
    ),
}


@require_GET
@manages
def project(request: MemberRequest, project: Project) -> HttpResponse:
    """The project's page; its progress renews itself."""
    settings = project.settings_now()
    context = _progress(project, settings) | {
        "settings": settings,
        "labels": project.labels.in_use(),
        "task_type": TASK_TYPES[project.task_type],
        "pay": pay_said(project, settings, settings.rate),
        "checklist": checklist.of(project, settings) if project.state == Project.State.DRAFT else None,
        "tab": "overview",
    }
    return render(request, "projects/manager/project.html", context)


@require_GET
@manages
def progress(request: MemberRequest, project: Project) -> HttpResponse:
    """The part of the page that changes by itself."""
    return render(request, "projects/manager/_progress.html", _progress(project, project.settings_now()))


@require_POST
@manages
def move(request: MemberRequest, project: Project) -> HttpResponse:
    """Pause, resume or archive the whole project."""
    configure.move(project, request.POST.get("state", ""), by=request.user)
    return redirect("project", project.public_id)


@require_POST
@manages
def publish(request: MemberRequest, project: Project) -> HttpResponse:
    """Start handing out a draft's tasks."""
    try:
        publishing.publish(project, by=request.user)
        messages.success(request, _("Published: its tasks are handed out from now on."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project", project.public_id)


@require_GET
@manages
def draft_checklist(request: MemberRequest, project: Project) -> HttpResponse:
    """The checklist of a draft, which renews itself; the page is loaded anew once it is published."""
    if project.state != Project.State.DRAFT:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"project": project, "checklist": checklist.of(project, project.settings_now())}
    return render(request, "projects/manager/_checklist.html", context)


@require_POST
@manages
def settle(request: MemberRequest, project: Project) -> HttpResponse:
    """Have what nobody may still do decided by what came in."""
    stalls.request(project, by=request.user)
    messages.success(request, _("They are being decided by what came in; what stays in doubt goes to the reviewers."))
    return redirect("project", project.public_id)


@require_POST
@signed_in
def move_batch(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Start, pause, resume, close or cancel a batch."""
    batch = managed_batch(request, batch_id)
    state = request.POST.get("state", "")
    if state not in batches.MOVES:
        raise Problem(
            "A batch becomes %(choices)s.",
            code="bad-state",
            place="state",
            status=422,
            choices=", ".join(batches.MOVES),
        )
    batches.move(batch, state, by=request.user)
    if request.htmx:
        return render(
            request, "projects/manager/_progress.html", _progress(batch.project, batch.project.settings_now())
        )
    messages.success(request, _("Batch %(name)s: %(state)s.") % {"name": batch.name, "state": batch.state})
    return redirect("project", batch.project.public_id)


@require_POST
@signed_in
def archive_batch(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Have a batch that is over moved into files."""
    batch = managed_batch(request, batch_id)
    archive.request(batch, by=request.user)
    if request.htmx:
        return render(
            request, "projects/manager/_progress.html", _progress(batch.project, batch.project.settings_now())
        )
    messages.success(request, _("Batch %(name)s is being archived.") % {"name": batch.name})
    return redirect("project", batch.project.public_id)


def _progress(project: Project, settings: ProjectSettings) -> dict:
    # With each row come the sums of all batches, also of those beyond the last row.
    every = {f"every_{name}": Window(Sum(f"progress__{name}")) for name in FIGURES}
    rows = list(
        project.batches.select_related("progress", "archive", "closing", "project__stall")
        .annotate(**every)
        .order_by("-pk")[:MOST]
    )
    unfinished = Import.objects.filter(batch__project=project, state__in=["waiting", "running", "failed"])
    imports = list(unfinished.select_related("batch").defer("errors").order_by("-pk")[:20])
    sums = {name: int((getattr(rows[0], f"every_{name}") if rows else None) or 0) for name in FIGURES}
    for row in rows:
        row.levers = LEVERS.get(Batch.State(row.state), ())  # type: ignore[attr-defined]
        row.done = _of(row)  # type: ignore[attr-defined]
        row.over = row.state in (Batch.State.CLOSED, Batch.State.CANCELLED)  # type: ignore[attr-defined]
        row.winding = getattr(row, "closing", None)  # type: ignore[attr-defined]
        row.moved = getattr(row, "archive", None)  # type: ignore[attr-defined]
    most = settings.most
    stall = queue_health.stall_of(project, getattr(rows[0].project, "stall", None)) if rows else None
    asked = project.state == Project.State.LIVE and sums["tasks"] > sums["decided"] and stall is None
    waiting = any(one.state != Import.State.FAILED for one in imports)
    return {
        "project": project,
        "saved": _saved(sums, most),
        "most": most,
        "batches": rows,
        "more_batches": len(rows) == MOST,
        "sums": sums,
        "imports": imports,
        "stall": stall,
        "said": notices.said_of(project, settings, waiting=waiting, undecided=asked),
    }


def _of(batch: Batch) -> BatchProgress:
    """A batch's rollup; a batch without one hasn't come anywhere yet."""
    return batch.progress if hasattr(batch, "progress") else BatchProgress(batch=batch)


def _saved(sums: dict[str, int], most: int | None) -> int | None:
    """The share of judgements, in percent, that dynamic overlap didn't need; None where there is nothing to say."""
    if not most or not sums["decided"]:
        return None
    return max(0, round(100 * (1 - sums["spent"] / (most * sums["decided"]))))
