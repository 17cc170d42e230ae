"""What a project's pairs compare, ranked."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.quality import rankings
from taskers.errors import NotFound
from taskers.models import Scope


class RankedShape(serializers.Serializer):
    """One item, the strongest first; `strength` in logits beside the mean of all, within `low` and `high` 9 times out
    of 10."""

    place = serializers.IntegerField()
    item = serializers.CharField()
    strength = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    beats = serializers.FloatField(help_text="the chance to be preferred to an average one, sides and ties aside")
    votes = serializers.IntegerField()
    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    tied = serializers.IntegerField()
    group = serializers.CharField(help_text="where it comes from; empty where that isn't said")


class HabitsShape(serializers.Serializer):
    """How one tasker compares."""

    tasker = serializers.UUIDField(source="tasker.public_id")
    votes = serializers.IntegerField()
    reliability = serializers.FloatField(help_text="1: like the crowd; 0: blindly; less: the opposite")
    left = serializers.FloatField(help_text="the chance to prefer what is on the left of two equal ones")
    ties = serializers.FloatField(help_text="the share of ties")


class RankingShape(serializers.Serializer):
    """By the newest estimate over all votes; it changes no verdict. `unkeyed` votes compared nothing that has a key."""

    method = serializers.CharField()
    at = serializers.DateTimeField()
    votes = serializers.IntegerField()
    unkeyed = serializers.IntegerField()
    left = serializers.FloatField(help_text="of the crowd")
    ties = serializers.FloatField(help_text="of the crowd")
    items = RankedShape(many=True)
    taskers = HabitsShape(many=True)


class Ranking(Endpoint):
    """The ranking of a project of preferences."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get the ranking", {200: RankingShape}, operation_id="projects_ranking")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        found = rankings.newest(project)
        if found is None:
            raise NotFound("Nothing is ranked in this project.")
        told = {name: getattr(found, name) for name in ("method", "at", "votes", "unkeyed", "left", "ties")}
        told |= {"items": rankings.items(found), "taskers": rankings.habits(found)}
        return Response(RankingShape(told).data)
