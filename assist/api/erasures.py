"""Taking tasks out of what models learn from, and what was taught by them before."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, prefetch_related_objects
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import erased_selection, erasure
from assist.learning.erased_selection import Selected
from assist.models import Erasure, ModelVersion
from assist.registry import lineage
from assist.web.overview import SEES
from projects import access
from projects.api.endpoint import described
from projects.api.serializers import KnownFields
from projects.models import Project, limits


class TombstoneShape(serializers.Serializer):
    """A snapshot that held some of it: its file is removed, and nothing begins to learn from it."""

    snapshot = serializers.UUIDField(source="snapshot.public_id")
    sha256 = serializers.CharField(help_text="the name that its file had")
    rows = serializers.IntegerField(help_text="verdicts of it that were erased")
    learnt = serializers.IntegerField(help_text="of those, in splits that models learn from or are chosen by")
    at = serializers.DateTimeField()
    emptied_at = serializers.DateTimeField(allow_null=True, help_text="null until its file is gone")


class ErasureShape(serializers.Serializer):
    """What was erased and why, what it was in, and the models that were trained on it before."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.IntegerField(help_text="of tasks")
    tasks = serializers.ListField(
        child=serializers.UUIDField(), source="task_ids", help_text="where they were named one by one; else empty"
    )
    of = serializers.CharField(help_text="how the tasks were found: tasks, person, metadata or image")
    reason = serializers.CharField()
    state = serializers.ChoiceField(Erasure.State.values)
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField(source="asked_by.name")
    tombstones = TombstoneShape(many=True, source="stones")
    models = serializers.ListField(child=serializers.CharField(), help_text="name@version")


class ErasureList(serializers.Serializer):
    results = ErasureShape(many=True, help_text="the newest first")


class MetadataBody(KnownFields):
    key = serializers.CharField(max_length=limits.REASON)
    value = serializers.CharField(max_length=limits.REASON)


class NewErasure(KnownFields):
    """Tasks by their ids, or all that somebody answered, that came with a value, or that show an image: one of them."""

    tasks = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=erasure.MOST, required=False)
    person = serializers.CharField(max_length=limits.REASON, required=False, help_text="an id or address")
    metadata = MetadataBody(required=False)
    image = serializers.CharField(max_length=64, required=False, help_text="the sha256 of its file")
    reason = serializers.CharField(max_length=limits.REASON)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """One way to find them."""
        if len(set(data) - {"reason"}) != 1:
            raise serializers.ValidationError({"tasks": ["Name tasks, a person, metadata or an image: one of them."]})
        return data


class Erasures(Copilots):
    """What no model learns from any more."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List erasures", {200: ErasureList}, operation_id="erasures_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        return Response(ErasureList({"results": _told(project, erasure.of(project))}).data)

    @described("Erase tasks from training", {202: ErasureShape}, request=NewErasure, operation_id="erasures_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewErasure(data=request.data)
        body.is_valid(raise_exception=True)
        told = body.validated_data
        made = erasure.begin_with(project, _selected(project, told), reason=told["reason"], by=self.person)
        return Response(ErasureShape(_told(project, [erasure.counted(project).get(pk=made.pk)])[0]).data, status=202)


def _selected(project: Project, told: dict[str, Any]) -> Selected:
    if "person" in told:
        return erased_selection.of_person(project, told["person"])
    if "metadata" in told:
        return erased_selection.with_metadata(project, **told["metadata"])
    if "image" in told:
        return erased_selection.showing(project, told["image"])
    return erased_selection.named(told["tasks"])


def _told(project: Project, rows: Sequence[Erasure]) -> list[dict[str, Any]]:
    """Of models those that are everybody's or the organization's own: another's that began from one isn't told of."""
    prefetch_related_objects([one for one in rows if one.of == Erasure.Of.TASKS], "tasks")
    prefetch_related_objects(rows, "tombstones__snapshot")
    rest = lineage.rests() if rows else []
    seen = ModelVersion.objects.filter(Q(organization=None) | Q(organization=project.organization_id))
    versions = seen.in_bulk({one.version for one in rest if one.version is not None})
    return [
        {
            **{
                name: getattr(one, name)
                for name in ("public_id", "of", "number", "reason", "state", "asked_at", "asked_by")
            },
            # Of one that was selected there may be fifty thousand.
            "task_ids": [task.public_id for task in one.tasks.all()] if one.of == Erasure.Of.TASKS else [],
            "stones": one.tombstones.all(),
            "models": sorted(
                {str(versions[row.version]) for row in rest if row.erasure == one.pk and row.version in versions}
            ),
        }
        for one in rows
    ]
