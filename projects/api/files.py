"""What isn't JSON: exports, and tasks' pictures."""

from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from projects import access
from projects.api.endpoint import Endpoint, described, require_scope
from projects.data import exporting
from projects.web.manager.export import file_of
from projects.web.shared.media import task_media
from taskers.credentials.tokens import TokenAuthentication
from taskers.errors import NotFound, Problem
from taskers.models import Person, Scope
from taskers.models.people import Role
from taskers.web import problems

BATCH = OpenApiParameter("batch", OpenApiTypes.UUID, description="only this batch")
FORMAT = OpenApiParameter("format", str, OpenApiParameter.PATH, enum=sorted(exporting.FORMATS))


PICTURES = (Scope.READ, Scope.LABEL, Scope.REVIEW)


class Export(Endpoint):
    """A project's decided tasks as a file, written while it is read."""

    scopes = {"GET": (Scope.READ,)}

    @described(
        "Export verdicts",
        {(200, one.media_type): OpenApiTypes.BINARY for one in exporting.FORMATS.values()},
        operation_id="projects_export",
        parameters=[BATCH, FORMAT],
    )
    def get(self, request: Request, project_id: UUID, format: str) -> HttpResponseBase:
        project = self.project(project_id, *access.MANAGE)
        return file_of(project, format, request.query_params.get("batch", ""), by=self.person)


@csrf_exempt
async def media(request: HttpRequest, task_id: UUID, which: str = "first") -> HttpResponseBase:
    """A task's picture, for the token of somebody who may see the task; of a pair the first or second candidate's."""
    try:
        person = await sync_to_async(_asker)(request, task_id)
    except Problem as problem:
        return problems.as_json(problem)

    async def asker() -> Person:
        return person

    request.auser = asker  # type: ignore[method-assign]
    return await task_media(request, task_id, which)


media.scopes = {"GET": PICTURES}  # type: ignore[attr-defined]


def _asker(request: HttpRequest, task_id: UUID) -> Person:
    try:
        found = TokenAuthentication().authenticate(request)
    except APIException as error:
        raise Problem(str(error.detail), code="authentication-failed", status=401) from None
    if found is None:
        raise Problem("Send a token: Authorization: Bearer tdm_…", code="not-authenticated", status=401)
    person, token = found
    require_scope(token, PICTURES)
    task = access.task(person, task_id, *Role.values)
    if task.project.organization_id != token.organization_id:
        raise NotFound()
    return person
