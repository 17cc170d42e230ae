"""Projects: made, listed, looked at."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.serializers import NewProject, PageQuery, ProjectLine, ProjectPage, ProjectShape
from projects.configuration import configure
from taskers.access import require
from taskers.models import Scope


class Projects(Endpoint):
    """The projects that the asker manages."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List projects", {200: ProjectPage}, operation_id="projects_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        after, limit = asked(request)
        rows = access.projects_for(self.person, self.organization, *access.MANAGE).filter(pk__gt=after)
        found = list(rows.order_by("pk")[: limit + 1])
        return Response(page(found, after, limit, lambda given: ProjectLine(given, many=True).data))

    @described("Create a project", {201: ProjectShape}, request=NewProject, operation_id="projects_create")
    def post(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        body = NewProject(data=request.data)
        body.is_valid(raise_exception=True)
        made = configure.create(self.organization, self.person, **body.validated_data)
        return Response(ProjectShape(made).data, status=201)


class OneProject(Endpoint):
    """A project with its settings in force and its labels."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a project", {200: ProjectShape}, operation_id="projects_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(ProjectShape(self.project(project_id, *access.MANAGE)).data)
