"""A project at a glance: how far each batch is, what waits, and the levers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from projects import batches, configure, notices
from projects.models import Batch, BatchProgress, Intake, Project
from projects.tasktypes import TASK_TYPES
from projects.views.door import managed_batch, manages, signed_in
from taskers import ledger
from taskers.errors import Problem
from taskers.requests import MemberRequest

MOST = 200
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
    context = _progress(project) | {
        "settings": settings,
        "labels": project.labels.in_use(),
        "room": TASK_TYPES[project.task_type],
        "rate": ledger.money(settings.rate, project.organization.currency),
        "tab": "overview",
    }
    return render(request, "projects/project.html", context)


@require_GET
@manages
def progress(request: MemberRequest, project: Project) -> HttpResponse:
    """The part of the page that changes by itself."""
    return render(request, "projects/_progress.html", _progress(project))


@require_POST
@manages
def move(request: MemberRequest, project: Project) -> HttpResponse:
    """Pause, resume or archive the whole project."""
    state = request.POST.get("state", "")
    if state not in Project.State.values:
        raise Problem("A project is live, paused or archived.", code="bad-state", place="state", status=422)
    configure.move(project, state, by=request.user)
    return redirect("project", project.public_id)


@require_POST
@signed_in
def move_batch(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Start, pause, resume, close or cancel a batch."""
    batch = managed_batch(request, batch_id)
    state = request.POST.get("state", "")
    if state not in batches.MOVES:
        raise Problem(f"A batch becomes {', '.join(batches.MOVES)}.", code="bad-state", place="state", status=422)
    batches.move(batch, state, by=request.user)
    if request.htmx:
        return render(request, "projects/_progress.html", _progress(batch.project))
    messages.success(request, _("Batch %(name)s: %(state)s.") % {"name": batch.name, "state": batch.state})
    return redirect("project", batch.project.public_id)


def _progress(project: Project) -> dict:
    rows = list(project.batches.select_related("progress").order_by("-pk")[:MOST])
    unfinished = Intake.objects.filter(batch__project=project, state__in=["waiting", "running", "failed"])
    intakes = list(unfinished.select_related("batch").defer("errors").order_by("-pk")[:20])
    sums = {name: sum(getattr(_of(row), name) for row in rows) for name in ("tasks", "decided", "in_review")}
    sums |= {name: sum(getattr(_of(row), name) for row in rows) for name in ("wanted", "submitted")}
    for row in rows:
        row.levers = LEVERS.get(Batch.State(row.state), ())  # type: ignore[attr-defined]
        row.done = _of(row)  # type: ignore[attr-defined]
    return {
        "project": project,
        "batches": rows,
        "more_batches": len(rows) == MOST,
        "sums": sums,
        "intakes": intakes,
        "said": notices.said_of(project, waiting=any(one.state != Intake.State.FAILED for one in intakes)),
    }


def _of(batch: Batch) -> BatchProgress:
    """A batch's rollup; a batch without one hasn't come anywhere yet."""
    return batch.progress if hasattr(batch, "progress") else BatchProgress(batch=batch)
