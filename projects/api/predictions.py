"""What models elsewhere say of tasks that are here: offered to whoever does the task."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.import_serializers import FaultShape
from projects.api.rows import BoundedJSON, JSONLines, errors_of, predictions_of
from projects.api.serializers import KnownFields, ObjectJSON
from projects.data import importing
from projects.models import limits
from taskers.models import Scope


class NewPrediction(serializers.Serializer):
    """One source's answer to one task, which is named by either of its ids."""

    task = serializers.UUIDField(required=False)
    external_id = serializers.CharField(required=False, max_length=limits.EXTERNAL_ID)
    answer = ObjectJSON(help_text="as the task type has it; labels by key or by name")
    score = serializers.FloatField(required=False, allow_null=True, **limits.SHARE.bounds)
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=limits.SOURCE, help_text="the model's name and version"
    )


class PredictionsQuery(KnownFields):
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=limits.SOURCE, help_text="of rows that name none; `imported` without it"
    )


class PredictionsShape(serializers.Serializer):
    """What became of the rows. Good ones are kept, whatever happened to others."""

    read = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="a row again, or a newer one of the same source, takes the older's place")
    rejected = serializers.IntegerField()
    errors = FaultShape(many=True, help_text="the first 1,000 refusals")  # type: ignore[assignment]
    lost = serializers.IntegerField(help_text="parts that were left out of answers that are kept")
    losses = FaultShape(many=True, help_text="the first 1,000 of them")


class SourceShape(serializers.Serializer):
    """Whose predictions there are."""

    name = serializers.CharField()
    predictions = serializers.IntegerField(help_text="tasks")
    newest_at = serializers.DateTimeField(allow_null=True)


class SourceList(serializers.Serializer):
    results = SourceShape(many=True)


class Predictions(Endpoint):
    """Predictions of a project's tasks. Sending the same rows again changes nothing."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.LOAD,)}

    parser_classes = (BoundedJSON, JSONLines)

    @described("List sources of predictions", {200: SourceList}, operation_id="predictions_sources")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        found = project.prediction_sources.annotate(
            predictions_kept=Count("predictions"), newest=Max("predictions__at")
        )
        rows = [{"name": one.name, "predictions": one.predictions_kept, "newest_at": one.newest} for one in found]
        return Response({"results": SourceShape(rows, many=True).data})

    @described(
        "Send predictions",
        {200: PredictionsShape},
        request={"application/json": NewPrediction(many=True), "application/x-ndjson": OpenApiTypes.STR},
        parameters=[PredictionsQuery],
        operation_id="predictions_send",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        query = PredictionsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        source = query.validated_data.get("source", "")
        done = importing.keep_predictions(project, predictions_of(request.data), source=source)
        said: dict[str, Any] = {"read": done.read, "kept": done.kept, "rejected": done.refused}
        said |= {"errors": errors_of(done.faults), "lost": done.lost, "losses": errors_of(done.losses)}
        return Response(said)
