"""A project's dashboard: its figures with what keeps it from getting done, and each figure as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.models import Project, ProjectSettings
from projects.reports import queue_health, timeline
from projects.reports.dashboard import Dashboard
from projects.task_types import TASK_TYPES
from projects.web.manager import figures
from projects.web.manager.figures import Figure
from projects.web.shared.access import manages
from taskers.web.requests import MemberRequest


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The page: by hours of two days, days of a month, or weeks."""
    # With the settings comes what stalls.
    settings = project.settings.select_related("project__stall").order_by("-version")[:1].get()
    unit, found, drawn = _found(request, project, settings)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "tab": "dashboard",
        "unit": unit,
        "units": timeline.UNITS,
        "found": found,
        "figures": drawn,
        "stall": queue_health.stall_of(project, getattr(settings.project, "stall", None)),
        "hindrances": queue_health.hindrances(
            project, found.stands, found.days, found.ahead, queue_health.further([project.pk])[project.pk]
        ),
        "currency": project.organization.currency,
    }
    return render(request, "projects/manager/dashboard.html", context)


@require_GET
@manages
def file(request: MemberRequest, project: Project, figure: str) -> HttpResponse:
    """One figure as a CSV file."""
    unit, _all, drawn = _found(request, project, project.settings_now())
    return figures.file(drawn, figure, unit)


def _found(request: MemberRequest, project: Project, settings: ProjectSettings) -> tuple[str, Dashboard, list[Figure]]:
    unit = request.GET.get("by", "day")
    if unit not in timeline.UNITS:
        unit = "day"
    found, shown = timeline.of(project, settings, unit)
    return unit, found, figures.all_of(found, shown, unit, project.organization.currency)
