"""One task: everything that happened to it, every answer side by side, and what a manager may do about it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access, queue
from projects.data import archive
from projects.models import Assignment, BulkAction, Comment, PooledGold, Posterior, Task
from projects.quality.gold import pool
from projects.reports import task_history, task_lines
from projects.task_types import TASK_TYPES
from projects.web.shared.access import signed_in
from projects.web.shared.answer_drawing import drawing
from projects.workflow import task_actions, void_work
from projects.workflow.comments import reading
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest


@require_GET
@signed_in
def task(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """The task's page, or, once it is archived, where it went."""
    try:
        found = access.task(request.user, task_id, *access.MANAGE)
    except NotFound:
        return _archived(request, task_id)
    return render(request, "projects/manager/task.html", _context(found))


def _archived(request: MemberRequest, task_id: UUID) -> HttpResponse:
    line = access.archived_task(request.user, task_id, *access.MANAGE)
    context = {"line": line, "project": line.project, "kept": archive.find(line), "tab": "tasks"}
    return render(request, "projects/manager/archived.html", context)


@require_POST
@signed_in
def requeue(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Hand the task out again."""
    return _act(request, task_id, lambda one: task_actions.requeue(one, by=request.user), _("Handed out again."))


@require_POST
@signed_in
def withhold(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Hold the task back."""
    note = request.POST.get("note", "").replace("\x00", "")[:500]
    return _act(
        request,
        task_id,
        lambda one: task_actions.withhold(one, by=request.user, note=note),
        _("Held back: nobody gets this task now."),
    )


@require_POST
@signed_in
def raise_overlap(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Ask more people."""
    wanted = request.POST.get("wanted", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 0
    said = _("%(number)s judgements are wanted now.") % {"number": number}
    return _act(request, task_id, lambda one: task_actions.raise_overlap(one, number, by=request.user), said)


@require_POST
@signed_in
def priority(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Hand it out before the others of its batch, or in its turn again."""
    if request.POST.get("priority") == BulkAction.Verb.FIRST:
        said = _("It comes before the others of its batch now.")
        return _act(request, task_id, lambda one: task_actions.put_first(one, by=request.user), said)
    said = _("It comes in its turn now.")
    return _act(request, task_id, lambda one: task_actions.put_in_turn(one, by=request.user), said)


@require_POST
@signed_in
def gold(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Say what a task is that was gold: of the course, mixed in unseen, or ordinary work."""
    match request.POST.get("act"):
        case "course":
            into, said = PooledGold.Pool.TRAINING, _("It is an item of the course again.")
        case "mix":
            into, said = PooledGold.Pool.CONTROL, _("It is gold now.")
        case _:
            said = _("It is ordinary work now.")
            return _act(request, task_id, lambda one: task_actions.make_ordinary(one, by=request.user), said)
    return _act(request, task_id, lambda one: pool.put_back(one, into, by=request.user), said)


@require_POST
@signed_in
def release(request: MemberRequest, assignment_id: UUID) -> HttpResponse:
    """Take held work out of somebody's hands."""
    assignment = Assignment.objects.select_related("task").filter(public_id=assignment_id).first()
    if assignment is None:
        raise NotFound()
    return _act(
        request,
        assignment.task.public_id,
        lambda one: queue.force_release(assignment, by=request.user),
        _("Taken back; somebody else gets it."),
    )


@require_POST
@signed_in
def rework(request: MemberRequest, assignment_id: UUID) -> HttpResponse:
    """Count an answer no more, and have somebody else do it again."""
    rows = Assignment.objects.select_related("task__project__organization")
    assignment = rows.filter(public_id=assignment_id).first()
    if assignment is None:
        raise NotFound()
    reason = request.POST.get("reason", "").replace("\x00", "")[:200]
    return _act(
        request,
        assignment.task.public_id,
        lambda one: void_work.rework(assignment, reason, by=request.user),
        _("Voided; somebody else is asked."),
    )


def _act(request: MemberRequest, task_id: UUID, verb: Callable[[Task], object], said: str) -> HttpResponse:
    """One verb on a task, for its managers; the page says what became of it."""
    found = access.task(request.user, task_id, *access.MANAGE)
    try:
        verb(found)
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, said)
    return redirect("task", found.public_id)


def _context(found: Task) -> dict:
    past = task_history.of(found)
    project = found.project
    known = PooledGold.objects.filter(gold__task=found).first()
    return {
        "task": found,
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "history": past,
        "threads": reading.of_task(found, *Comment.To.values),
        "word_key": uuid4(),
        "more_wanted": found.wanted + 1,
        "known": known,
        "in_use": known is not None and known.retired_at is None,
        "state": (state := _state(found, past)),
        "correctable_until": _correctable_until(found) if state == "answered" else None,
        "may_put_first": state in ("open", "held", "answered"),
        "is_first": found.priority and state != "decided" and found.withheld != Task.Withheld.CANCELLED,
        "posterior": None if past.verdict else Posterior.objects.filter(task=found).first(),
        "view": drawing(
            found,
            {f"a{one.annotation.pk}": one.annotation.answer for one in past.answers}
            | ({"verdict": past.verdict.answer} if past.verdict else {}),
        ),
        "tab": "tasks",
    }


def _state(found: Task, past: task_history.History) -> str:
    if past.verdict:
        return "decided"
    if found.withheld:
        return "withheld"
    if not found.wanted:
        return "aside"
    counting = [row for row in past.assignments if row.kind == Assignment.Kind.JUDGE and row.voided_at is None]
    states = {row.state for row in counting}
    if Assignment.State.HELD in {row.state for row in past.assignments}:
        return "held"
    return "answered" if Assignment.State.SUBMITTED in states and Assignment.State.OPEN not in states else "open"


def _correctable_until(found: Task) -> datetime | None:
    """Until when an answer that counts may still be corrected."""
    (line,) = task_lines.lines([found.pk])
    return line.correctable_until
