"""What a project asks of a model before it decides alone, over the wire."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import deciding
from projects import access
from projects.api.endpoint import described
from projects.models.limits import DECIDING


def floor(name: str, field: Any = serializers.FloatField, **told: str) -> Any:
    """One of them; what is left out stays."""
    return field(required=False, **DECIDING[name].bounds, **told)


class FloorsShape(serializers.Serializer):
    """What an evaluation asks of a candidate, beside being better and losing nothing, before it may decide alone."""

    least_score = floor("least_score", help_text="the mean of its tasks, from 0 to 1")
    most_miscalibration = floor("most_miscalibration", help_text="expected calibration error, from 0 to 1")
    most_seconds = floor("most_seconds", help_text="within which 95 % of its answers come")
    most_memory = floor("most_memory", serializers.IntegerField, help_text="MB, of its process")


class DecidingFloors(Copilots):
    """What holds from the next evaluation on."""

    scopes = {"GET": READ, "PATCH": MODELS}

    @described("Get what is asked of one that decides", {200: FloorsShape}, operation_id="deciding_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(asdict(deciding.floors_of(self.project(project_id, *access.MANAGE))))

    @described(
        "Set what is asked of one that decides", {200: FloorsShape}, request=FloorsShape, operation_id="deciding_set"
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = FloorsShape(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(asdict(deciding.set_floors(project, by=self.person, **body.validated_data)))
