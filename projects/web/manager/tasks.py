"""The task browser: finding any task, seeing what it is about and how far it is, and keeping what one looks for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.models import BulkAction, Project
from projects.reports import task_choices, task_lines, task_search, task_totals
from projects.reports.task_choices import Choices
from projects.reports.task_lines import Line, Look
from projects.task_types import TASK_TYPES
from projects.web.manager import task_filters
from projects.web.manager.task_filters import COLUMNS, META, ORDERS, Asked
from projects.web.shared.access import manages
from projects.workflow import task_views
from projects.workflow.bulk_verbs import ASKED
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

OF_PAGE = [verb for verb in ASKED if verb != BulkAction.Verb.AMEND]


@require_GET
@manages
def tasks(request: MemberRequest, project: Project) -> HttpResponse:
    """A page of tasks that fit; asked by htmx, the list alone."""
    asked = task_filters.asked_of(project, request.GET)
    context = {"project": project, "task_type": TASK_TYPES[project.task_type], "tab": "tasks", "asked": asked.texts}
    choices = task_choices.of(project)
    context |= _list(request, project, asked, choices)
    if request.htmx and request.htmx.target == "found":
        return render(request, "projects/manager/_tasks.html", context)
    return render(request, "projects/manager/tasks.html", context | _form(choices))


@require_POST
@manages
def keep_view(request: MemberRequest, project: Project) -> HttpResponse:
    """Keep what is looked for under a name."""
    asked = task_filters.asked_of(project, request.POST)
    try:
        made = task_views.keep(project, request.POST.get("name", ""), asked.address, by=request.user)
        messages.success(request, _("Kept as “%(name)s”.") % {"name": made.name})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect(f"{reverse('tasks', args=[project.public_id])}?{asked.address}")


@require_POST
@manages
def drop_view(request: MemberRequest, project: Project, view_id: UUID) -> HttpResponse:
    """Keep a view no more."""
    task_views.drop(project, view_id)
    return redirect("tasks", project.public_id)


def _form(choices: Choices) -> dict[str, Any]:
    return {
        "choices": choices,
        "states": task_search.STATES.items(),
        "orders": ORDERS.items(),
        "columns": [*COLUMNS.items(), *((META + name, name) for name in choices.meta)],
    }


def _list(request: MemberRequest, project: Project, asked: Asked, choices: Choices) -> dict[str, Any]:
    after, before = request.GET.get("after", "")[:500], request.GET.get("before", "")[:500]
    if asked.unknown:
        return {"unknown": asked.unknown, "filtered": True, "lines": [], "shown": asked.columns}
    found = task_search.search(project, asked.filters, sort=asked.sort, after=after, before=before)
    lines = task_lines.lines(found.keys)
    meta = [one.removeprefix(META) for one in asked.columns if one.startswith(META)]
    looks = task_lines.looks(found.keys, asked.filters.words) if meta or "look" in asked.columns else {}
    return {
        "filtered": asked.filters.asked > 0,
        "rows": [(line, [(name, _said(looks.get(line.task.pk), name)) for name in meta]) for line in lines],
        "lines": lines,
        "shown": asked.columns,
        "meta_columns": meta,
        "address": asked.address,
        "view": task_lines.view(choices, looks, _pictures(lines)) if "look" in asked.columns else None,
        "links": _links(asked, found.earlier, found.later, after or before),
        "stopped": found.stopped,
        "looked_at": task_search.LOOK_AT,
        "total": task_totals.total(project, asked.filters, found, first=not (after or before)),
        "verbs": [(verb, BulkAction.Verb(verb).label) for verb in OF_PAGE],
    }


def _said(look: Look | None, name: str) -> Any:
    return "" if look is None else look.meta.get(name, "")


def _pictures(lines: Sequence[Line]) -> Mapping[int, Mapping[str, str]]:
    """The addresses of their pictures."""
    found: dict[int, dict[str, str]] = {}
    for line in lines:
        task = line.task
        if task.asset_id:
            found[task.pk] = {"picture": reverse("task-thumbnail", args=[task.public_id])}
        if task.other_asset_id:
            found.setdefault(task.pk, {})["second"] = reverse("task-media-second", args=[task.public_id])
    return found


def _links(asked: Asked, earlier: str, later: str, cursor: str) -> dict[str, str]:
    places = {"earlier": {"before": earlier}, "later": {"after": later}}
    made = {name: "?" + asked.with_place(where) for name, where in places.items() if next(iter(where.values()))}
    return made | ({"first": "?" + asked.address} if cursor else {})
