"""Whether what comes in, is offered and is decided is still as it was."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning.drift import watch
from assist.models import DriftSeries
from assist.web.overview import SEES
from projects.api.endpoint import described


class DriftPoint(serializers.Serializer):
    at = serializers.DateTimeField()
    evidence = serializers.FloatField(help_text="as a share of what raises an alarm")


class DriftShape(serializers.Serializer):
    """One kind of figure: how many came, how strongly they speak of a change, and since when an alarm stands."""

    what = serializers.ChoiceField(DriftSeries.What.values)
    seen = serializers.IntegerField()
    alarmed_at = serializers.DateTimeField(allow_null=True)
    looked_at = serializers.DateTimeField(allow_null=True)
    points = DriftPoint(many=True)


class Drift(Copilots):
    """Of a project."""

    scopes = {"GET": READ}

    @described("Get what is watched for drift", {200: DriftShape(many=True)}, operation_id="drift")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response([_told(one) for one in watch.series_of(self.project(project_id, *SEES))])


class AcceptedDrift(Copilots):
    """One kind."""

    scopes = {"POST": MODELS}

    @described("Take what comes now as usual", {204: None}, request=None, operation_id="drift_accept")
    def post(self, request: Request, project_id: UUID, what: str) -> Response:
        watch.accept(self.project(project_id, *SEES), what, by=self.person)
        return Response(status=204)


def _told(one: DriftSeries) -> object:
    points = [{"at": at, "evidence": share} for at, share in one.points]
    row = {"what": one.what, "seen": one.seen, "alarmed_at": one.alarmed_at, "looked_at": one.looked_at}
    return row | {"points": points}
