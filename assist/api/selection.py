"""What is labelled next: that a model chooses in part, and what it chose."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning.selection import selections
from assist.models import Selection, SelectionRound
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.models import Project, limits
from taskers.errors import NotFound


class SelectionTerms(serializers.Serializer):
    """What is left out is as usual."""

    share = serializers.FloatField(
        required=False, help_text="of the tasks that are looked at: put first", **limits.SELECTION["share"].bounds
    )
    random_share = serializers.FloatField(
        required=False, help_text="chosen by lot alone", **limits.SELECTION["random_share"].bounds
    )


class SelectionRoundShape(serializers.Serializer):
    """One time that tasks were looked at."""

    model = serializers.CharField(source="version")
    state = serializers.ChoiceField(SelectionRound.State.values)
    reason = serializers.CharField(allow_blank=True)
    looked_at = serializers.IntegerField(help_text="tasks")
    first = serializers.IntegerField(help_text="of those, put first")
    by_lot = serializers.IntegerField(help_text="of those, by lot alone")
    begun_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class SelectionShape(serializers.Serializer):
    """Whether a model chooses what is labelled next, with the newest rounds, the newest first."""

    state = serializers.ChoiceField(Selection.State.values)
    share = serializers.FloatField()
    random_share = serializers.FloatField()
    arranged_at = serializers.DateTimeField()
    arranged_by = serializers.CharField(source="arranged_by.name")
    rounds = SelectionRoundShape(many=True, source="newest")


class LabelledNext(Copilots):
    """What is labelled next."""

    scopes = {"GET": READ, "PUT": MODELS, "DELETE": MODELS}

    @described("Get what is labelled next", {200: SelectionShape}, operation_id="labelled_next")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(SelectionShape(_found(self.project(project_id, *SEES))).data)

    @described(
        "Let a model choose what is labelled next",
        {200: SelectionShape},
        request=SelectionTerms,
        operation_id="labelled_next_arrange",
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        project, body = self.project(project_id, *SEES), SelectionTerms(data=request.data)
        body.is_valid(raise_exception=True)
        selections.arrange(project, by=self.person, **body.validated_data)
        return Response(SelectionShape(_found(project)).data)

    @described("Let no model choose", {204: None}, operation_id="labelled_next_off")
    def delete(self, request: Request, project_id: UUID) -> Response:
        selections.turn_off(self.project(project_id, *SEES), by=self.person)
        return Response(status=204)


def _found(project: Project) -> Selection:
    """Raises NotFound where nothing was ever arranged."""
    found = selections.of(project)
    if found is None:
        raise NotFound("No model ever chose here.")
    return found
