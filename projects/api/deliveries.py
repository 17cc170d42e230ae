"""Deliveries over the wire: what formats there are, ordering one, how far it is, its files."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described, require_scope
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.data import deliveries, exporting
from projects.data.deliveries import DOWNLOAD, TARGETS, retention
from projects.data.exporting.terms import MASKS, PARTS
from projects.models import Delivery, limits
from projects.web.manager.deliveries import differences_of, file_of, manifest_of
from taskers.access import require
from taskers.models import ApiToken, Scope

FORMATS = sorted(exporting.FORMATS)
WHEN = {"type": "string", "format": "date-time", "nullable": True}


class SplitTerms(KnownFields):
    by = serializers.CharField(
        max_length=limits.NAME,
        required=False,
        allow_blank=True,
        help_text="a field of the tasks' meta: those that have the same there stay together",
    )
    shares = serializers.DictField(
        child=serializers.IntegerField(**limits.PERCENT.bounds),
        help_text=f"percents of {', '.join(PARTS)} that make up 100",
    )


class DeliveryTerms(KnownFields):
    """What is left out says: everything, whole, as it is."""

    batch = serializers.UUIDField(required=False, allow_null=True)
    labels = serializers.ListField(
        child=serializers.CharField(max_length=limits.KEY),
        required=False,
        max_length=limits.LABELS,
        help_text="keys: only tasks whose answer uses one of these",
    )
    confidence = serializers.FloatField(required=False, help_text="at least", **limits.SHARE.bounds)
    since = serializers.DateTimeField(required=False, allow_null=True, help_text="decided then or later")
    split = SplitTerms(required=False, allow_null=True)
    label_map = serializers.DictField(
        child=serializers.CharField(allow_null=True, max_length=limits.LABEL_NAME),
        required=False,
        help_text="label key: the name it goes out under; null leaves it out",
    )
    media = serializers.BooleanField(required=False, help_text="take the pictures along")
    masks = serializers.ChoiceField(["", *MASKS], required=False)


class NewDelivery(KnownFields):
    format = serializers.ChoiceField(FORMATS)
    terms = DeliveryTerms(required=False)
    target = serializers.ChoiceField(list(TARGETS), required=False, default=DOWNLOAD)
    place = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=limits.PLACE, help_text="one that the operator allows"
    )
    note = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=limits.NOTE, help_text="licence and consent"
    )


def _see_that_it_opens(token: ApiToken, target: str) -> None:
    """Whoever may read may have it made to be downloaded, no more. Raises ScopeMissing."""
    require_scope(token, (Scope.READ, Scope.MANAGE) if target == DOWNLOAD else (Scope.MANAGE,))


class MadeDelivery(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.IntegerField()
    project = serializers.UUIDField(source="project.public_id")
    format = serializers.CharField()
    terms = DeliveryTerms()
    target = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    made_by = serializers.UUIDField(source="made_by.public_id", allow_null=True, default=None)
    made_at = serializers.DateTimeField()
    state = serializers.ChoiceField(Delivery.State.values)
    fault = serializers.CharField(allow_blank=True, help_text="why it failed, for programs")
    reason = serializers.CharField(source="why", allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    written = serializers.IntegerField(help_text="tasks read so far, while it is being made")
    settings_version = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(help_text="of the feed of verdicts: follow it from there and miss nothing")
    before = serializers.IntegerField(
        source="before.number", allow_null=True, default=None, help_text="the delivery that it is compared with"
    )
    tasks = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    gone = serializers.IntegerField()
    files = serializers.IntegerField()
    bytes = serializers.IntegerField(source="size")
    sha256 = serializers.CharField(allow_blank=True, help_text="of the file to download")
    manifest_sha256 = serializers.CharField(allow_blank=True)
    expires_at = serializers.SerializerMethodField(help_text="when its file is removed; null: never, or it was")
    removed_at = serializers.SerializerMethodField(help_text="when that was done; the manifest stays")

    @extend_schema_field(WHEN)
    def get_expires_at(self, one: Delivery) -> datetime | None:
        if retention.removed_at(one) is not None:
            return None
        return retention.expires_at(one, self.context["term"])

    @extend_schema_field(WHEN)
    def get_removed_at(self, one: Delivery) -> datetime | None:
        return retention.removed_at(one)


def shaped(one: Delivery) -> dict[str, Any]:
    """One as the wire shows it."""
    return MadeDelivery(one, context={"term": retention.term_of(one.project)}).data


class TermBody(KnownFields):
    days = serializers.IntegerField(
        allow_null=True,
        help_text="that files are kept after a delivery is done; null: for ever",
        **limits.DELIVERY_DAYS.bounds,
    )


class TermShape(TermBody):
    said_by = serializers.ChoiceField([retention.PROJECT, retention.ORGANIZATION], allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class MadeDeliveryPage(PageShape):
    results = MadeDelivery(many=True)


class FormatShape(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    note = serializers.CharField()
    loses = serializers.CharField(help_text="what of an answer it can't say")
    media = serializers.BooleanField(help_text="whether it takes pictures along")
    masks = serializers.ListField(child=serializers.CharField(), help_text="how it writes masks, the usual way first")
    most = serializers.IntegerField(help_text="tasks; 0: any number")


class FormatList(serializers.Serializer):
    results = FormatShape(many=True)


class Formats(Endpoint):
    """The formats that fit a project."""

    scopes = {"GET": (Scope.READ,)}

    @described("List export formats", {200: FormatList}, operation_id="exports_formats")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        return Response({"results": FormatShape(exporting.formats_for(project), many=True).data})


class Deliveries(Endpoint):
    """A project's deliveries: numbered results that stay as they were made. One that goes into a folder or a bucket is
    ordered with the scope `manage`."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.READ, Scope.MANAGE)}

    @described("List deliveries", {200: MadeDeliveryPage}, operation_id="deliveries_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        rows = deliveries.newest(project).filter(pk__gt=after).order_by("pk")
        found, terms = list(rows[: limit + 1]), {"term": retention.term_of(project)}
        return Response(page(found, after, limit, lambda given: MadeDelivery(given, many=True, context=terms).data))

    @described("Make a delivery", {202: MadeDelivery}, request=NewDelivery, operation_id="deliveries_create")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewDelivery(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = dict(body.validated_data)
        _see_that_it_opens(self.token, said["target"])
        made = deliveries.order(project, by=self.person, said=said.pop("terms", {}), **said)
        return Response(shaped(made), status=202)


class Retention(Endpoint):
    """How long the files of a project's deliveries are kept."""

    scopes = {"GET": (Scope.READ,), "PUT": (Scope.MANAGE,)}

    @described("See how long files are kept", {200: TermShape}, operation_id="deliveries_term")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(TermShape(retention.term_of(self.project(project_id, *access.MANAGE))).data)

    @described("Say how long files are kept", {200: TermShape}, request=TermBody, operation_id="deliveries_keep")
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = TermBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(TermShape(retention.keep(project, body.validated_data["days"], by=self.person)).data)


class RetentionOfAll(Endpoint):
    """The same for projects that say nothing themselves."""

    scopes = {"GET": (Scope.READ,), "PUT": (Scope.MANAGE,)}

    @described("See how long files are kept in all", {200: TermShape}, operation_id="deliveries_term_of_all")
    def get(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        return Response(TermShape(retention.of_organization(self.organization)).data)

    @described(
        "Say how long files are kept in all", {200: TermShape}, request=TermBody, operation_id="deliveries_keep_all"
    )
    def put(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        body = TermBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(TermShape(retention.keep_all(self.organization, by=self.person, **body.validated_data)).data)


class _OfOne(Endpoint):
    def delivery(self, project_id: UUID, number: int) -> Delivery:
        return deliveries.one_of(self.project(project_id, *access.MANAGE), number)


class OneDelivery(_OfOne):
    """How far one is, and what it holds."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a delivery", {200: MadeDelivery}, operation_id="deliveries_get")
    def get(self, request: Request, project_id: UUID, number: int) -> Response:
        return Response(shaped(self.delivery(project_id, number)))


class GoOn(_OfOne):
    """One that failed, or that nobody is at; with the scope that ordering it took."""

    scopes = {"POST": (Scope.READ, Scope.MANAGE)}

    @described("Make a failed delivery again", {202: MadeDelivery}, request=None, operation_id="deliveries_go_on")
    def post(self, request: Request, project_id: UUID, number: int) -> Response:
        one = self.delivery(project_id, number)
        _see_that_it_opens(self.token, one.target)
        deliveries.go_on(one)
        return Response(shaped(self.delivery(project_id, number)), status=202)


class File(_OfOne):
    """Its file, whole or in ranges."""

    scopes = {"GET": (Scope.READ,)}

    @described(
        "Download a delivery",
        {
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
        },
        operation_id="deliveries_file",
    )
    def get(self, request: Request, project_id: UUID, number: int) -> HttpResponseBase:
        return file_of(request._request, self.delivery(project_id, number))


class Manifest(_OfOne):
    """What is in it: each file with its sha256 and bytes, and how all of it came about."""

    scopes = {"GET": (Scope.READ,)}

    @described(
        "Get a delivery's manifest",
        {(200, "application/json"): OpenApiTypes.OBJECT},
        operation_id="deliveries_manifest",
    )
    def get(self, request: Request, project_id: UUID, number: int) -> HttpResponseBase:
        return manifest_of(request._request, self.delivery(project_id, number))


class Differences(_OfOne):
    """A line for each task that was added, changed or is gone since the delivery before."""

    scopes = {"GET": (Scope.READ,)}

    @described(
        "Get a delivery's differences", {(200, "text/csv"): OpenApiTypes.BINARY}, operation_id="deliveries_differences"
    )
    def get(self, request: Request, project_id: UUID, number: int) -> HttpResponseBase:
        return differences_of(request._request, self.delivery(project_id, number))
