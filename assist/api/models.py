"""Models that an organization brings, over the wire."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.db.models import Q
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from assist.models import ModelVersion
from assist.registry import intake, lineage
from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.rows import BoundedJSON
from projects.api.serializers import KnownFields
from taskers import access as roles
from taskers.models.people import Role, Scope

MAY = (*access.MANAGE, Role.ML_ENGINEER)


class BroughtBody(KnownFields):
    """One of the two."""

    file = serializers.FileField(required=False, help_text="a zip of the model's folder, as multipart/form-data")
    page = serializers.CharField(required=False, help_text="its model.toml alone, where another host runs it")

    def validate(self, said: dict) -> dict:
        """Exactly one."""
        if ("file" in said) == ("page" in said):
            raise serializers.ValidationError("Send a file or a page.")
        return said


class BroughtShape(serializers.Serializer):
    """A model that was brought; it may be chosen once `smoke` is passed."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    version = serializers.CharField()
    capability = serializers.CharField()
    licence = serializers.CharField()
    smoke = serializers.CharField(help_text="waiting, passed or failed: how it did at a first question")
    said = serializers.CharField(source="smoke_said", help_text="what it answered, or what was wrong")
    metrics = serializers.JSONField()
    erased = serializers.SerializerMethodField(help_text="it was trained on data that was erased since")

    def get_erased(self, version: ModelVersion) -> bool:
        """As its lineage says."""
        return version.pk in self._erased

    @cached_property
    def _erased(self) -> set[int]:
        return lineage.erased()


class BroughtList(serializers.Serializer):
    results = BroughtShape(many=True)


class Brought(Endpoint):
    """The models that the token's organization may use beside those that Tandem knows."""

    scopes = {"GET": (Scope.READ, Scope.MODELS), "POST": (Scope.MODELS,)}

    parser_classes: Sequence[type[BaseParser]] = (BoundedJSON, MultiPartParser)

    @described("List the models that were brought", {200: BroughtList}, operation_id="models_brought")
    def get(self, request: Request) -> Response:
        roles.require(self.person, self.organization, *MAY)
        rows = ModelVersion.objects.filter(removed_at=None).exclude(smoke="")
        rows = rows.filter(Q(organization=None) | Q(organization=self.organization)).order_by("name", "version")
        return Response(BroughtList({"results": rows}).data)

    @described("Bring a model", {201: BroughtShape}, request=BroughtBody, operation_id="models_bring")
    def post(self, request: Request) -> Response:
        roles.require(self.person, self.organization, *MAY)
        body = BroughtBody(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data.get("file")
        if file:
            made = intake.bring(self.organization, Path(file.temporary_file_path()), by=self.person)
        else:
            made = intake.bring_page(self.organization, body.validated_data["page"], by=self.person)
        return Response(BroughtShape(made).data, status=201)


class OneBrought(Endpoint):
    """One that the organization brought."""

    scopes = {"DELETE": (Scope.MODELS,)}

    @described("Take a model away", {204: None}, operation_id="models_take_away")
    def delete(self, request: Request, version_id: UUID) -> Response:
        roles.require(self.person, self.organization, *MAY)
        intake.take_away(intake.own(self.organization, version_id))
        return Response(status=204)


class Again(Endpoint):
    """Its first question, once more."""

    scopes = {"POST": (Scope.MODELS,)}

    @described("Ask a model its first question anew", {202: BroughtShape}, request=None, operation_id="models_again")
    def post(self, request: Request, version_id: UUID) -> Response:
        roles.require(self.person, self.organization, *MAY)
        found = intake.own(self.organization, version_id)
        intake.ask_again(found)
        found.refresh_from_db()
        return Response(BroughtShape(found).data, status=202)
