"""What isn't JSON: exports, and the pictures of tasks and instructions."""

from collections.abc import Callable
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from projects import access
from projects.api.endpoint import Endpoint, described, require_scope
from projects.api.serializers import KnownFields
from projects.data import exporting
from projects.web.manager.export import file_of
from projects.web.shared.media import illustration, task_media
from taskers.credentials.tokens import TokenAuthentication
from taskers.errors import NotFound, Problem
from taskers.models import Organization, Person, Scope
from taskers.models.people import Role
from taskers.web import problems

FORMAT = OpenApiParameter("format", str, OpenApiParameter.PATH, enum=sorted(exporting.FORMATS))


PICTURES = (Scope.READ, Scope.LABEL, Scope.REVIEW)


class ExportQuery(KnownFields):
    batch = serializers.UUIDField(required=False, help_text="only this batch")
    undecided = serializers.BooleanField(
        required=False, default=False, help_text="also answers from which nothing was decided yet, marked as such"
    )


class Export(Endpoint):
    """A project's decided tasks as a file, written while it is read. With a `Content-Length` it is whole before its
    first byte; a larger one ends with its last chunk, and one that broke off doesn't."""

    scopes = {"GET": (Scope.READ,)}

    @described(
        "Export verdicts",
        {(200, one.media_type): OpenApiTypes.BINARY for one in exporting.FORMATS.values()},
        operation_id="projects_export",
        parameters=[ExportQuery, FORMAT],
    )
    def get(self, request: Request, project_id: UUID, format: str) -> HttpResponseBase:
        project = self.project(project_id, *access.MANAGE)
        query = ExportQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        terms = query.validated_data
        return file_of(project, format, str(terms.get("batch", "")), by=self.person, undecided=terms["undecided"])


@csrf_exempt
async def media(request: HttpRequest, task_id: UUID, which: str = "first") -> HttpResponseBase:
    """A task's picture, for the token of somebody who may see the task; of a pair the first or second candidate's."""

    def owner(person: Person) -> Organization:
        return access.task(person, task_id, *Role.values).project.organization

    if problem := await _sign_in(request, owner):
        return problem
    return await task_media(request, task_id, which)


@csrf_exempt
async def illustration_media(request: HttpRequest, picture_id: UUID) -> HttpResponseBase:
    """A picture of a project's instructions, for the token of somebody who may read them."""

    def owner(person: Person) -> Organization:
        found = access.illustration(person, picture_id)
        return (found.project or found.template).organization  # type: ignore[union-attr]  # it is of one of them

    if problem := await _sign_in(request, owner):
        return problem
    return await illustration(request, picture_id)


media.scopes = illustration_media.scopes = {"GET": PICTURES}  # type: ignore[attr-defined]


async def _sign_in(request: HttpRequest, owner: Callable[[Person], Organization]) -> HttpResponseBase | None:
    """Let the token's person be the one who asks; else the problem with it."""
    try:
        person = await sync_to_async(_asker)(request, owner)
    except Problem as problem:
        return problems.as_json(problem)

    async def asker() -> Person:
        return person

    request.auser = asker  # type: ignore[method-assign]
    return None


def _asker(request: HttpRequest, owner: Callable[[Person], Organization]) -> Person:
    try:
        found = TokenAuthentication().authenticate(request)
    except APIException as error:
        raise Problem(str(error.detail), code="authentication-failed", status=401) from None
    if found is None:
        raise Problem("Send a token: Authorization: Bearer tdm_…", code="not-authenticated", status=401)
    person, token = found
    require_scope(token, PICTURES)
    if owner(person).pk != token.organization_id:
        raise NotFound()
    return person
