"""What a batch's end will do, its archive, and the place of many batches at once."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.rule_serializers import BatchPlace
from projects.api.serializers import BatchShape
from projects.data import archive
from projects.models import Batch
from projects.web.shared.units import in_units
from projects.workflow import batches, closing_forecast
from taskers.errors import NotFound
from taskers.models import Scope

MOST = 1000


class ForecastShape(serializers.Serializer):
    """What becomes of a batch's tasks when it ends now."""

    done = serializers.IntegerField(help_text="decided, and stay so")
    waiting = serializers.IntegerField(help_text="for a reviewer already")
    held = serializers.IntegerField(help_text="in people's hands")
    decide = serializers.IntegerField(help_text="half-done, and decided by what came in")
    review = serializers.IntegerField(help_text="half-done, and passed to a reviewer")
    untouched = serializers.IntegerField(help_text="without any answer")
    earned = serializers.SerializerMethodField(help_text="in units of the currency, by answers to those decided")
    promised = serializers.SerializerMethodField(help_text="in units, for the answers to those passed to a reviewer")
    about = serializers.BooleanField(help_text="told by a sample")

    def get_earned(self, told: closing_forecast.Forecast) -> str:
        return str(in_units(told.earned))

    def get_promised(self, told: closing_forecast.Forecast) -> str:
        return str(in_units(told.promised))


class PlacesBody(BatchPlace):
    batches = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)


class PlacedShape(serializers.Serializer):
    results = BatchShape(many=True)


class Closing(Endpoint):
    """What closing or cancelling a batch will do, counted or told by a sample."""

    scopes = {"GET": (Scope.READ,)}

    @described("See what a batch's end will do", {200: ForecastShape}, operation_id="batches_closing")
    def get(self, request: Request, batch_id: UUID) -> Response:
        return Response(ForecastShape(closing_forecast.forecast(self.batch(batch_id))).data)


class Archive(Endpoint):
    """Moving a batch that is over into files."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Archive a batch", {202: BatchShape}, request=None, operation_id="batches_archive")
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        archive.request(batch, by=self.person)
        return Response(BatchShape(batch).data, status=202)


class Places(Endpoint):
    """How soon many batches of a project are wanted: all of them, or none."""

    scopes = {"PUT": (Scope.MANAGE,)}

    @described(
        "Set priority and deadline of many", {200: PlacedShape}, request=PlacesBody, operation_id="batches_arrange_many"
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = PlacesBody(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = dict(body.validated_data)
        named = set(said.pop("batches"))
        found = list(Batch.objects.filter(project=project, public_id__in=named).order_by("pk"))
        if len(found) < len(named):
            raise NotFound("One of these batches isn't in this project.")
        with transaction.atomic():
            placed = [batches.arrange(one, by=self.person, **said) for one in found]
        return Response({"results": BatchShape(placed, many=True).data})
