"""Groups of undecided tasks that are alike, of a whole project: looked at, opened in the grid at once, or tagged.

Where somebody may judge these tasks by choice, they aren't told what verdicts would call a group: their work is to stay
found without any model's help.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from assist.alike import atlas
from assist.models import TaskGroup
from assist.web import map_state, training
from assist.web.evaluation_rows import excerpt_of
from assist.web.overview import SEES
from projects import access, queue
from projects.models import Project, Task
from projects.web.shared.access import signed_in
from projects.workflow import bulk_actions
from taskers import access as roles
from taskers.errors import NotAllowed, Problem
from taskers.models import Person
from taskers.web.requests import MemberRequest, number_asked

LOOKS = 8  # tasks that stand for a group on the page of all
AMONG = 100  # of its first ones, among which they are looked for
PAGE = 60  # tasks of one group


class Entry(NamedTuple):
    """A group as it is shown."""

    group: TaskGroup
    tasks: list[tuple[Task, str]]
    suggested: list[dict[str, str]]


def enters(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets in who looks after the project's models or reviews there, and its taskers where they may choose."""

    @wraps(view)
    @signed_in
    def wrapped(request: MemberRequest, project_id: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            project = access.project(request.user, project_id, *SEES, *access.REVIEW)
        except NotAllowed:
            project = access.workplace(request.user, project_id)
            if not chooses(request.user, project):
                raise
        return view(request, project, *args, **kwargs)

    return wrapped


def works_there(person: Person, project: Project) -> bool:
    """Whether somebody may do a project's tasks by their role, now or later: what verdicts suggest for these isn't
    shown to them, since their answers count as found without it."""
    try:
        access.workplace(person, project.public_id)
    except Problem:
        return False
    return True


def chooses(person: Person, project: Project) -> bool:
    """Whether somebody may open tasks of a project by name now."""
    if not works_there(person, project):
        return False
    mode, why = queue.mode_for(person, project)
    return why is None and queue.may_choose(person, project, mode)


@require_GET
@enters
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """All groups of the newest map that is done, the largest first."""
    state = map_state.of(project)
    if unchanged := map_state.nothing_new(request, state):
        return unchanged
    shown = state["map"]
    found = list(shown.groups.order_by("number")) if shown else []
    blind = works_there(request.user, project)
    context = _around(request, project) | state
    context |= {
        "entries": _entries(project, found, office=context["office"], told=not blind),
        "judges": chooses(request.user, project),
        "blind": blind,
    }
    return render(request, "assist/groups.html", context)


@require_GET
@enters
def one(request: MemberRequest, project: Project, map_id: UUID, group: int) -> HttpResponse:
    """What a group holds that is still undecided, those nearest to its middle first."""
    found, blind = atlas.group(project, map_id, group), works_there(request.user, project)
    at = number_asked(request, "page")
    keys = atlas.first_undecided(found.tasks, at * PAGE + 1)
    tasks = _tasks(keys[(at - 1) * PAGE : at * PAGE])
    context = _around(request, project)
    context |= {
        "group": found,
        "rows": [(task, _words(task, context["office"])) for task in tasks.values()],
        "suggested": [] if blind else _suggested(found, _label_names(project)),
        "judges": chooses(request.user, project),
        "blind": blind,
        "before": at - 1,
        "after": at + 1 if len(keys) > at * PAGE else 0,
    }
    return render(request, "assist/group.html", context)


@require_POST
@enters
def take(request: MemberRequest, project: Project, map_id: UUID, group: int) -> HttpResponse:
    """Hold as many of a group as a grid shows, under one lease, and go to the studio, which shows what is held."""
    found, grid = atlas.group(project, map_id, group), project.settings_now().grid
    try:
        access.workplace(request.user, project.public_id)
        # All of it: which of these are free for this person only the claim knows, and it looks no farther than it must.
        queue.claim_named_group(request.user, project, atlas.still_undecided(found.tasks), grid)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("copilot-groups", project.public_id)
    return redirect("studio", project.public_id)


@require_POST
@enters
def tag(request: MemberRequest, project: Project, map_id: UUID, group: int) -> HttpResponse:
    """Have a worker put a tag on what a group holds that is still undecided: for managers."""
    access.project(request.user, project.public_id, *access.MANAGE)
    found = atlas.group(project, map_id, group)
    try:
        keys, terms = atlas.still_undecided(found.tasks), {"tag": request.POST.get("tag", "")}
        made = bulk_actions.start(project, "tag", keys, by=request.user, terms=terms)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("copilot-group", project.public_id, map_id, group)
    return redirect("bulk-action", project.public_id, made.public_id)


def _around(request: MemberRequest, project: Project) -> dict[str, Any]:
    def holds(*asked: str) -> bool:
        return roles.may(request.user, project.organization, *asked, project_key=project.public_id)

    return training.around(request, project) | {
        "sees": holds(*SEES),
        "office": holds(*SEES, *access.REVIEW),
        "grid": project.settings_now().grid,
    }


def _entries(project: Project, groups: list[TaskGroup], *, office: bool, told: bool) -> list[Entry]:
    """Each with the first of it that are still undecided; without those of which that is nothing any more."""
    left = set(atlas.still_undecided(key for group in groups for key in group.tasks[:AMONG]))
    looks = {group.pk: [key for key in group.tasks[:AMONG] if key in left][:LOOKS] for group in groups}
    tasks = _tasks([key for keys in looks.values() for key in keys])
    names = _label_names(project) if told else {}
    return [
        Entry(
            group,
            [(tasks[key], _words(tasks[key], office)) for key in looks[group.pk] if key in tasks],
            _suggested(group, names) if told else [],
        )
        for group in groups
        if looks[group.pk] or group.size > AMONG
    ]


def _words(task: Task, office: bool) -> str:
    """What a task shows; whoever works there knows none by its name in files."""
    return excerpt_of(task) if office or task.payload.get("text") else task.code


def _tasks(keys: list[int]) -> dict[int, Task]:
    """In this order."""
    found = Task.objects.select_related("asset").in_bulk(keys)
    return {key: found[key] for key in keys if key in found}


def _label_names(project: Project) -> dict[str, str]:
    return {label.key: label.name for label in project.labels.in_use()}


def _suggested(group: TaskGroup, names: Mapping[str, str]) -> list[dict[str, str]]:
    """The label that verdicts would give most of it, by name, and what share."""
    told = [one for one in group.suggested if one["label"] in names]
    return [{"label": names[one["label"]], "share": one["share"]} for one in told]
