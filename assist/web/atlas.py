"""The map of a project: where its tasks lie by what they show, and what was decided of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.alike import atlas
from assist.web import map_points, map_state, training
from assist.web.training import looks_after
from projects.models import Project
from taskers.errors import Problem
from taskers.web.requests import MemberRequest, number_asked

PAGE = 50  # lines of the table


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The newest map that is done, those kinds of points that are chosen, and the same as a table."""
    state = map_state.of(project)
    if unchanged := map_state.nothing_new(request, state):
        return unchanged
    chosen, only = frozenset(request.GET.getlist("show")[:100]), request.GET.get("only") == "disagreeing"
    shown = state["map"]
    drawn = map_points.of(project, shown, chosen, only_disagreeing=only) if shown else None
    at = number_asked(request, "page")
    kept = request.GET.copy()
    kept.pop("page", None)
    context = (
        training.around(request, project)
        | state
        | {
            "drawn": drawn,
            "only": only,
            "rows": drawn.points[(at - 1) * PAGE : at * PAGE] if drawn else (),
            "filters": kept.urlencode(),
            "before": at - 1,
            "after": at + 1 if drawn and len(drawn.points) > at * PAGE else 0,
        }
    )
    return render(request, "assist/map.html", context)


@require_POST
@looks_after
def draw(request: MemberRequest, project: Project) -> HttpResponse:
    """Draw it anew, and the groups with it."""
    try:
        atlas.begin(project, by=request.user)
        messages.success(request, _("The map is being drawn."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-groups" if request.POST.get("back") == "groups" else "copilot-map", project.public_id)
