"""Kept views of the task browser."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import limits
from projects.workflow import task_views
from taskers.models import Scope


class TaskViewBody(KnownFields):
    """A name, and what the browser's page is asked: the query of its address."""

    name = serializers.CharField(max_length=limits.NAME)
    query = serializers.CharField(max_length=task_views.LONGEST, allow_blank=True, source="asked.query")


class TaskViewShape(TaskViewBody):
    """One of them."""

    id = serializers.UUIDField(source="public_id")
    made_at = serializers.DateTimeField()


class TaskViews(Endpoint):
    """What managers look for again and again; a name that is kept already means something else from then on."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List task views", {200: TaskViewShape(many=True)}, operation_id="task_views_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        return Response(TaskViewShape(task_views.of_project(project), many=True).data)

    @described("Keep a task view", {201: TaskViewShape}, request=TaskViewBody, operation_id="task_views_keep")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = TaskViewBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = task_views.keep(project, said["name"], said["asked"]["query"], by=self.person)
        made.refresh_from_db(fields=["made_at"])
        return Response(TaskViewShape(made).data, status=201)


class OneTaskView(Endpoint):
    """Keeping one no more."""

    scopes = {"DELETE": (Scope.MANAGE,)}

    @described("Drop a task view", {204: None}, operation_id="task_views_drop")
    def delete(self, request: Request, project_id: UUID, view_id: UUID) -> Response:
        task_views.drop(self.project(project_id, *access.MANAGE), view_id)
        return Response(status=204)
