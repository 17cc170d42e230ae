"""The gallery's presets: listed, used."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.projects import NewName, name_in
from projects.api.serializers import ProjectShape
from projects.configuration import presets
from projects.workflow import project_copies
from taskers.access import require
from taskers.errors import NotFound
from taskers.models import Scope


class PresetShape(serializers.Serializer):
    """A ready project, and one task of it with what somebody may say of that."""

    key = serializers.CharField()
    title = serializers.CharField()
    what = serializers.CharField(help_text="what it is for, in a line")
    task_type = serializers.CharField()
    labels: Any = serializers.ListField(child=serializers.DictField())
    settings = serializers.DictField()
    payload = serializers.DictField()
    answer = serializers.DictField()


class PresetList(serializers.Serializer):
    results = PresetShape(many=True)


class Presets(Endpoint):
    """The presets, in the gallery's order."""

    scopes = {"GET": (Scope.READ,)}

    @described("List presets", {200: PresetList}, operation_id="presets_list")
    def get(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        return Response(PresetList({"results": [_said(one) for one in presets.PRESETS.values()]}).data)


class OnePreset(Endpoint):
    """One of them, used."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Create a project after a preset", {201: ProjectShape}, request=NewName, operation_id="presets_use")
    def post(self, request: Request, preset_key: str) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        preset, name = presets.PRESETS.get(preset_key), name_in(request)
        if preset is None:
            raise NotFound()
        made = project_copies.from_preset(self.organization, preset, name, by=self.person)
        return Response(ProjectShape(made).data, status=201)


def _said(preset: presets.Preset) -> dict[str, Any]:
    pattern = presets.pattern_of(preset)
    names = ("key", "title", "what", "payload", "answer")
    return pattern | {name: getattr(preset, name) for name in names}
