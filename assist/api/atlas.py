"""Where a project's tasks lie, and in which groups the undecided ones are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.alike import atlas
from assist.api.copilot import MODELS, READ, Copilots
from assist.models import TaskGroup, TaskMap
from assist.web import groups, map_points
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.models import Project, Task

LISTED = 200  # tasks of a group


class MapPoint(serializers.Serializer):
    task = serializers.UUIDField()
    x = serializers.FloatField(help_text="0 to 1000, as y")
    y = serializers.FloatField()
    kind = serializers.CharField(help_text="its verdict's label, or one of -undecided, -none, -several, -rest")
    disagrees = serializers.BooleanField(help_text="the model of the newest evaluation says otherwise")


class TaskMapShape(serializers.Serializer):
    """The newest map that is done, of today's verdicts; `state` and `reason` are of the newest that was asked for."""

    id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(["none", *TaskMap.State.values])
    reason = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    method = serializers.CharField(allow_blank=True)
    tasks = serializers.IntegerField(help_text="of which it is known where they lie; `points` are a sample of them")
    points = MapPoint(many=True)


class TaskGroupShape(serializers.Serializer):
    """Undecided tasks that are alike; a program claims them one by one, by their names."""

    number = serializers.IntegerField()
    size = serializers.IntegerField()
    tasks = serializers.ListField(child=serializers.UUIDField(), help_text="the first 200, nearest to the middle first")
    suggested = serializers.ListField(
        child=serializers.DictField(),
        help_text="what verdicts would call most of it; empty for who may judge it by choice",
    )


class TaskGroups(serializers.Serializer):
    """Of the newest map that is done, the largest first."""

    map = serializers.UUIDField(allow_null=True)
    results = TaskGroupShape(many=True)


class Map(Copilots):
    """Of a project."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("Get a project's map", {200: TaskMapShape}, operation_id="task_map")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(_map(self.project(project_id, *SEES)))

    @described("Draw a project's map", {202: TaskMapShape}, request=None, operation_id="task_map_draw")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        atlas.begin(project, by=self.person)
        return Response(_map(project), status=202)


class MapGroups(Copilots):
    """Of the map."""

    scopes = {"GET": READ}

    @described("List groups of tasks that are alike", {200: TaskGroups}, operation_id="task_map_groups")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        shown, blind = atlas.shown(project), groups.works_there(self.person, project)
        found = list(shown.groups.order_by("number")) if shown else []
        left = atlas.still_undecided(key for group in found for key in group.tasks[:LISTED])
        names = dict(Task.objects.filter(pk__in=left).values_list("pk", "public_id"))
        unsaid: dict[str, object] = {"suggested": []} if blind else {}
        told = [_told(one, names) | unsaid for one in found]
        return Response(TaskGroups({"map": shown.public_id if shown else None, "results": told}).data)


def _map(project: Project) -> Mapping[str, Any]:
    newest, shown = atlas.newest(project), atlas.shown(project)
    drawn = map_points.of(project, shown, frozenset(), only_disagreeing=False) if shown else None
    points = [
        {"task": one.task, "x": one.x, "y": one.y, "kind": one.kind.key, "disagrees": one.disagrees}
        for one in (drawn.points if drawn else ())
    ]
    told: dict[str, object] = {"id": None, "state": "none", "reason": "", "model": "", "method": ""}
    told |= {"tasks": 0, "points": points}
    if shown is not None:
        told |= {"id": shown.public_id, "model": shown.model, "method": shown.method, "tasks": shown.tasks}
    if newest is not None:
        told |= {"state": newest.state, "reason": newest.reason}
    return TaskMapShape(told).data


def _told(group: TaskGroup, names: dict[int, UUID]) -> dict[str, object]:
    tasks = [names[key] for key in group.tasks[:LISTED] if key in names]
    return {"number": group.number, "size": group.size, "tasks": tasks, "suggested": group.suggested}
