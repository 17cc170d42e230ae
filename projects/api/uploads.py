"""Files in parts, for those that are too large for one request: begun, sent, asked after, finished."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any, cast
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.import_serializers import ImportShape
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.data.importing import uploads
from projects.errors import Refused
from projects.models import Import, Upload, limits
from taskers.errors import NotFound
from taskers.models import Scope


class Octets(BaseParser):
    """The body itself, unread."""

    media_type = "application/octet-stream"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        return stream


class NewUpload(KnownFields):
    batch = serializers.UUIDField()
    name = serializers.CharField(max_length=limits.FILE_NAME, help_text="the file's, with its ending")
    size = serializers.IntegerField(**limits.BYTES.bounds, help_text="bytes of the whole file")
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        default="",
        allow_blank=True,
        help_text="of the whole file: what came is held to it, and beginning again goes on where it broke",
    )


class PartQuery(KnownFields):
    offset = serializers.IntegerField(
        **limits.OFFSET.bounds, default=0, help_text="where in the file the part begins; at its beginning if left out"
    )


class FinishBody(KnownFields):
    look = serializers.BooleanField(
        default=False, help_text="say what is in it, and wait for a choice before anything is loaded"
    )


class UploadShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    batch = serializers.UUIDField(source="batch.public_id")
    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField(allow_blank=True)
    received = serializers.SerializerMethodField(help_text="bytes that are here: where to go on")
    part = serializers.SerializerMethodField(help_text="the most bytes of one part")
    begun_at = serializers.DateTimeField()
    touched_at = serializers.DateTimeField(help_text="when the last part came")
    expires_at = serializers.SerializerMethodField(help_text="when what came is thrown away, unless more comes")

    def get_fields(self) -> dict[str, Any]:
        made = serializers.UUIDField(source="became.public_id", allow_null=True, default=None)
        return super().get_fields() | {"import": made}

    def get_received(self, upload: Upload) -> int:
        return uploads.reached(upload)

    def get_part(self, upload: Upload) -> int:
        return uploads.PART

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_expires_at(self, upload: Upload) -> datetime:
        return upload.touched_at + uploads.KEPT


class UploadPage(PageShape):
    results = UploadShape(many=True)


class _Uploads(Endpoint):
    def upload(self, public_id: UUID) -> Upload:
        """The upload, for managers of its project."""
        rows = Upload.objects.select_related("batch__project", "became").filter(public_id=public_id)
        if (found := rows.first()) is None:
            raise NotFound()
        self.project(found.batch.project.public_id, *access.MANAGE)
        return found


class Begin(_Uploads):
    """Files that come in parts."""

    scopes = {"POST": (Scope.LOAD,)}

    @described("Begin to send a file in parts", {201: UploadShape}, request=NewUpload, operation_id="uploads_begin")
    def post(self, request: Request) -> Response:
        body = NewUpload(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        made = uploads.begin(self.batch(said.pop("batch")), by=self.person, **said)
        return Response(UploadShape(self.upload(made.public_id)).data, status=201)


class UnderWay(_Uploads):
    """Files of a project of which parts may still come."""

    scopes = {"GET": (Scope.READ, Scope.LOAD)}

    @described("List files under way", {200: UploadPage}, operation_id="uploads_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        rows = uploads.under_way(self.project(project_id, *access.MANAGE))
        after, limit = asked(request)
        found = list(rows.filter(pk__gt=after)[: limit + 1])
        return Response(page(found, after, limit, lambda given: UploadShape(given, many=True).data))


class OneUpload(_Uploads):
    """A file of which parts have come."""

    scopes = {"GET": (Scope.READ, Scope.LOAD), "PUT": (Scope.LOAD,), "DELETE": (Scope.LOAD,)}
    parser_classes = (Octets,)

    @described("See how far a file has come", {200: UploadShape}, operation_id="uploads_get")
    def get(self, request: Request, upload_id: UUID) -> Response:
        return Response(UploadShape(self.upload(upload_id)).data)

    @described(
        "Send a part",
        {200: UploadShape},
        request={"application/octet-stream": OpenApiTypes.BINARY},
        operation_id="uploads_send",
        parameters=[PartQuery],
    )
    def put(self, request: Request, upload_id: UUID) -> Response:
        found = self.upload(upload_id)
        query = PartQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        uploads.send(found, query.validated_data["offset"], _part(request))
        return Response(UploadShape(self.upload(upload_id)).data)

    @described("Give a file up", {204: None}, operation_id="uploads_drop")
    def delete(self, request: Request, upload_id: UUID) -> Response:
        uploads.drop(self.upload(upload_id))
        return Response(status=204)


def _part(request: Request) -> IO[bytes]:
    if not hasattr(request.data, "read"):  # nothing came, or nobody said how much
        text = "A part is the body itself: some bytes of the file, with their Content-Length."
        raise Refused(text, code="no-part", place="body")
    return cast(IO[bytes], request.data)


class Finish(_Uploads):
    """A whole file, to be loaded as any other. Again it is the same import."""

    scopes = {"POST": (Scope.LOAD,)}
    has_own_key = True

    @described("Load a file that came in parts", {202: ImportShape}, request=FinishBody, operation_id="uploads_finish")
    def post(self, request: Request, upload_id: UUID) -> Response:
        found = self.upload(upload_id)
        body = FinishBody(data=request.data)
        body.is_valid(raise_exception=True)
        stop = Import.Stop.ALWAYS if body.validated_data["look"] else Import.Stop.NEEDED
        made = uploads.finish(found, by=self.person, stop=stop)
        return Response(ImportShape(self.file_import(made.public_id)).data, status=202)
