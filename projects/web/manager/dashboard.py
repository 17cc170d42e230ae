"""A project's dashboard: its figures with what keeps it from getting done, and each figure as a file."""

import csv
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from projects.models import Project, ProjectSettings
from projects.reports import dashboard, queue_health
from projects.task_types import TASK_TYPES
from projects.web.manager import figures
from projects.web.manager.figures import Figure, Moment
from projects.web.manager.project import with_words
from projects.web.shared.access import manages
from taskers.files.csv_cells import plain
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
        "units": figures.UNITS,
        "found": found,
        "figures": drawn,
        "stall": with_words(getattr(settings.project, "stall", None), project),
        "hindrances": queue_health.hindrances(project, found.stands, found.days, found.ahead),
        "currency": project.organization.currency,
    }
    return render(request, "projects/manager/dashboard.html", context)


@require_GET
@manages
def file(request: MemberRequest, project: Project, figure: str) -> HttpResponse:
    """One figure as a CSV file."""
    unit, _all, drawn = _found(request, project, project.settings_now())
    chosen = next((one for one in drawn if one.key == figure), None)
    if chosen is None:
        raise Http404
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{figure}-by-{unit}.csv" if chosen.ends[0] else f"{figure}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    lines = csv.writer(answer)
    lines.writerow(chosen.columns)
    lines.writerows([_plain(cell) for cell in row] for row in chosen.rows)
    return answer


def _plain(cell: Any) -> str:
    """A cell for a file."""
    if cell is None:
        return ""
    if isinstance(cell, Moment):
        return cell.plain
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return plain(str(cell))


def _found(
    request: MemberRequest, project: Project, settings: ProjectSettings
) -> tuple[str, dashboard.Dashboard, list[Figure]]:
    unit = request.GET.get("by", "day")
    if unit not in figures.UNITS:
        unit = "day"
    since = figures.since_hours(timezone.now()) if unit == "hour" else None
    found = dashboard.of(project, settings, hours_since=since)
    shown = figures.shown_of(found.days, found.hours, unit)
    return unit, found, figures.all_of(found, shown, unit, project.organization.currency)
