"""The grid: many tasks on one screen under one lease. Each view makes one call into a verb.

A group is what one person holds under one token. It is claimed at once, kept by one heartbeat, drafted in small
deltas, and handed in at once; each assignment in it is submitted once, and says what became of it.
"""

from uuid import UUID

from django.views.decorators.http import require_http_methods, require_POST

from projects import access, queue
from projects.errors import LeaseLost, Refused
from projects.models import Annotation, Assignment, Draft, Project, Task, limits
from projects.queue import Nothing, drafts
from projects.reports import alike
from projects.web.annotator.work_json import project_json, task_json, thumbnail_url
from projects.web.shared import work_body
from projects.web.shared.json_view import json_view, read_uuid, read_whole_number
from projects.web.shared.pay_said import pay_said
from projects.workflow import submission
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.web.requests import MemberRequest

LARGEST = int(limits.SETTINGS["grid"].most)


@require_POST
@json_view
def claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    return _next(request, access.workplace(request.user, project_id))


@require_POST
@json_view
def heartbeat(request: MemberRequest, body: dict) -> dict:
    token = work_body.token_of(body)
    for one in _group(request, token, "held"):
        return {"deadline": queue.renew(one, request.user, token).isoformat()}
    for one in _group(request, token, "submitted"):
        raise queue.no_longer_held(one, request.user, token)
    raise LeaseLost()


@require_http_methods(["PUT"])
@json_view
def draft(request: MemberRequest, body: dict) -> dict:
    answers = (body.get("answer") or {}).get("tiles") if isinstance(body.get("answer"), dict) else None
    if not isinstance(answers, dict):
        raise Refused("A draft is an object of tiles.", code="wrong-shape", place="answer")
    sent = work_body.draft_of(body)
    return {"version": drafts.save_group(request.user, sent.token, version=sent.version, answers=answers)}


@require_POST
@json_view
def submit(request: MemberRequest, body: dict) -> dict:
    token = work_body.token_of(body)
    group, answers = _group(request, token, *Assignment.State.values), _answers(body)
    active = read_whole_number(body, "active_ms", limits.ACTIVE_MS, 0)
    done = submission.receive_group(group, request.user, token, answers, active_ms=active)
    results = [{"id": key} | _result(one) for key, one in done.items()]
    return {"results": results} | _next(request, group[0].task.project)


@require_POST
@json_view
def groups(request: MemberRequest, body: dict) -> dict:
    """The ids of what is held, by what looks alike."""
    held = _group(request, work_body.token_of(body), "held")
    if not held:
        raise LeaseLost()
    ids = {one.task_id: str(one.public_id) for one in held}
    found = alike.grouped(held[0].task.project, [one.task for one in held])
    return {"groups": [[ids[task.pk] for task in group] for group in found]}


@require_POST
@json_view
def skip(request: MemberRequest, body: dict) -> dict:
    """Say no to one of the group; the others stay."""
    one, no = _one(request, body), work_body.no_of(body)
    queue.skip(one, request.user, no.token, reason=no.reason, note=no.note)
    return _next(request, one.task.project)


@require_POST
@json_view
def report(request: MemberRequest, body: dict) -> dict:
    one, no = _one(request, body), work_body.no_of(body)
    queue.report(one, request.user, no.token, note=no.note)
    return _next(request, one.task.project)


@require_POST
@json_view
def release(request: MemberRequest, body: dict) -> dict:
    token = work_body.token_of(body)
    for one in _group(request, token, "held"):
        queue.release(one, request.user, token)
    return {"released": True}


def _result(done: Annotation | Problem) -> dict:
    if isinstance(done, Problem):
        return {"code": done.code, "text": done.text, "place": done.place}
    return {"submitted": str(done.public_id)}


def _answers(body: dict) -> dict[str, object]:
    answers = body.get("answers")
    if not isinstance(answers, dict) or not 1 <= len(answers) <= LARGEST:
        raise Refused(
            "Answers are an object of 1 to %(largest)s.", code="wrong-shape", place="answers", largest=LARGEST
        )
    return answers


def _one(request: MemberRequest, body: dict) -> Assignment:
    return access.own_assignment(request.user, read_uuid(body, "id"))


def _group(request: MemberRequest, token: UUID, *states: str) -> list[Assignment]:
    """What this person holds or held under a token, while they belong to its organization. NotFound for nothing."""
    rows = Assignment.objects.filter(tasker=request.user, token=token).select_related("task__project__organization")
    found = list(rows.select_related("task__asset", "task__batch").order_by("pk")[:LARGEST])
    if not found:
        raise NotFound()
    access.own_assignment(request.user, found[0].public_id)
    return [one for one in found if one.state in states]


def _next(request: MemberRequest, project: Project) -> dict:
    grid = project.settings_now().grid
    found = queue.claim_group(request.user, project, grid)
    if isinstance(found, Nothing):
        return {"nothing": {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}}
    return {"assignment": group_json(found, request.user)}


def group_json(group: list[Assignment], tasker: Person) -> dict:
    """A group as the studio shows it: like one assignment, whose task has tiles."""
    first = group[0]
    project = first.task.project
    settings = project.settings.get(version=first.settings_version or 0)
    saved = {one.assignment_id: one for one in Draft.objects.filter(assignment__in=group)}
    tiles = [
        {"id": str(one.public_id), "small": thumbnail_url(one.task), "task": task_json(one.task, tasker)}
        for one in group
    ]
    answers = {str(one.public_id): saved[one.pk].answer for one in group if one.pk in saved}
    version = max((one.version for one in saved.values()), default=0)
    return {
        "id": str(first.token),
        "token": str(first.token),
        "kind": "judge",
        "deadline": first.deadline.isoformat() if first.deadline else None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings, tasker) | {"copilot": False},
        "task": {"id": None, "name": "", "payload": {}, "image": None, "tiles": tiles},
        "draft": {"version": version, "answer": {"tiles": answers}} if saved else None,
        "pay": pay_said(project, settings, sum(one.rate or 0 for one in group)),
        "next_media": [thumbnail_url(task) for task in _ahead(group) if task.asset_id],
    }


def _ahead(group: list[Assignment]) -> list[Task]:
    """What comes after the furthest that the walk has come in this group."""
    walked = [one for one in group if one.kind == Assignment.Kind.JUDGE]
    return queue.peek(max(walked, key=lambda one: one.walk_key), len(group)) if walked else []
