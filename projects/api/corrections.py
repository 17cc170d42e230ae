"""Correcting what one handed in, as long as the project lets one; and reporting a task as broken."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import queue
from projects.api.endpoint import Endpoint, described
from projects.api.work import next_after, size_of
from projects.api.work_serializers import (
    ClaimShape,
    DraftBody,
    SubmitBody,
    SubmittedId,
    TokenOnly,
    VersionShape,
    WorkDraft,
)
from projects.models import Annotation, limits
from projects.models.promises import ALIKE
from projects.queue import drafts
from projects.web.shared import work_body
from projects.web.shared.json_view import taken
from projects.workflow import corrections
from taskers.errors import NotFound
from taskers.models import Scope

LABEL = (Scope.LABEL,)


class CorrectionShape(serializers.Serializer):
    """One's own answer in hand once more, until `deadline`; what was begun of a correction is its draft."""

    assignment = serializers.UUIDField()
    token = serializers.UUIDField()
    deadline = serializers.DateTimeField()
    draft = WorkDraft()


class ReportBody(TokenOnly):
    note = serializers.CharField(required=False, allow_blank=True, max_length=limits.NOTE, default="")
    any = serializers.BooleanField(required=False, default=False)


class Begin(Endpoint):
    """Taking an answer in hand again. It counts as it is until it is handed in anew."""

    scopes = {"POST": LABEL}
    has_own_key = True

    @described("Begin a correction", {200: CorrectionShape}, request=None, operation_id="corrections_begin")
    def post(self, request: Request, annotation_id: UUID) -> Response:
        rows = Annotation.objects.filter(public_id=annotation_id, tasker=self.person, assignment__kind__in=ALIKE)
        key = rows.values_list("assignment__public_id", flat=True).first()
        if key is None:
            raise NotFound()
        mine = self.assignment(key)
        saved = corrections.reopen(mine)
        told = {"assignment": mine.public_id, "token": mine.token, "deadline": corrections.until(mine)}
        return Response(CorrectionShape(told | {"draft": {"version": saved.version, "answer": saved.answer}}).data)


class Correct(Endpoint):
    """A correction: kept unsent, handed in, or dropped."""

    scopes = {"PUT": LABEL, "POST": LABEL, "DELETE": LABEL}
    has_own_key = True

    @described("Keep a draft of a correction", {200: VersionShape}, request=DraftBody, operation_id="corrections_draft")
    def put(self, request: Request, assignment_id: UUID) -> Response:
        mine, sent = self.assignment(assignment_id), work_body.draft_of(taken(request.data))
        size = size_of(request)
        version = drafts.save(
            mine,
            self.person,
            sent.token,
            version=sent.version,
            answer=sent.answer,
            size=size,
            correcting=True,
        )
        return Response({"version": version})

    @described("Hand in a correction", {200: SubmittedId}, request=SubmitBody, operation_id="corrections_submit")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        mine, sent = self.assignment(assignment_id), work_body.answer_of(taken(request.data))
        made = corrections.correct(mine, sent.answer, active_ms=sent.active_ms, refused=sent.rejected)
        return Response({"id": made.public_id})

    @described("Drop a correction", {204: None}, operation_id="corrections_drop")
    def delete(self, request: Request, assignment_id: UUID) -> Response:
        corrections.drop(self.assignment(assignment_id))
        return Response(status=204)


class Report(Endpoint):
    """Saying that a task is broken; the answer is the next one."""

    scopes = {"POST": LABEL}
    has_own_key = True

    @described("Report a task as broken", {200: ClaimShape}, request=ReportBody, operation_id="work_report")
    def post(self, request: Request, assignment_id: UUID) -> Response:
        mine = self.assignment(assignment_id)
        no = work_body.no_of(taken(request.data))
        queue.report(mine, self.person, no.token, note=no.note)
        return Response(next_after(self.person, mine, no.of_any))
