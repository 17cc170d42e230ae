"""What becomes of tasks that are nearly the same as an earlier one."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.alike import duplicates
from assist.api.copilot import MODELS, READ, Copilots
from assist.models import NearlyTheSame
from projects import access
from projects.api.endpoint import described


class NearlyTheSameShape(serializers.Serializer):
    act = serializers.ChoiceField(NearlyTheSame.Act.choices, help_text="what is found has the tag “nearly the same”")


class NearlyTheSameTasks(Copilots):
    """Of a project, from now on."""

    scopes = {"GET": READ, "PUT": MODELS}

    @described("Get what becomes of tasks nearly the same", {200: NearlyTheSameShape}, operation_id="nearly_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response({"act": duplicates.chosen(self.project(project_id, *access.MANAGE))})

    @described(
        "Choose what becomes of tasks nearly the same",
        {200: NearlyTheSameShape},
        request=NearlyTheSameShape,
        operation_id="nearly_choose",
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NearlyTheSameShape(data=request.data)
        body.is_valid(raise_exception=True)
        duplicates.choose(project, NearlyTheSame.Act(body.validated_data["act"]), by=self.person)
        return Response({"act": duplicates.chosen(project)})
