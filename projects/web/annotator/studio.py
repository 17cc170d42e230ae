"""The studio's wire: JSON over the session's sign-in. Each view makes one call into a verb."""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings as site
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access, queue
from projects.configuration import instructions, markdown
from projects.configuration.label_colours import patterns
from projects.errors import Refused, StaleDraft
from projects.models import Assignment, Project, ProjectSettings, Task, desk
from projects.quality.qualification import courses, lessons
from projects.queue import Nothing, drafts, sides
from projects.task_types import TASK_TYPES
from projects.task_types.preference import FIRST, SECOND, Preference
from projects.web.annotator import editor_modules, es_modules
from projects.workflow import submission
from taskers.errors import NotFound, Problem
from taskers.models import Organization, Person
from taskers.money import ledger
from taskers.people import preferences
from taskers.web import problems
from taskers.web.requests import MemberRequest


class SignedOut(Problem):
    """Your session has ended; sign in again, your work is kept."""

    code = "signed-out"
    status = 401


def wire(view: Callable[..., dict]) -> Callable[..., HttpResponse]:
    """JSON in, JSON out: the view gets the body as a dict; named errors become problem+json."""

    @wraps(view)
    @never_cache
    def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise SignedOut()
            return JsonResponse(view(request, _body(request), *args, **kwargs))
        except StaleDraft as problem:
            return problems.as_json(problem, {"draft": problem.newest})
        except Problem as problem:
            return problems.as_json(problem)

    return wrapped


@require_GET
@login_required
@ensure_csrf_cookie
def page(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """The studio: one page for as many tasks as there are."""
    trying = request.GET.get("try") == "1"
    roles = access.MANAGE if trying else access.WORK
    project = access.project(request.user, project_id, *roles)
    # A course is taken item by item, in the room of a single image.
    single = trying or queue.begins_with_course(request.user, project)
    grid = 1 if single else project.settings_now().grid
    return room(request, [project.task_type], {"project": project, "trying": trying, "grid": grid})


@require_GET
@login_required
@ensure_csrf_cookie
def any_page(request: MemberRequest) -> HttpResponse:
    """The studio for whatever is most useful, of all the projects that this tasker may enter."""
    if not request.organization:
        raise NotFound()
    access.access.require(request.user, request.organization, *access.WORK)
    modules = es_modules.needed_by("js/studio/main.js", "js/studio/any_wire.js")
    later = {
        "modules": editor_modules.modules(modules),
        "text": editor_modules.showing("text", "any"),
        "any": editor_modules.showing("any"),
    }
    context = {"project": None, "trying": False, "modules": modules, "choices": choices_json(request.user)}
    return render(request, "projects/studio.html", context | {"later": later})


def room(request: MemberRequest, types: list[str], context: dict) -> HttpResponse:
    """The page with all that tasks of these types need, so that no task waits for a script."""
    media = {TASK_TYPES[key].media for key in types}
    types = [*types, "grid"] if context.get("grid", 1) > 1 else types
    entries = [*types, "grid_wire"] if "grid" in types else types
    modules = es_modules.needed_by("js/studio/main.js", *(f"js/studio/{key}.js" for key in entries))
    context |= {"types": types, "media": media, "modules": modules, "choices": choices_json(request.user)}
    return render(request, "projects/studio.html", context)


@require_POST
@wire
def ahead(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """What will probably come after this piece of work, to be made ready; nothing is held."""
    assignment = access.own_assignment(request.user, assignment_id)
    project = assignment.task.project
    mine = _live(request, project.organization) if body.get("any") is True else [project]
    found = queue.foresee(assignment, request.user, mine)
    return {"ahead": foreseen_json(found, request.user) if found else None}


def choices_json(person: Person) -> dict:
    """What this person chose for the studio."""
    chosen = preferences.of(person)
    return {"keys": chosen.keys, "submit_on_choice": chosen.submit_on_choice}


@require_POST
@wire
def claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    project = access.project(request.user, project_id, *access.WORK)
    return _unread(request, body, [project]) or _next(request, project, body)


@require_POST
@wire
def claim_any(request: MemberRequest, body: dict) -> dict:
    if not request.organization:
        raise NotFound()
    mine = _live(request, request.organization)
    return _unread(request, body, mine) or _next_of_any(request, request.organization, body)


@require_POST
@wire
def heartbeat(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    deadline = queue.renew(assignment, request.user, read_token(body))
    return {"deadline": deadline.isoformat()}


@require_http_methods(["PUT"])
@wire
def draft(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    version, token = read_whole_number(body, "version"), read_token(body)
    if "changes" in body:
        return {"version": drafts.change(assignment, request.user, token, version=version, changes=body["changes"])}
    answer, size = body.get("answer"), len(request.body)
    return {"version": drafts.save(assignment, request.user, token, version=version, answer=answer, size=size)}


@require_POST
@wire
def submit(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    annotation = submission.submit(
        assignment,
        request.user,
        read_token(body),
        body.get("answer"),
        active_ms=read_whole_number(body, "active_ms", 0),
        refused=read_list(body, "refused"),
    )
    said = {"submitted": {"id": str(annotation.public_id)}}
    lesson = lessons.of(assignment, annotation)
    if lesson and (lesson["items"] or lesson["result"]):
        return said | {"lesson": lesson_json(assignment.task.project, lesson, request.user)}
    return said | _next(request, assignment.task.project, body)


@require_POST
@wire
def skip(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.skip(
        assignment, request.user, read_token(body), reason=str(body.get("reason", "")), note=str(body.get("note", ""))
    )
    return _next(request, assignment.task.project, body)


@require_POST
@wire
def release(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.release(assignment, request.user, read_token(body))
    return {"released": True}


@require_POST
@wire
def report(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.report(assignment, request.user, read_token(body), note=str(body.get("note", "")))
    return _next(request, assignment.task.project, body)


def project_json(project: Project, settings: ProjectSettings, reader: Person) -> dict:
    """What the studio needs to know of a project; its instructions in the reader's language."""
    language, said = instructions.for_reader(settings, reader)
    labels = desk.labels(project)
    keys = {label.pk: label.key for label in labels}
    return {
        "id": str(project.public_id),
        "name": project.name,
        "task_type": project.task_type,
        "instructions_html": markdown.safe_html(said),
        "instructions_language": language if language in dict(site.LANGUAGES) else "",
        **{name: getattr(settings, name) for name in ("copilot", "suggest", "confidence", "fields", "empty_usual")},
        "labels": [
            {
                "key": label.key,
                "name": label.name,
                "colour": label.colour,
                "pattern": pattern,
                "hotkey": label.hotkey,
                "retired": label.retired_at is not None,
                "shapes": label.shapes,
                "attributes": label.attributes,
                "field": label.field,
                "parent": keys.get(label.parent_id or 0),
            }
            for label, pattern in zip(labels, patterns(tuple(label.colour for label in labels)), strict=True)
        ],
    }


def task_json(task: Task, tasker: Person | None = None) -> dict:
    """A task as its tasker sees it, a pair on the sides drawn for them; without one, as a reviewer does: by the name
    that it was loaded under, a pair in its own order.
    """
    image = None
    room = TASK_TYPES[task.project.task_type]
    name = task.code if tasker else task.external_id
    shown = {"id": str(task.public_id), "name": name, "payload": room.shown(task.payload)}
    if isinstance(room, Preference):
        left = sides.left_of(task, tasker) if tasker else FIRST
        return shown | {"image": None, "images": _images(task), "left": left}
    if task.asset_id and task.asset:
        image = {"url": media_url(task), "width": task.asset.width, "height": task.asset.height}
    return shown | {"image": image}


def _images(task: Task) -> dict[str, dict]:
    """The pictures of a pair, each by its candidate's place."""
    urls = {FIRST: media_url(task), SECOND: reverse("task-media-second", args=[task.public_id])}
    pictured = {name: task.payload[name] for name in urls if "asset" in task.payload[name]}
    return {name: {"url": urls[name], "width": one["width"], "height": one["height"]} for name, one in pictured.items()}


def media_url(task: Task) -> str:
    """Where a task's picture is served, to those who may see the task."""
    return reverse("task-media", args=[task.public_id])


def thumbnail_url(task: Task) -> str:
    """Where its small picture is served."""
    return reverse("task-thumbnail", args=[task.public_id])


def assignment_json(assignment: Assignment, tasker: Person) -> dict:
    """An assignment in somebody's hands."""
    project = assignment.task.project
    around = desk.around(assignment)
    settings, saved = around.settings, around.draft
    return {
        "id": str(assignment.public_id),
        "token": str(assignment.token),
        "kind": "judge",  # gold must not be told apart; a course says so itself
        "course": lessons.where(assignment),
        "deadline": assignment.deadline.isoformat() if assignment.deadline else None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings, tasker) | {"copilot": bool(assignment.copilot)},
        "task": task_json(assignment.task, tasker),
        "draft": {"version": saved.version, "answer": saved.answer} if saved else None,
        "pay": ledger.money(assignment.rate or 0, project.organization.currency),
        "remarks": around.remarks,
        "answered": around.answered,
    }


def foreseen_json(found: queue.Foreseen, tasker: Person) -> dict:
    """A task that nobody holds yet, as it will be shown; its seal goes with the claim that asks for it."""
    project = found.task.project
    settings = project.settings_now()
    return {
        "id": None,
        "token": None,
        "seal": found.seal,
        "kind": "judge",
        "course": None,
        "deadline": None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings, tasker),
        "task": task_json(found.task, tasker),
        "draft": None,
        "pay": ledger.money(found.terms.rate, project.organization.currency),
        "remarks": 0,
        "answered": False,
    }


def lesson_json(project: Project, lesson: dict, reader: Person) -> dict:
    """What a course has to say, to be read before the next piece of work; with what its answers are drawn by."""
    _pictured(lesson["items"])
    return lesson | {"project": project_json(project, project.settings_now(), reader)}


def lessons_json(project: Project, lists: dict[str, list[dict]], reader: Person) -> dict:
    """Lists of items of a course, by name, with what their answers are drawn by."""
    for items in lists.values():
        _pictured(items)
    shown = project_json(project, project.settings_now(), reader)
    return {"lessons": lists, "labels": shown["labels"], "fields": shown["fields"]}


def _pictured(items: list[dict]) -> None:
    for item in items:
        item["picture"] = reverse("task-media", args=[item["task"]]) if item["picture"] else None
        item["second"] = reverse("task-media-second", args=[item["task"]]) if item["second"] else None


def _unread(request: MemberRequest, body: dict, mine: Sequence[Project]) -> dict | None:
    """A lesson that was begun and not gone on from, as after a reload; what the body says was read is done with."""
    if "read" in body:
        courses.go_on(request.user, read_uuid(body, "read"))
        return None
    found = lessons.unread(request.user, mine)
    return {"lesson": lesson_json(*found, request.user)} if found else None


def _next(request: MemberRequest, project: Project, body: dict | None = None) -> dict:
    """The next work of this project; of any, for whoever came for that."""
    body = body or {}
    if body.get("any") is True:
        return _next_of_any(request, project.organization, body)
    if project.settings_now().grid > 1 and not queue.begins_with_course(request.user, project):
        return {"anew": True}  # a course is over: what comes now comes in groups, on a page that knows them
    return _claimed(queue.claim(request.user, project, wish=_wish(body)), request.user)


def _next_of_any(request: MemberRequest, organization: Organization, body: dict) -> dict:
    found = queue.claim_any(request.user, organization, _live(request, organization), wish=_wish(body))
    return _claimed(found, request.user)


def _live(request: MemberRequest, organization: Organization) -> list[Project]:
    return list(access.projects_for(request.user, organization, *access.WORK).filter(state=Project.State.LIVE))


def _wish(body: dict) -> queue.Wish | None:
    """The task that was made ready for what comes next, if the body names one."""
    wish = body.get("ahead")
    if not isinstance(wish, dict):
        return None
    return queue.Wish(read_uuid(wish, "task"), str(wish.get("seal", "")))


def _claimed(found: Assignment | Nothing, tasker: Person) -> dict:
    if isinstance(found, Nothing):
        return {"nothing": {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}}
    return {"assignment": assignment_json(found, tasker)}


def _body(request: MemberRequest) -> dict:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("The body isn't JSON.", code="not-json", status=400) from None
    if not isinstance(body, dict):
        raise Refused("The body is a JSON object.", code="wrong-shape", status=400)
    try:
        storable = "\\u0000" not in json.dumps(body, ensure_ascii=False, allow_nan=False).encode().decode()
    except ValueError:  # half of a surrogate pair, NaN or infinity
        storable = False
    if not storable:
        raise Refused("There is a character or number that can't be kept (NUL, half of a pair, NaN).", code="bad-text")
    return body


def read_token(body: dict) -> UUID:
    return read_uuid(body, "token")


def read_uuid(body: dict, field: str) -> UUID:
    try:
        return UUID(str(body.get(field)))
    except ValueError:
        raise Refused("%(field)s is missing or isn't a UUID.", code="wrong-shape", place=field, field=field) from None


def read_whole_number(body: dict, field: str, default: int | None = None) -> int:
    value = body.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Refused("%(field)s is a whole number, 0 or more.", code="wrong-shape", place=field, field=field)
    return value


def read_list(body: dict, field: str) -> list:
    value = body.get(field, [])
    if not isinstance(value, list):
        raise Refused("%(field)s is a list.", code="wrong-shape", place=field, field=field)
    return value
