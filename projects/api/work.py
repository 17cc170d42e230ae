"""Doing the work by program: the same queue, the same checks, the same money as in the studio."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, drafts, queue, studio, submission
from projects.api.endpoint import Endpoint, described
from projects.api.work_shapes import (
    ClaimShape,
    DeadlineShape,
    DraftBody,
    SkipBody,
    SubmitBody,
    SubmittedShape,
    TokenOnly,
    VersionShape,
)
from projects.models import Assignment, Project
from taskers.models import Person


class Claim(Endpoint):
    """The asker's next judgement. Whoever holds one already gets that one again."""

    @described("Claim a task", {200: ClaimShape}, request=None, operation_id="work_claim")
    def post(self, request: Request, project_id: UUID) -> Response:
        return Response(next_for(self.person, self.project(project_id, *access.WORK)))


class Heartbeat(Endpoint):
    """A sign of life: the lease starts anew."""

    @described("Renew the lease", {200: DeadlineShape}, request=TokenOnly, operation_id="work_heartbeat")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = TokenOnly(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"deadline": queue.renew(assignment, self.person, body.validated_data["token"])})


class KeepDraft(Endpoint):
    """Unsent work."""

    @described("Keep a draft", {200: VersionShape}, request=DraftBody, operation_id="work_draft")
    def put(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = DraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        version = drafts.save(
            assignment, self.person, data["token"], version=data["version"], answer=data["answer"], size=_size(request)
        )
        return Response({"version": version})


class Submit(Endpoint):
    """Handing in. The same answer again is taken once, and answered the same way."""

    @described("Submit an answer", {200: SubmittedShape}, request=SubmitBody, operation_id="work_submit")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = SubmitBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        annotation = submission.submit(
            assignment,
            self.person,
            data["token"],
            data["answer"],
            active_ms=data["active_ms"],
            refused=data["refused"],
        )
        return Response({"submitted": {"id": annotation.public_id}} | next_for(self.person, assignment.task.project))


class Skip(Endpoint):
    """Saying no to a task; somebody else is asked."""

    @described("Skip a task", {200: ClaimShape}, request=SkipBody, operation_id="work_skip")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = SkipBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        queue.skip(assignment, self.person, data["token"], reason=data["reason"], note=data["note"])
        return Response(next_for(self.person, assignment.task.project))


class Release(Endpoint):
    """Giving work back untouched."""

    @described("Release a task", {204: None}, request=TokenOnly, operation_id="work_release")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        body = TokenOnly(data=request.data)
        body.is_valid(raise_exception=True)
        queue.release(assignment, self.person, body.validated_data["token"])
        return Response(status=204)


def next_for(person: Person, project: Project) -> dict[str, Any]:
    """The claim of a person's next work, as the wire shows it."""
    found = queue.claim(person, project)
    if isinstance(found, Assignment):
        return {"assignment": _work(found), "nothing": None}
    nothing = {"code": found.code, "text": found.text, "retry_seconds": found.retry_seconds}
    return {"assignment": None, "nothing": nothing}


def _work(assignment: Assignment) -> dict[str, Any]:
    shown = studio.assignment_json(assignment)
    del shown["next_media"]  # addresses that a browser's session opens; a token opens those below /api/
    if shown["task"]["image"]:
        shown["task"]["image"]["url"] = reverse("api-task-media", args=[assignment.task.public_id])
    return shown


def _size(request: Request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else 0
