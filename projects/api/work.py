"""Doing the work by program: the same queue, the same checks, the same money as in the studio."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, queue
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked
from projects.api.serializers import PageQuery
from projects.api.work_serializers import (
    ClaimShape,
    DeadlineShape,
    DraftBody,
    NamedBody,
    SkipBody,
    SubmitBody,
    SubmittedShape,
    SuggestionsQuery,
    TokenOnly,
    VersionShape,
    WorkListShape,
)
from projects.models import Annotation, Assignment, Project, Task
from projects.quality.qualification import feedback, qualification_tests
from projects.queue import claim_suggestions, drafts
from projects.reports import work_list
from projects.task_types.preference import SECOND
from projects.web.annotator import work_json
from projects.web.shared import work_body
from projects.web.shared.json_view import taken
from projects.workflow import submission
from taskers.errors import NotFound
from taskers.models import Organization, Person, Scope


class Claim(Endpoint):
    """The asker's next judgement. Whoever holds one already gets that one again."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described(
        "Claim a task", {200: ClaimShape}, request=None, operation_id="work_claim", parameters=[SuggestionsQuery]
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project, suggests = self.workplace(project_id), _asks_for_suggestions(request)
        claim = next_for(self.person, project)
        return Response(_with_suggestions(claim, self.person) if suggests else claim)


class ClaimAny(Endpoint):
    """The most urgent and best paid work that the asker qualifies for, of all their projects."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described(
        "Claim a task of any project",
        {200: ClaimShape},
        request=None,
        operation_id="work_claim_any",
        parameters=[SuggestionsQuery],
    )
    def post(self, request: Request) -> Response:
        suggests = _asks_for_suggestions(request)
        claim = next_of_any(self.person, self.organization)
        return Response(_with_suggestions(claim, self.person) if suggests else claim)


class WorkList(Endpoint):
    """The asker's work list in a project where people work by list; refused whoever may not work there now."""

    scopes = {"GET": (Scope.LABEL,)}

    @described("Your work list", {200: WorkListShape}, operation_id="work_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        after, limit = asked(request)
        project = self.workplace(project_id)
        queue.check_lists(self.person, project)
        found = work_list.of(self.person, project, after=after, number=limit)
        return Response(WorkListShape(found).data)


class ClaimNamed(Endpoint):
    """One task by its name: of the asker's list, or any that is free where the project or their role lets them."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described(
        "Claim a task by name",
        {200: ClaimShape},
        request=NamedBody,
        operation_id="work_claim_named",
        parameters=[SuggestionsQuery],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.workplace(project_id)
        body = NamedBody(data=request.data)
        body.is_valid(raise_exception=True)
        suggests = _asks_for_suggestions(request)
        rows = Task.objects.select_related("project__organization")
        task = rows.filter(project=project, public_id=body.validated_data["task"]).first()
        if task is None:
            raise NotFound()
        claim = _claimed(queue.claim_named(self.person, task), self.person)
        return Response(_with_suggestions(claim, self.person) if suggests else claim)


class Heartbeat(Endpoint):
    """A sign of life: the lease starts anew."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described("Renew the lease", {200: DeadlineShape}, request=TokenOnly, operation_id="work_heartbeat")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        return Response({"deadline": queue.renew(assignment, self.person, work_body.token_of(taken(request.data)))})


class KeepDraft(Endpoint):
    """Unsent work."""

    scopes = {"PUT": (Scope.LABEL,)}

    @described("Keep a draft", {200: VersionShape}, request=DraftBody, operation_id="work_draft")
    def put(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        sent, size = work_body.draft_of(taken(request.data)), size_of(request)
        version = drafts.save(assignment, self.person, sent.token, version=sent.version, answer=sent.answer, size=size)
        return Response({"version": version})


class Submit(Endpoint):
    """Handing in. The same answer again is taken once, and answered the same way."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described("Submit an answer", {200: SubmittedShape}, request=SubmitBody, operation_id="work_submit")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        sent = work_body.answer_of(taken(request.data))
        annotation = submission.receive(
            assignment,
            self.person,
            sent.token,
            sent.answer,
            active_ms=sent.active_ms,
            refused=sent.rejected,
            confidence=sent.confidence,
        )
        submitted = {"submitted": {"id": annotation.public_id}}
        lesson = {"lesson": _lesson(assignment, annotation)}
        return Response(submitted | lesson | next_after(self.person, assignment, sent.of_any))


class Skip(Endpoint):
    """Saying no to a task; somebody else is asked."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described("Skip a task", {200: ClaimShape}, request=SkipBody, operation_id="work_skip")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        no = work_body.no_of(taken(request.data))
        queue.skip(assignment, self.person, no.token, reason=no.reason, note=no.note)
        return Response(next_after(self.person, assignment, no.of_any))


class Release(Endpoint):
    """Giving work back untouched."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described("Release a task", {204: None}, request=TokenOnly, operation_id="work_release")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        queue.release(assignment, self.person, work_body.token_of(taken(request.data)))
        return Response(status=204)


def _lesson(assignment: Assignment, annotation: Annotation) -> dict[str, Any] | None:
    """What a course says of the answer. The next task comes with it, so it counts as read."""
    lesson = feedback.of(assignment, annotation)
    if lesson:
        qualification_tests.go_on(annotation.tasker, annotation.public_id)
    for item in lesson["items"] if lesson else ():
        item["picture"] = reverse("api-task-media", args=[item["task"]]) if item["picture"] else None
        item["second"] = reverse("api-task-media-second", args=[item["task"]]) if item["second"] else None
    return lesson


def next_for(person: Person, project: Project, done: Assignment | None = None) -> dict[str, Any]:
    """The claim of a person's next work, as the wire shows it; `done` is what left their hands just now."""
    return _claimed(queue.claim(person, project, done=done), person)


def next_of_any(person: Person, organization: Organization, done: Assignment | None = None) -> dict[str, Any]:
    """The same, of all the projects that this person may enter."""
    mine = access.projects_for(person, organization, *access.WORK).filter(state=Project.State.LIVE)
    return _claimed(queue.claim_any(person, organization, list(mine), done=done), person)


def next_after(person: Person, done: Assignment, of_any: bool) -> dict[str, Any]:
    """What comes once `done` has left their hands: of the same project, or of any."""
    project = done.task.project
    return next_of_any(person, project.organization, done) if of_any else next_for(person, project, done)


def _claimed(found: Assignment | queue.Nothing, tasker: Person) -> dict[str, Any]:
    if isinstance(found, Assignment):
        return {"assignment": _work(found, tasker), "nothing": None}
    nothing = {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}
    return {"assignment": None, "nothing": nothing}


def _asks_for_suggestions(request: Request) -> bool:
    query = SuggestionsQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data["suggestions"]


def _with_suggestions(claim: dict[str, Any], tasker: Person) -> dict[str, Any]:
    """The claim with suggestions for its work. The tasker holds the work already, so a failure to suggest anything
    stands beside it and never in its place."""
    work = claim["assignment"]
    if work is None:
        return claim | {"suggestions": None}
    suggestions = claim_suggestions.suggestions_for(tasker, UUID(str(work["id"])), UUID(str(work["token"])))
    return claim | {"suggestions": suggestions}


def _work(assignment: Assignment, tasker: Person) -> dict[str, Any]:
    shown = work_json.assignment_json(assignment, tasker)
    if shown["task"]["image"]:  # its address for a browser's session; a token opens those below /api/
        shown["task"]["image"]["url"] = reverse("api-task-media", args=[assignment.task.public_id])
    for name, picture in shown["task"].get("images", {}).items():
        address = "api-task-media-second" if name == SECOND else "api-task-media"
        picture["url"] = reverse(address, args=[assignment.task.public_id])
    return shown


def size_of(request: Request) -> int:
    """The bytes of its body, as its sender says."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else 0
