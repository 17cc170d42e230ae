"""A reviewer's own decisions by program: listed, the last one taken back."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.reviews import REVIEW
from projects.api.serializers import KnownFields
from projects.models import Verdict
from projects.workflow import decisions
from taskers import access as roles
from taskers.errors import NotAllowed

MOST = 200


class DecisionQuery(KnownFields):
    before = serializers.UUIDField(required=False, help_text="the verdict to go on behind")


class DecisionShape(serializers.Serializer):
    """What was decided, and whether it stands."""

    task = serializers.UUIDField(source="verdict.task.public_id")
    verdict = serializers.UUIDField(source="verdict.public_id")
    at = serializers.DateTimeField(source="verdict.at")
    stands = serializers.BooleanField()
    last = serializers.BooleanField(help_text="it may be taken back: nothing newer stands on it")


class DecisionList(serializers.Serializer):
    results = DecisionShape(many=True)


class TakenBack(serializers.Serializer):
    task = serializers.UUIDField()


class Decisions(Endpoint):
    """One's own, the newest first."""

    scopes = {"GET": REVIEW}

    @described("List your decisions", {200: DecisionList}, operation_id="decisions_list", parameters=[DecisionQuery])
    def get(self, request: Request) -> Response:
        query = DecisionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        keys = roles.project_keys_of(self.person, self.organization, *access.REVIEW)
        if keys is not None and not keys:
            raise NotAllowed("Reviewing needs the role reviewer; ask a manager.")
        projects = access.projects_for(self.person, self.organization, *access.REVIEW)
        own = Verdict.objects.filter(public_id=query.validated_data.get("before"), decided_by=self.person)
        before = own.values_list("pk", flat=True).first() or 0
        rows = decisions.of(self.person, projects, before=before, number=MOST)
        return Response(DecisionList({"results": rows}).data)


class TakeBack(Endpoint):
    """The last one, taken back: its task waits for a reviewer again."""

    scopes = {"POST": REVIEW}

    @described("Take your last decision back", {200: TakenBack}, request=None, operation_id="decisions_take_back")
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.REVIEW)
        decisions.take_back(task, by=self.person)
        return Response({"task": task.public_id})
