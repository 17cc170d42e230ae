"""Whether what comes in, is offered and is decided is still as it was."""

from dataclasses import dataclass
from datetime import datetime
from math import log10
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning.drift import audits, watch
from assist.learning.drift.series import KINDS
from assist.models import DriftSeries
from assist.web import training
from assist.web.training import looks_after
from projects.models import Project
from projects.web.shared import charts
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

LEAST, MOST = 1e-6, 1e3  # of the bound, as far as it is drawn
SCALE = charts.Scale(log10(LEAST), log10(MOST))


@dataclass(frozen=True)
class Drawn:
    """A series and its line; `bound` is where the line of an alarm stands."""

    series: DriftSeries
    title: Any
    about: Any
    line: charts.Line
    rows: list[tuple[datetime, float]]
    bound: float = round((1 - SCALE.share(0.0)) * charts.HEIGHT, 1)


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """Each kind of figure, and how strongly it speaks of a change."""
    context = training.around(request, project) | {
        "drawn": [_drawn(one) for one in watch.series_of(project)],
        "raised": audits.raised(project),
    }
    return render(request, "assist/drift.html", context)


@require_POST
@looks_after
def accept(request: MemberRequest, project: Project, what: str) -> HttpResponse:
    """Take what comes now as usual."""
    try:
        watch.accept(project, what, by=request.user)
        messages.success(request, _("What comes from now on is what later figures are compared with."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-drift", project.public_id)


def _drawn(series: DriftSeries) -> Drawn:
    rows = [(datetime.fromisoformat(at), share) for at, share in series.points]
    values = [log10(max(share, LEAST)) for _at, share in rows]
    line = charts.line(series.what, "", [at.timestamp() for at, _share in rows], values, SCALE)
    kind = KINDS[series.what]
    return Drawn(series, kind.title, kind.about, line, rows)
