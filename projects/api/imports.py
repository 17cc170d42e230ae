"""Choosing what becomes of files that were looked at, and the places that an organization loads from."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.import_serializers import FaultPage, FaultQuery, FaultShape, ImportShape, LookBody
from projects.api.serializers import KnownFields
from projects.data import importing
from projects.data.connectors import saved
from projects.data.connectors.kinds import KINDS
from projects.data.importing import choices
from projects.data.importing.choices import CREATE, LEAVE, Choices
from projects.errors import Refused
from projects.models import Batch, Connector, Import, limits
from taskers.errors import NotFound
from taskers.models import Person, Scope


class ChoiceBody(KnownFields):
    answers = serializers.ChoiceField(Import.Answers.choices, default=Import.Answers.LEAVE)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=limits.SOURCE, default="", allow_blank=True, help_text="whose answers they are, where no file says"
    )
    labels = serializers.DictField(
        child=serializers.CharField(),
        default=dict,
        help_text=f"a name in the files -> a label's key, “{CREATE}” to make one, “{LEAVE}” to leave it out",
    )
    columns = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="of a table: a column -> the field that it becomes; as the plan has it where nothing is said",
    )


ASKED = "; ".join(f"`{one.key}`: {', '.join(f'`{field.name}`' for field in one.asked)}" for one in KINDS.values())


class NewConnector(KnownFields):
    kind = serializers.ChoiceField(sorted(KINDS))
    name = serializers.CharField(max_length=limits.NAME)
    settings = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text=f"what its kind asks, secrets are never shown again. {ASKED}",
    )


class ConnectorShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    name = serializers.CharField()
    settings = serializers.JSONField(help_text="without its secrets")
    made_at = serializers.DateTimeField()


class ConnectorList(serializers.Serializer):
    results = ConnectorShape(many=True)


def receive(batch: Batch, said: Mapping[str, Any], *, by: Person) -> Import:
    """Have a file, or what a kept place has, loaded or looked at. Raises Refused, NotFound, NotAllowed."""
    stop = Import.Stop.ALWAYS if said["look"] else Import.Stop.NEEDED
    if ("file" in said) == ("connector" in said):
        raise Refused("Send a file or name a connector, one of both.", code="no-file", place="file")
    if "file" in said:
        return importing.receive(batch, said["file"], name=said["file"].name, by=by, stop=stop)
    organization = batch.project.organization
    access.access.require(by, organization, *access.MANAGE)
    found = organization.connectors.filter(public_id=said["connector"], ended_at=None).first()
    if found is None:
        raise Refused("There is no such connector.", code="unknown-connector", place="connector")
    return importing.receive_from(found, batch, by=by, stop=stop, media=said["media"])


class Choice(Endpoint):
    """What becomes of an import that was looked at."""

    scopes = {"POST": (Scope.LOAD,)}

    @described("Choose and load", {202: ImportShape}, request=ChoiceBody, operation_id="imports_choose")
    def post(self, request: Request, import_id: UUID) -> Response:
        found = self.file_import(import_id)
        body = ChoiceBody(data=request.data)
        body.is_valid(raise_exception=True)
        columns = (found.plan or {}).get("mapped", {})
        choices.choose(found, Choices(**{"columns": columns} | body.validated_data), by=self.person)
        found.refresh_from_db()
        return Response(ImportShape(found).data, status=202)


class Drop(Endpoint):
    """Load nothing of an import that was looked at, or no more of one that is being loaded, waits or failed."""

    scopes = {"POST": (Scope.LOAD,)}

    @described("Load nothing of it, or no more", {200: ImportShape}, request=None, operation_id="imports_drop")
    def post(self, request: Request, import_id: UUID) -> Response:
        found = self.file_import(import_id)
        importing.drop(found, by=self.person)
        found.refresh_from_db()
        return Response(ImportShape(found).data)


class LookAgain(Endpoint):
    """What is in files once their columns are understood."""

    scopes = {"POST": (Scope.LOAD,)}

    @described("Look again with these columns", {202: ImportShape}, request=LookBody, operation_id="imports_look")
    def post(self, request: Request, import_id: UUID) -> Response:
        found = self.file_import(import_id)
        body = LookBody(data=request.data)
        body.is_valid(raise_exception=True)
        choices.look_again(found, body.validated_data["columns"])
        found.refresh_from_db()
        return Response(ImportShape(found).data, status=202)


class GoOn(Endpoint):
    """What is left of an import that failed, or that nobody is at."""

    scopes = {"POST": (Scope.LOAD,)}

    @described("Load what is left of it", {202: ImportShape}, request=None, operation_id="imports_go_on")
    def post(self, request: Request, import_id: UUID) -> Response:
        found = self.file_import(import_id)
        importing.go_on(found)
        found.refresh_from_db()
        return Response(ImportShape(found).data, status=202)


class Faults(Endpoint):
    """Every row that was rejected, or all that of other rows wasn't kept."""

    scopes = {"GET": (Scope.READ, Scope.LOAD)}

    @described("List an import's problems", {200: FaultPage}, operation_id="imports_faults", parameters=[FaultQuery])
    def get(self, request: Request, import_id: UUID) -> Response:
        found = self.file_import(import_id)
        query = FaultQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        said = query.validated_data
        after = int(said.get("after") or 0)  # how many were given
        some = list(islice(importing.all_faults(found, said["kind"]), after, after + said["limit"] + 1))
        given = some[: said["limit"]]
        told = {"next": str(after + len(given)) if given else None, "more": len(some) > len(given)}
        return Response(told | {"results": FaultShape(given, many=True).data})


class Connectors(Endpoint):
    """The places that the organization loads from."""

    scopes = {"GET": (Scope.READ, Scope.LOAD), "POST": (Scope.MANAGE,)}

    @described("List connectors", {200: ConnectorList}, operation_id="connectors_list")
    def get(self, request: Request) -> Response:
        access.access.require(self.person, self.organization, *access.MANAGE)
        rows = self.organization.connectors.filter(ended_at=None).order_by("name")
        return Response({"results": ConnectorShape(rows, many=True).data})

    @described("Keep a connector", {201: ConnectorShape}, request=NewConnector, operation_id="connectors_create")
    def post(self, request: Request) -> Response:
        access.access.require(self.person, self.organization, *access.MANAGE)
        body = NewConnector(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = saved.add(self.organization, said["kind"], said["name"], said["settings"], by=self.person)
        made.refresh_from_db()
        return Response(ConnectorShape(made).data, status=201)


class OneConnector(Endpoint):
    """A place that is loaded from no more."""

    scopes = {"DELETE": (Scope.MANAGE,)}

    @described("Forget a connector", {204: None}, operation_id="connectors_end")
    def delete(self, request: Request, connector_id: UUID) -> Response:
        found = Connector.objects.filter(public_id=connector_id, organization=self.organization).first()
        if found is None:
            raise NotFound()
        access.access.require(self.person, self.organization, *access.MANAGE)
        saved.end(found)
        return Response(status=204)
