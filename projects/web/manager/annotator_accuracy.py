"""Whom a project trusts and how far it may be believed: the page, and the lever that estimates all anew."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.models import Project
from projects.quality import estimating
from projects.reports import annotator_accuracy, notices
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from taskers.web.requests import MemberRequest


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The page."""
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "report": annotator_accuracy.of(project),
        "worker": notices.worker_alive(),
        "tab": "quality",
    }
    return render(request, "projects/manager/quality.html", context)


@require_GET
@manages
def run(request: MemberRequest, project: Project) -> HttpResponse:
    """How far the estimate has come: the part of the page that renews itself while one is on its way."""
    context = {"project": project, "run": estimating.latest(project), "worker": notices.worker_alive()}
    return render(request, "projects/manager/_estimation.html", context)


@require_POST
@manages
def estimate(request: MemberRequest, project: Project) -> HttpResponse:
    """Begin an estimate."""
    estimating.start(project, by=request.user)
    messages.success(request, _("The estimate is on its way. It changes no verdict, grade or payment."))
    return redirect("project-quality", project.public_id)
