"""What managers do about one person: a message, the course anew. Keeping them out is an exclusion (people.py)."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import described
from projects.api.people import Office
from projects.api.serializers import KnownFields
from projects.quality.qualification import qualification_tests
from taskers.models import Scope
from taskers.notifications.kinds import messages


class MessageBody(KnownFields):
    words = serializers.CharField(max_length=messages.LONGEST)


class RetrainBody(KnownFields):
    project = serializers.UUIDField()


class Message(Office):
    """Read in their inbox."""

    scopes = {"POST": (Scope.PEOPLE,)}

    @described("Write to somebody", {204: None}, request=MessageBody, operation_id="people_message")
    def post(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        body = MessageBody(data=request.data)
        body.is_valid(raise_exception=True)
        messages.send(self.member(person_id), self.organization, body.validated_data["words"], by=self.person)
        return Response(status=204)


class Retrain(Office):
    """What a project's course gave them is taken back, and they pass it anew before they go on."""

    scopes = {"POST": (Scope.PEOPLE,)}

    @described("Have somebody pass a course anew", {204: None}, request=RetrainBody, operation_id="people_retrain")
    def post(self, request: Request, person_id: UUID) -> Response:
        self.enter()
        body = RetrainBody(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.project(body.validated_data["project"], *access.MANAGE)
        qualification_tests.retrain(project, self.member(person_id), by=self.person)
        return Response(status=204)
