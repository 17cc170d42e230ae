"""Work in progress: who holds what, and taking it back."""

from collections import defaultdict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import queue
from projects.models import Assignment, Project
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.workflow import task_actions
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.web.requests import MemberRequest, key_in

MOST = 300


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """By person, those whose time runs out first on top; the part within renews itself."""
    template = "projects/manager/_in_progress.html" if request.htmx else "projects/manager/in_progress.html"
    return render(request, template, _context(project))


@require_POST
@manages
def release(request: MemberRequest, project: Project) -> HttpResponse:
    """Take one piece of work, or all that one person holds, back from whoever holds it."""
    try:
        if request.POST.get("person"):
            person = _person(project, request.POST["person"])
            number = task_actions.force_release_all(project, person, by=request.user)
            messages.success(request, _("%(n)s taken back from %(name)s.") % {"n": number, "name": person})
        else:
            queue.force_release(_held(project, request.POST.get("assignment", "")), by=request.user)
            messages.success(request, _("Taken back; somebody else gets it."))
    except NotFound:
        raise
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-in-progress", project.public_id)


def _context(project: Project) -> dict:
    rows = list(queue.held(project)[: MOST + 1])
    held: dict[Person, list[Assignment]] = defaultdict(list)
    for row in rows[:MOST]:
        assert row.tasker is not None  # held: the database says so too
        held[row.tasker].append(row)
    return {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "held": list(held.items()),
        "more": len(rows) > MOST,
        "tab": "people",
        "part": "in-progress",
    }


def _held(project: Project, text: str) -> Assignment:
    rows = Assignment.objects.select_related("task__project")
    found = rows.filter(public_id=key_in(text), batch__project=project).first()
    if found is None:
        raise NotFound()
    return found


def _person(project: Project, text: str) -> Person:
    found = Person.objects.filter(
        public_id=key_in(text), assignments__batch__project=project, assignments__state="held"
    ).first()
    if found is None:
        raise NotFound(_("They hold nothing here any more."))
    return found
