"""The task browser: finding any task, and how far it is."""

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.models import Project
from projects.reports import task_search
from projects.reports.task_search import Filters
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from taskers.models import Membership, Person
from taskers.web.requests import MemberRequest, key_in

OFFERED = 200  # batches and taskers that the form offers


@require_GET
@manages
def tasks(request: MemberRequest, project: Project) -> HttpResponse:
    """A page of tasks that fit; asked by htmx, the list alone."""
    asked, filters, unknown = _filters(request, project)
    after, before = request.GET.get("after", "")[:500], request.GET.get("before", "")[:500]
    found = task_search.search(project, filters, after=after, before=before)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "asked": asked,
        "filtered": filters.asked > 0 or bool(unknown),
        "unknown": unknown,
        "lines": [] if unknown else task_search.lines(found.keys),
        "links": {} if unknown else _links(asked, found.earlier, found.later, after or before),
        "stopped": found.stopped and not unknown,
        "looked_at": task_search.LOOK_AT,
        "tab": "tasks",
    }
    if request.htmx and request.htmx.target == "found":
        return render(request, "projects/manager/_tasks.html", context)
    context |= {
        "batches": project.batches.order_by("-pk")[:OFFERED],
        "labels": project.labels.order_by("position", "pk"),
        "taskers": taskers_of(project)[:OFFERED],
        "states": task_search.STATES.items(),
    }
    return render(request, "projects/manager/tasks.html", context)


def taskers_of(project: Project) -> QuerySet[Person]:
    """Who may work, or has worked, in the project's organization."""
    keys = Membership.objects.filter(organization_id=project.organization_id, role="tasker").values("person")
    return Person.objects.filter(pk__in=keys).order_by("name")


def _filters(request: MemberRequest, project: Project) -> tuple[dict[str, str], Filters, str]:
    """What was asked, as text and as filters, and what of it means nothing here (a deleted link, a typing slip)."""
    names = ("external_id", "batch", "state", "label", "tasker", "low", "high")
    asked = {name: request.GET.get(name, "").strip()[:200] for name in names}
    asked = {name: value.replace("\x00", "") for name, value in asked.items()}
    batch = project.batches.filter(public_id=key_in(asked["batch"])).first() if asked["batch"] else None
    label = project.labels.filter(key=asked["label"]).first() if asked["label"] else None
    tasker = taskers_of(project).filter(email=asked["tasker"].lower()).first() if asked["tasker"] else None
    state = asked["state"] if asked["state"] in task_search.STATES else ""
    low, high = _share(asked["low"]), _share(asked["high"])
    filters = Filters(task_search.loaded_as(project, asked["external_id"]), batch, state, label, tasker, low, high)
    answers = {"batch": batch, "state": state, "label": label, "tasker": tasker, "low": low, "high": high}
    unknown = next((name for name, answer in answers.items() if asked[name] and answer in (None, "")), "")
    return asked, filters, unknown


def _share(percent: str) -> float | None:
    try:
        value = float(percent) / 100
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _links(asked: dict[str, str], earlier: str, later: str, cursor: str) -> dict[str, str]:
    kept = {name: value for name, value in asked.items() if value}
    links = {"earlier": {"before": earlier}, "later": {"after": later}}
    made = {name: "?" + urlencode(kept | where) for name, where in links.items() if next(iter(where.values()))}
    return made | ({"first": "?" + urlencode(kept)} if cursor else {})
