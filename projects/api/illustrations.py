"""Pictures in a project's instructions: listed, put in, taken out."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.configuration import illustrations
from projects.data.media.illustrate import illustrate, name_for
from projects.models import limits
from taskers.models import Scope


class NewIllustration(KnownFields):
    file = serializers.FileField(help_text="PNG, JPEG, WebP, GIF, BMP or TIFF")
    alt = serializers.CharField(max_length=limits.ALT, help_text="what it shows, for whoever doesn't see it")
    name = serializers.CharField(
        max_length=limits.KEY,
        required=False,
        default="",
        allow_blank=True,
        help_text="what the text calls it: `![](name)`; after the file if left out",
    )


class IllustrationShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    alt = serializers.CharField()
    media_type = serializers.CharField(source="asset.media_type", allow_null=True, default=None)
    width = serializers.IntegerField(source="asset.width", allow_null=True, default=None)
    height = serializers.IntegerField(source="asset.height", allow_null=True, default=None)
    added_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True, help_text="since then the text shows words in its place")


class IllustrationList(serializers.Serializer):
    results = IllustrationShape(many=True)


class Illustrations(Endpoint):
    """All that a project's instructions may show, and what was removed."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    parser_classes = (MultiPartParser,)

    @described("List the pictures of the instructions", {200: IllustrationList}, operation_id="illustrations_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        return Response(IllustrationList({"results": illustrations.listed(project)}).data)

    @described(
        "Put a picture into the instructions",
        {201: IllustrationShape},
        request={"multipart/form-data": NewIllustration},
        operation_id="illustrations_create",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewIllustration(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        data = said["file"].read(limits.ILLUSTRATION_BYTES + 1)
        name = name_for(said["name"], said["file"].name)
        made = illustrate(project, data, name=name, alt=said["alt"], by=self.person)
        made.refresh_from_db()
        return Response(IllustrationShape(made).data, status=201)


class OneIllustration(Endpoint):
    """One of them, by its name."""

    scopes = {"DELETE": (Scope.MANAGE,)}

    @described("Take a picture out of the instructions", {204: None}, operation_id="illustrations_remove")
    def delete(self, request: Request, project_id: UUID, name: str) -> Response:
        illustrations.remove(self.project(project_id, *access.MANAGE), name, by=self.person)
        return Response(status=204)
