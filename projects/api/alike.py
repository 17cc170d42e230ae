"""What else of a project is like one task."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.reports import alike
from taskers.errors import Problem
from taskers.models import Scope

NOBODY = "The copilot, which compares tasks, is not installed."


class AlikeTask(serializers.Serializer):
    id = serializers.UUIDField(source="task.public_id")
    external_id = serializers.CharField(source="task.external_id")
    likeness = serializers.FloatField(help_text="at most 1, the same; what it means differs between texts and images")


class AlikeList(serializers.Serializer):
    """The likest first."""

    tasks = AlikeTask(many=True)
    indexed = serializers.IntegerField(help_text="tasks of the project that were compared")
    model = serializers.CharField(allow_blank=True)
    why = serializers.CharField(allow_blank=True, help_text="where nothing can be compared: why")


class TasksAlike(Endpoint):
    """The tasks of the same project that are most like it."""

    scopes = {"GET": (Scope.READ,)}

    @described("List tasks like one", {200: AlikeList}, operation_id="tasks_alike")
    def get(self, request: Request, task_id: UUID) -> Response:
        task, why = self.task(task_id, *access.MANAGE), ""
        try:
            found = alike.of(task)
        except Problem as problem:
            found, why = None, problem.text
        told = found or alike.Found((), 0, "")
        return Response(AlikeList({"tasks": told.tasks, "indexed": told.indexed, "model": told.model,
                                   "why": why or ("" if found else NOBODY)}).data)  # fmt: skip
