"""Models at work, over the wire: adding one, how it fares, and what it may do."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.annotators import lifecycle, report
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import ModelAnnotator, limits
from projects.models.limits import ANNOTATOR
from taskers.models import Scope


def share(name: str) -> Any:
    """One of the terms, from 0 to 1; what is left out stays."""
    return serializers.FloatField(required=False, **ANNOTATOR[name].bounds)


class TermsBody(KnownFields):
    """On which terms a model works: errors allowed, with what assurance, and how much is audited."""

    target_error = share("target_error")
    assurance = share("assurance")
    audit_share = share("audit_share")


class NewModel(TermsBody):
    name = serializers.CharField(max_length=limits.NAME)


class ModelMove(TermsBody):
    mode = serializers.ChoiceField(ModelAnnotator.Mode.values, required=False)
    reason = serializers.CharField(max_length=limits.REASON, required=False, allow_blank=True, default="")


class ErrorShape(serializers.Serializer):
    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class AskedShape(serializers.Serializer):
    """That a model which answers by a token decides alone: whoever asked for it, and whoever confirmed it."""

    reason = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.name")
    asked_at = serializers.DateTimeField()
    confirmed_by = serializers.CharField(
        source="answered_by.name", allow_null=True, default=None, help_text="null while it waits for a second person"
    )


class ModelShape(serializers.Serializer):
    """A model at work. Counts are of its newest 10,000 answers."""

    id = serializers.UUIDField(source="annotator.public_id")
    person = serializers.UUIDField(source="annotator.tasker.public_id")
    name = serializers.CharField(source="annotator.tasker.name")
    mode = serializers.CharField(source="annotator.mode")
    state = serializers.CharField(help_text="off, stopped (by itself), watch, count, learning, halted or decide")
    target_error = serializers.FloatField(source="annotator.target_error")
    assurance = serializers.FloatField(source="annotator.assurance")
    audit_share = serializers.FloatField(source="annotator.audit_share")
    answers = serializers.IntegerField()
    accepted = serializers.IntegerField(help_text="sure enough to decide alone")
    alone = serializers.IntegerField(help_text="decided alone")
    audits = serializers.IntegerField(help_text="that came back")
    waiting = serializers.IntegerField(help_text="audits that people haven't answered yet")
    known = serializers.IntegerField(source="annotator.known", help_text="answers that its confidence was learnt from")
    error = ErrorShape(allow_null=True, help_text="of those sure enough, with a 90 % interval")
    needs = serializers.FloatField(allow_null=True, help_text="the least confidence that is sure enough")
    from_elsewhere = serializers.BooleanField(help_text="it answers by a token, and decides by two people's word only")
    asked = AskedShape(allow_null=True, help_text="that it decides alone, where somebody said so")


class ModelList(serializers.Serializer):
    results = ModelShape(many=True)


class RegisteredModel(ModelShape):
    token = serializers.CharField(source="secret", help_text="the model's key, shown this once")


class Models(Endpoint):
    """The models at work in a project."""

    scopes = {"GET": (Scope.READ, Scope.MODELS), "POST": (Scope.MODELS,)}

    @described("List the models at work", {200: ModelList}, operation_id="models_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(ModelList({"results": report.of(self.project(project_id, *access.MANAGE))}).data)

    @described("Add a model annotator", {201: RegisteredModel}, request=NewModel, operation_id="models_register")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewModel(data=request.data)
        body.is_valid(raise_exception=True)
        annotator, secret = lifecycle.register(project, by=self.person, **body.validated_data)
        shown = ModelShape(report.line(annotator)).data
        return Response(shown | {"token": secret}, status=201)


class _OfOne(Endpoint):
    def annotator(self, project_id: UUID, annotator_id: UUID) -> ModelAnnotator:
        return lifecycle.one_of(self.project(project_id, *access.MANAGE), annotator_id)


class OneModel(_OfOne):
    """One of them."""

    scopes = {"GET": (Scope.READ, Scope.MODELS), "PATCH": (Scope.MODELS,)}

    @described("Get a model at work", {200: ModelShape}, operation_id="models_get")
    def get(self, request: Request, project_id: UUID, annotator_id: UUID) -> Response:
        return Response(ModelShape(report.line(self.annotator(project_id, annotator_id))).data)

    @described("Change what a model may do", {200: ModelShape}, request=ModelMove, operation_id="models_move")
    def patch(self, request: Request, project_id: UUID, annotator_id: UUID) -> Response:
        annotator = self.annotator(project_id, annotator_id)
        body = ModelMove(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(ModelShape(report.line(lifecycle.move(annotator, by=self.person, **body.validated_data))).data)


class ModelToken(serializers.Serializer):
    token = serializers.CharField(help_text="shown this once")


class NewToken(_OfOne):
    """Another key for a model; those it had open nothing any more."""

    scopes = {"POST": (Scope.MODELS,)}

    @described("Make a model's token anew", {201: ModelToken}, request=None, operation_id="models_token")
    def post(self, request: Request, project_id: UUID, annotator_id: UUID) -> Response:
        annotator = self.annotator(project_id, annotator_id)
        return Response({"token": lifecycle.new_token(annotator, by=self.person)}, status=201)
