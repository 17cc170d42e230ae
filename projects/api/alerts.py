"""What managers of a project want to be told of."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.models import AlertRule
from projects.reports import alerts
from taskers.models import Scope

Watches = AlertRule.Watches


class AlertBounds(serializers.Serializer):
    """A bound for each; null: it isn't watched. What is left out stays as it is."""

    accuracy = serializers.FloatField(
        required=False, allow_null=True, help_text="on gold, below", **alerts.BOUNDS[Watches.ACCURACY].bounds
    )
    pace = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="chance to meet the deadline, below",
        **alerts.BOUNDS[Watches.PACE].bounds,
    )
    per_day = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="judgements a day over three whole days, below",
        **alerts.BOUNDS[Watches.PER_DAY].bounds,
    )
    spend = serializers.FloatField(
        required=False, allow_null=True, help_text="in the currency, above", **alerts.BOUNDS[Watches.SPEND].bounds
    )
    stalled = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="tasks that nobody may do, more than",
        **alerts.BOUNDS[Watches.STALLED].bounds,
    )


class AlertShape(serializers.Serializer):
    """One that is watched."""

    watches = serializers.ChoiceField(Watches.values)
    bound = serializers.FloatField()
    raised_at = serializers.DateTimeField(allow_null=True, help_text="since when it is so")
    said = serializers.DictField(help_text="what was so then")


class Alerts(Endpoint):
    """Told to the managers' inboxes, once until it clears; as an event, `alert_raised`."""

    scopes = {"GET": (Scope.READ,), "PATCH": (Scope.MANAGE,)}

    @described("List alerts", {200: AlertShape(many=True)}, operation_id="alerts_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        return self._answer(alerts.of_project(self.project(project_id, *access.MANAGE)))

    @described("Arrange alerts", {200: AlertShape(many=True)}, request=AlertBounds, operation_id="alerts_arrange")
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = AlertBounds(data=request.data)
        body.is_valid(raise_exception=True)
        return self._answer(alerts.arrange(project, body.validated_data, by=self.person))

    def _answer(self, rules: dict[str, Any]) -> Response:
        return Response(AlertShape(sorted(rules.values(), key=lambda one: one.watches), many=True).data)
