"""The studio: each view makes one call into a verb."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access, queue
from projects.errors import AlreadySubmitted
from projects.models import Annotation, Assignment, Project
from projects.quality.qualification import feedback, qualification_tests
from projects.queue import Nothing, drafts
from projects.task_types import TASK_TYPES
from projects.web.annotator import editor_modules, packs
from projects.web.annotator.work_json import assignment_json, choices_json, lesson_json, lookahead_json
from projects.web.shared import work_body
from projects.web.shared.json_view import json_view, read_flag, read_uuid
from projects.workflow import corrections, submission
from taskers.errors import NotFound
from taskers.models import Organization, Person
from taskers.web.requests import MemberRequest

MAIN = "js/studio/main.js"


@require_GET
@login_required
@ensure_csrf_cookie
def page(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """The studio: one page for as many tasks as there are."""
    trying = request.GET.get("try") == "1"
    if trying:
        project = access.project(request.user, project_id, *access.MANAGE)
    else:
        project = access.workplace(request.user, project_id)
    # A course is taken item by item, in the editor of a single image.
    single = trying or queue.begins_with_course(request.user, project)
    grid = 1 if single else project.settings_now().grid
    return editor_page(request, [project.task_type], {"project": project, "trying": trying, "grid": grid})


@require_GET
@login_required
@ensure_csrf_cookie
def any_page(request: MemberRequest) -> HttpResponse:
    """The studio for whatever is most useful, of all the projects that this tasker may enter."""
    if not request.organization:
        raise NotFound()
    access.access.require(request.user, request.organization, *access.WORK)
    modules = packs.needed_by(MAIN, "js/studio/any_api.js")
    later = {
        "modules": editor_modules.modules(modules),
        "text": editor_modules.showing("text", "any"),
        "any": editor_modules.showing("any"),
    }
    return _page(request, modules, {"project": None, "trying": False, "later": later})


def editor_page(request: MemberRequest, types: list[str], context: dict) -> HttpResponse:
    """The page with all that tasks of these types need, so that no task waits for a script."""
    media = {TASK_TYPES[key].media for key in types}
    entries = [f"js/studio/{key}.js" for key in types]
    if context.get("grid", 1) > 1:
        types = [*types, "grid"]
        entries += ["js/studio/shell/grid.js", "js/studio/shell/grid_api.js"]
    modules = packs.needed_by(MAIN, *entries)
    return _page(request, modules, context | {"types": types, "media": media})


def _page(request: MemberRequest, modules: Sequence[str], context: dict) -> HttpResponse:
    """The page, which fetches these at once and knows where the rest is."""
    context |= {"modules": modules, "beginning": packs.beginning(MAIN), "packs": packs.addresses()}
    context["choices"] = choices_json(request.user)
    return render(request, "projects/annotator/studio.html", context)


@require_POST
@json_view
def lookahead(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """What will probably come after this piece of work, to be made ready; nothing is held."""
    assignment = access.own_assignment(request.user, assignment_id)
    project = assignment.task.project
    mine = _live(request, project.organization) if read_flag(body, "any") else [project]
    found = queue.look_ahead(assignment, request.user, mine)
    return {"lookahead": lookahead_json(found, request.user) if found else None}


@require_POST
@json_view
def claim(request: MemberRequest, body: dict, project_id: UUID) -> dict:
    project = access.workplace(request.user, project_id)
    return _unread(request, body, [project]) or _next(request, project, body)


@require_POST
@json_view
def claim_any(request: MemberRequest, body: dict) -> dict:
    if not request.organization:
        raise NotFound()
    mine = _live(request, request.organization)
    return _unread(request, body, mine) or _next_of_any(request, request.organization, body)


@require_POST
@json_view
def heartbeat(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    with _naming_submitted(assignment):
        deadline = queue.renew(assignment, request.user, work_body.token_of(body))
    return {"deadline": deadline.isoformat()}


@require_http_methods(["PUT"])
@json_view
def draft(request: MemberRequest, body: dict, assignment_id: UUID, *, correcting: bool = False) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    sent, tasker = work_body.draft_of(body), request.user
    version, size = sent.version, len(request.body)
    with _naming_submitted(assignment):
        if sent.changes is not None:
            new_version = drafts.change(
                assignment, tasker, sent.token, version=version, changes=sent.changes, correcting=correcting
            )
        else:
            new_version = drafts.save(
                assignment, tasker, sent.token, version=version, answer=sent.answer, size=size, correcting=correcting
            )
    return {"version": new_version}


@require_POST
@json_view
def submit(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    sent = work_body.answer_of(body)
    with _naming_submitted(assignment):
        annotation = submission.receive(
            assignment, request.user, sent.token, sent.answer, active_ms=sent.active_ms, refused=sent.rejected
        )
    reply = {"submitted": _submitted_json(assignment, annotation)}
    lesson = feedback.of(assignment, annotation)
    if lesson and (lesson["items"] or lesson["result"]):
        return reply | {"lesson": lesson_json(assignment.task.project, lesson, request.user)}
    return reply | _next(request, assignment.task.project, body, assignment)


@require_POST
@json_view
def skip(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    no = work_body.no_of(body)
    queue.skip(assignment, request.user, no.token, reason=no.reason, note=no.note)
    return _next(request, assignment.task.project, body, assignment)


@require_POST
@json_view
def release(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    queue.release(assignment, request.user, work_body.token_of(body))
    return {"released": True}


@require_POST
@json_view
def report(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    assignment = access.own_assignment(request.user, assignment_id)
    no = work_body.no_of(body)
    queue.report(assignment, request.user, no.token, note=no.note)
    return _next(request, assignment.task.project, body, assignment)


@contextmanager
def _naming_submitted(assignment: Assignment) -> Iterator[None]:
    """A refusal because the work was handed in, in another tab, says which answer that was and how long it may be
    corrected: the tab can then offer to correct it with what was typed there."""
    try:
        yield
    except AlreadySubmitted as problem:
        annotation = Annotation.objects.current().filter(assignment=assignment).first()
        problem.submitted = _submitted_json(assignment, annotation) if annotation else None
        raise


def _submitted_json(assignment: Assignment, annotation: Annotation) -> dict:
    return {"id": str(annotation.public_id), "seconds": corrections.seconds_left(assignment)}


def _unread(request: MemberRequest, body: dict, mine: Sequence[Project]) -> dict | None:
    """A lesson that was begun and not gone on from, as after a reload; what the body says was read is done with."""
    if "read" in body:
        qualification_tests.go_on(request.user, read_uuid(body, "read"))
        return None
    found = feedback.unread(request.user, mine)
    return {"lesson": lesson_json(*found, request.user)} if found else None


def _next(request: MemberRequest, project: Project, body: dict, done: Assignment | None = None) -> dict:
    """The next work of this project; of any, for whoever came for that. `done` is what left their hands just now."""
    if read_flag(body, "any"):
        return _next_of_any(request, project.organization, body, done)
    if project.settings_now().grid > 1 and not queue.begins_with_course(request.user, project):
        return {"anew": True}  # a course is over: what comes now comes in groups, on a page that knows them
    return _claimed(queue.claim(request.user, project, requested=_requested(body), done=done), request.user)


def _next_of_any(
    request: MemberRequest, organization: Organization, body: dict, done: Assignment | None = None
) -> dict:
    live = _live(request, organization)
    found = queue.claim_any(request.user, organization, live, requested=_requested(body), done=done)
    return _claimed(found, request.user)


def _live(request: MemberRequest, organization: Organization) -> list[Project]:
    return list(access.projects_for(request.user, organization, *access.WORK).filter(state=Project.State.LIVE))


def _requested(body: dict) -> queue.RequestedTask | None:
    """The task that was made ready for what comes next, if the body names one."""
    asked = body.get("requested")
    if not isinstance(asked, dict):
        return None
    return queue.RequestedTask(read_uuid(asked, "task"), str(asked.get("signature", "")))


def _claimed(found: Assignment | Nothing, tasker: Person) -> dict:
    if isinstance(found, Nothing):
        return {"nothing": {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}}
    return {"assignment": assignment_json(found, tasker)}
