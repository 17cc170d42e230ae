"""What a project's pairs compare, ranked; and the lever that ranks it anew, with everything else that is estimated."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.models import Project
from projects.quality import estimating, rankings
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.web.shared.charts import Scale
from taskers.errors import NotFound
from taskers.web.requests import MemberRequest

CHANCE = Scale(0.0, 1.0)
MOST = 500  # items and taskers that are shown; the export has all


@require_GET
@manages
def ranking(request: MemberRequest, project: Project) -> HttpResponse:
    """The page."""
    if not rankings.ranks(project):
        raise NotFound()
    found = rankings.newest(project)
    items = rankings.items(found)[:MOST] if found else []
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "ranking": found,
        "items": [(one, CHANCE.interval(one.beats, one.beats_low, one.beats_high)) for one in items],
        "grouped": any(one.group for one in items),
        "middle": CHANCE.at(0.5),
        "habits": rankings.habits(found)[:MOST] if found else [],
        "most": MOST,
        "run": estimating.latest(project),
        "worker": notices.worker_alive(),
        "tab": "ranking",
    }
    return render(request, "projects/manager/ranking.html", context)


@require_POST
@manages
def renew(request: MemberRequest, project: Project) -> HttpResponse:
    """Begin an estimate."""
    if not rankings.ranks(project):
        raise NotFound()
    estimating.start(project, by=request.user)
    messages.success(request, _("The estimate is on its way. It changes no verdict, grade or payment."))
    return redirect("ranking", project.public_id)
