"""Doing something to many tasks from the browser: what it would come to, how far it is, and undoing it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.configuration import spending_limit
from projects.errors import Refused
from projects.models import AssignmentRules, BulkAction, Project, Task, limits
from projects.reports import notices, task_search
from projects.task_types import TASK_TYPES
from projects.web.manager import task_filters
from projects.web.shared import polling
from projects.web.shared.access import manages
from projects.workflow import bulk_actions, bulk_preview
from projects.workflow.bulk_verbs import UNDO
from projects.workforce import rules
from taskers.errors import Problem
from taskers.web.requests import MemberRequest, key_in

MOST_MARKED = 1000  # on one page
NAMED = 10
LISTED = 50
LISTING = (BulkAction.Verb.LIST, BulkAction.Verb.UNLIST)


@require_POST
@manages
def preview(request: MemberRequest, project: Project) -> HttpResponse:
    """What it would come to; nothing is done yet."""
    verb = request.POST.get("verb", "")
    try:
        terms = _terms(project, request.POST)
        bulk_actions.check(verb, terms)
        keys = _keys(request, project)
    except Problem as problem:
        return _back(request, project, problem.text)
    if not keys or len(keys) > bulk_actions.MOST:
        few = _("Mark some tasks first.") if not keys else _("These are more than %(most)s; filter them further.")
        return _back(request, project, few % {"most": f"{bulk_actions.MOST:,}"})
    told = bulk_preview.of(keys, verb, terms)
    requeues = verb == BulkAction.Verb.REQUEUE
    context = _about(project) | {
        "verb": verb,
        "verb_title": BulkAction.Verb(verb).label,
        "terms": terms,
        "whose": request.POST.get("whose", "")[: limits.SEARCHED],
        "lists": request.POST.get("lists", "")[: limits.LISTS_NAMED] if verb in LISTING else "",
        "marked": request.POST.getlist("task")[:MOST_MARKED],
        "all": request.POST.get("which") == "all",
        "query": request.POST.get("query", ""),
        "total": len(keys),
        "would": told.would,
        "left": [(number, bulk_preview.REASONS[why]) for why, number in told.left.items()],
        "names": Task.objects.filter(pk__in=keys[:NAMED]).order_by("pk"),
        "undoable": verb in UNDO,
        "by_list": rules.in_force(project).mode != AssignmentRules.Mode.POOL,
        "half_undoable": requeues,
        "cost": told.would * spending_limit.of_a_judgement(project) if requeues else 0,
        "currency": project.organization.currency,
    }
    return render(request, "projects/manager/bulk_preview.html", context)


@require_POST
@manages
def start(request: MemberRequest, project: Project) -> HttpResponse:
    """Have a worker do it."""
    try:
        keys, terms = _keys(request, project), _terms(project, request.POST)
        if request.POST.get("verb") == BulkAction.Verb.REQUEUE and not terms["note"].strip():
            raise Refused("Say why these tasks are asked again.", code="no-reason", place="note")
        made = bulk_actions.start(project, request.POST.get("verb", ""), keys, by=request.user, terms=terms)
    except Problem as problem:
        return _back(request, project, problem.text)
    return redirect("bulk-action", project.public_id, made.public_id)


@require_GET
@manages
def actions(request: MemberRequest, project: Project) -> HttpResponse:
    """What was done to many tasks here, the newest first."""
    found = bulk_actions.of_project(project).order_by("-pk")[:LISTED]
    return render(request, "projects/manager/bulk_list.html", _about(project) | {"actions": found})


@require_GET
@manages
def action(request: MemberRequest, project: Project, action_id: UUID) -> HttpResponse:
    """One of them: how far it is, and what tasks refused; asked by htmx, that alone."""
    found = bulk_actions.one_of(project, action_id)
    running = found.state == BulkAction.State.RUNNING
    context = _about(project) | {
        "action": found,
        "running": running,
        "no_worker": running and not notices.worker_alive(),
        "done_percent": 100 * found.position // found.total if found.total else 100,
        "undone": BulkAction.objects.filter(undoes=found).defer("tasks").first(),
        "may_undo": not running and bulk_actions.undoable(found),
    }
    part = request.htmx and request.htmx.target == "bulk"
    if part:
        return render(request, "projects/manager/_bulk.html", context, status=polling.status(running))
    return render(request, "projects/manager/bulk.html", context)


@require_POST
@manages
def stop(request: MemberRequest, project: Project, action_id: UUID) -> HttpResponse:
    """Do it to no further task."""
    try:
        bulk_actions.stop(bulk_actions.one_of(project, action_id), by=request.user)
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("bulk-action", project.public_id, action_id)


@require_POST
@manages
def undo(request: MemberRequest, project: Project, action_id: UUID) -> HttpResponse:
    """Bring back what it changed."""
    try:
        made = bulk_actions.undo(bulk_actions.one_of(project, action_id), by=request.user)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("bulk-action", project.public_id, action_id)
    return redirect("bulk-action", project.public_id, made.public_id)


def _about(project: Project) -> dict[str, Any]:
    return {"project": project, "task_type": TASK_TYPES[project.task_type], "tab": "tasks"}


def _keys(request: MemberRequest, project: Project) -> list[int]:
    """The tasks that are meant: those marked, or all that the filters find."""
    if request.POST.get("which") == "all":
        asked = task_filters.asked_of(project, QueryDict(request.POST.get("query", "")[:4000]))
        return [] if asked.unknown else task_search.all_keys(project, asked.filters, bulk_actions.MOST)
    marked = [key_in(one) for one in request.POST.getlist("task")[:MOST_MARKED]]
    return sorted(Task.objects.filter(project=project, public_id__in=marked).values_list("pk", flat=True))


def _terms(project: Project, said: QueryDict) -> dict[str, Any]:
    """What a verb needs, as far as it was said."""
    verb = said.get("verb", "")
    terms: dict[str, Any] = {}
    if verb in (BulkAction.Verb.HOLD, BulkAction.Verb.CANCEL, BulkAction.Verb.REVIEW, BulkAction.Verb.REQUEUE):
        terms["note"] = said.get("note", "").replace("\x00", "")[: limits.WITHHELD_NOTE]
    if verb == BulkAction.Verb.VOID:
        terms["note"] = said.get("note", "").replace("\x00", "")[: limits.VOID_REASON]
        email = said.get("whose", "").replace("\x00", "").strip().lower()[: limits.SEARCHED]
        who = task_filters.taskers_of(project).filter(email=email).first()
        terms |= {"tasker": str(who.public_id)} if who else {}
    if verb in LISTING:
        terms |= task_filters.lists_of(project, said)
    if verb in (BulkAction.Verb.TAG, BulkAction.Verb.UNTAG):
        terms["tag"] = said.get("tag", "")
    wanted = said.get("wanted", "")
    if verb == BulkAction.Verb.OVERLAP and wanted.isascii() and wanted.isdigit() and len(wanted) < 4:
        terms["wanted"] = int(wanted)
    return terms


def _back(request: MemberRequest, project: Project, text: str) -> HttpResponse:
    messages.error(request, text)
    place = redirect("tasks", project.public_id)
    query = task_filters.asked_of(project, QueryDict(request.POST.get("query", "")[:4000])).address
    place["Location"] += f"?{query}" if query else ""
    return place
