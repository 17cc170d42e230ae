"""How a project's map and its groups stand, for the pages that show them."""

from typing import Any

from django.http import HttpResponse

from assist.alike import atlas
from assist.models import TaskMap
from projects.models import Project
from projects.reports import notices
from projects.web.shared import polling
from taskers.web.requests import MemberRequest


def of(project: Project) -> dict[str, Any]:
    """The newest map that was asked for, the newest that is done, and whether one is being drawn, and by whom
    (templates/assist/_map_state.html)."""
    newest = atlas.newest(project)
    return {
        "newest": newest,
        "drawing": newest is not None and newest.state == TaskMap.State.RUNNING,
        "map": atlas.shown(project),
        "worker": notices.worker_alive(),
    }


def nothing_new(request: MemberRequest, state: dict[str, Any]) -> HttpResponse | None:
    """The answer to a page that asks again while the map is still being drawn; None where there is more to say."""
    waits = request.htmx and state["drawing"] and state["worker"]
    return HttpResponse(status=polling.NOTHING_NEW) if waits else None
