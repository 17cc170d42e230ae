"""Batches and what is loaded into them."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.import_serializers import ImportLine, ImportPage, ImportShape, LoadedShape, NewImport, NewTask
from projects.api.imports import receive
from projects.api.pagination import asked, page
from projects.api.rows import BoundedJSON, JSONLines, errors_of, items_of
from projects.api.serializers import BatchMove, BatchPage, BatchShape, NewBatch, PageQuery
from projects.data import importing
from projects.workflow import batches
from taskers.models import Scope


class Batches(Endpoint):
    """The batches of a project."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.LOAD,)}

    @described("List batches", {200: BatchPage}, operation_id="batches_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        rows = project.batches.select_related("project", "progress").filter(pk__gt=after).order_by("pk")
        return Response(page(list(rows[: limit + 1]), after, limit, lambda given: BatchShape(given, many=True).data))

    @described("Create a batch", {201: BatchShape}, request=NewBatch, operation_id="batches_create")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewBatch(data=request.data)
        body.is_valid(raise_exception=True)
        made = batches.create(project, by=self.person, **body.validated_data)
        return Response(BatchShape(made).data, status=201)


class OneBatch(Endpoint):
    """A batch and how far it has come."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a batch", {200: BatchShape}, operation_id="batches_get")
    def get(self, request: Request, batch_id: UUID) -> Response:
        return Response(BatchShape(self.batch(batch_id)).data)


class Move(Endpoint):
    """A batch's state."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described(
        "Start, pause, close or cancel a batch", {200: BatchShape}, request=BatchMove, operation_id="batches_move"
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        body = BatchMove(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(BatchShape(batches.move(batch, body.validated_data["state"], by=self.person)).data)


class Tasks(Endpoint):
    """Tasks in bulk. Sending the same rows again changes nothing."""

    scopes = {"POST": (Scope.LOAD,)}

    parser_classes = (BoundedJSON, JSONLines)

    @described(
        "Load tasks",
        {200: LoadedShape},
        request={"application/json": NewTask(many=True), "application/x-ndjson": OpenApiTypes.STR},
        operation_id="tasks_load",
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        done = importing.load_all(batch, items_of(request.data), by=self.person)
        said: dict[str, Any] = {"read": done.read, "loaded": done.loaded, "known": done.known}
        said |= {"rejected": done.refused, "errors": errors_of(done.faults)}
        return Response(said | {"ids": done.ids, "unnamed": done.unnamed, "columns": done.columns})


class Imports(Endpoint):
    """Files that a worker loads, or looks at: one, several in an archive, or what a kept place has."""

    scopes = {"GET": (Scope.READ, Scope.LOAD), "POST": (Scope.LOAD,)}

    parser_classes = (MultiPartParser,)

    @described("List what was loaded", {200: ImportPage}, operation_id="imports_list", parameters=[PageQuery])
    def get(self, request: Request, batch_id: UUID) -> Response:
        after, limit = asked(request)
        rows = self.batch(batch_id).imports.filter(pk__gt=after).order_by("pk")
        return Response(page(list(rows[: limit + 1]), after, limit, lambda given: ImportLine(given, many=True).data))

    @described(
        "Load a file",
        {202: ImportShape},
        request={"multipart/form-data": NewImport},
        operation_id="imports_create",
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        body = NewImport(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(ImportShape(receive(batch, body.validated_data, by=self.person)).data, status=202)


class OneImport(Endpoint):
    """How far a file has come, and its rejected rows."""

    scopes = {"GET": (Scope.READ, Scope.LOAD)}

    @described("Get an import", {200: ImportShape}, operation_id="imports_get")
    def get(self, request: Request, import_id: UUID) -> Response:
        return Response(ImportShape(self.file_import(import_id)).data)
