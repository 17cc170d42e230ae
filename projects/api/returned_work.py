"""Sending answers back from a review by program, and noting mistakes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.work_serializers import TokenOnly
from projects.models import Annotation, Assignment, Mistake, limits
from projects.web.reviewer import review
from projects.web.reviewer.returns import answers_of
from projects.workflow import returned_work
from taskers.models import Scope

REVIEW = (Scope.REVIEW,)


class MistakeBody(TokenOnly):
    answers = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=limits.ORDERED)
    reason = serializers.ChoiceField(Mistake.Reason.values)
    note = serializers.CharField(required=False, allow_blank=True, max_length=limits.NOTE, default="")


class ReturnedShape(serializers.Serializer):
    """How many answers were sent back, and until when they may be mended."""

    returned = serializers.IntegerField()
    until = serializers.DateTimeField()


class NotedShape(serializers.Serializer):
    noted = serializers.IntegerField(help_text="answers")


class _OfReview(Endpoint):
    """What a reviewer says of answers to the task that they have in hand."""

    scopes = {"POST": REVIEW}
    has_own_key = True

    def said(self, request: Request, task_id: UUID) -> tuple[Assignment, UUID, Sequence[Annotation], dict[str, Any]]:
        """Their review, its token, the answers that are meant, and the reason with its note."""
        body = MistakeBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        held = review.own_review(self.person, self.task(task_id, *access.REVIEW).public_id, said["token"])
        answers = answers_of(held.task, said["answers"])
        return held, said["token"], answers, {"reason": said["reason"], "note": said["note"]}


class SendBack(_OfReview):
    """Giving answers back to those who gave them. The review ends; it comes again with theirs."""

    @described("Send answers back", {200: ReturnedShape}, request=MistakeBody, operation_id="reviews_send_back")
    def post(self, request: Request, task_id: UUID) -> Response:
        held, token, answers, terms = self.said(request, task_id)
        made = returned_work.send_back(held, self.person, token, answers, **terms)
        return Response({"returned": len(made), "until": made[0].until})


class NoteMistake(_OfReview):
    """Noting a mistake for the list of common ones; nothing else follows."""

    @described("Note a mistake", {200: NotedShape}, request=MistakeBody, operation_id="reviews_note_mistake")
    def post(self, request: Request, task_id: UUID) -> Response:
        held, _token, answers, terms = self.said(request, task_id)
        return Response({"noted": returned_work.note_mistake(held.task, answers, self.person, **terms)})
