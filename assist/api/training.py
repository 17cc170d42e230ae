"""Snapshots of what is decided, and the runs that learn from them."""

from uuid import UUID

from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import snapshots, training
from assist.learning.recipes import RECIPES
from assist.models import Snapshot, TrainingRun
from assist.registry import lineage
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.models import limits
from taskers.errors import NotFound


class SnapshotShape(serializers.Serializer):
    """The verdicts that stood at one moment."""

    id = serializers.UUIDField(source="public_id")
    cut = serializers.DateTimeField()
    state = serializers.ChoiceField(Snapshot.State.values)
    reason = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField()
    blind = serializers.IntegerField(help_text="of those, found by people without a model's help")
    left_out = serializers.IntegerField(help_text="verdicts that today's labels can't say")
    by_split = serializers.DictField(child=serializers.IntegerField())
    settings_version = serializers.IntegerField()
    made_by = serializers.CharField(source="made_by.name")
    emptied = serializers.BooleanField(default=False, help_text="some of it was erased since")


class SnapshotPage(PageShape):
    results = SnapshotShape(many=True)


class NewTrainingRun(KnownFields):
    """What is left out of the parameters is as usual."""

    snapshot = serializers.UUIDField()
    recipe = serializers.ChoiceField(sorted(RECIPES))
    parameters = serializers.DictField(child=serializers.JSONField(), required=False)
    seed = serializers.IntegerField(default=0, **limits.SEED.bounds)


class TrainingRunShape(serializers.Serializer):
    """A run: `version` is the model that came of it, where one did; where it never answered, the run has failed."""

    id = serializers.UUIDField(source="public_id")
    snapshot = serializers.UUIDField(source="snapshot.public_id")
    recipe = serializers.CharField()
    parameters = serializers.DictField()
    seed = serializers.IntegerField()
    state = serializers.ChoiceField(TrainingRun.State.values)
    reason = serializers.CharField(allow_blank=True)
    progress = serializers.DictField(
        help_text="step, of, loss, validation (both null while data is got ready), seconds_left"
    )
    metrics = serializers.DictField(help_text="of the validation split: the model, a baseline, what it began from")
    version = serializers.UUIDField(source="version.public_id", allow_null=True, default=None)
    code = serializers.CharField(help_text="sha256 of the recipes' source")
    packages = serializers.CharField(help_text="sha256 of what was installed")
    erased = serializers.SerializerMethodField(help_text="some of what it learnt from was erased since")
    asked_by = serializers.CharField(source="asked_by.name")

    def get_erased(self, run: TrainingRun) -> bool:
        """As its lineage says."""
        return run.pk in self._erased

    @cached_property
    def _erased(self) -> set[int | None]:
        return {one.run for one in lineage.rests()}


class TrainingRunPage(PageShape):
    results = TrainingRunShape(many=True)


class Snapshots(Copilots):
    """What was kept to learn from."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List snapshots", {200: SnapshotPage}, operation_id="training_snapshots", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        after, limit = asked(request)
        rows = snapshots.told_of(project).filter(pk__gt=after).order_by("pk")
        return Response(page(list(rows[: limit + 1]), after, limit, lambda given: SnapshotShape(given, many=True).data))

    @described("Take a snapshot", {202: SnapshotShape}, request=None, operation_id="training_take_snapshot")
    def post(self, request: Request, project_id: UUID) -> Response:
        made = snapshots.take(self.project(project_id, *SEES), by=self.person)
        return Response(SnapshotShape(made).data, status=202)


class Runs(Copilots):
    """What learns from it."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List training runs", {200: TrainingRunPage}, operation_id="training_runs", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        after, limit = asked(request)
        rows = TrainingRun.objects.filter(project=project, pk__gt=after).order_by("pk")
        found = list(rows.select_related("snapshot", "version", "asked_by")[: limit + 1])
        return Response(page(found, after, limit, lambda given: TrainingRunShape(given, many=True).data))

    @described("Train a model", {202: TrainingRunShape}, request=NewTrainingRun, operation_id="training_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        body = NewTrainingRun(data=request.data)
        body.is_valid(raise_exception=True)
        told = body.validated_data
        snapshot = Snapshot.objects.filter(project=project, public_id=told["snapshot"]).first()
        if snapshot is None:
            raise NotFound("There is no such snapshot here.")
        parameters = told.get("parameters", {})
        made = training.begin(snapshot, told["recipe"], by=self.person, parameters=parameters, seed=told["seed"])
        return Response(TrainingRunShape(made).data, status=202)


class OneRun(Copilots):
    """One run."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("Get a training run", {200: TrainingRunShape}, operation_id="training_run")
    def get(self, request: Request, project_id: UUID, run_id: UUID) -> Response:
        return Response(TrainingRunShape(self._run(project_id, run_id)).data)

    @described("Stop a training run", {202: TrainingRunShape}, request=None, operation_id="training_stop")
    def post(self, request: Request, project_id: UUID, run_id: UUID) -> Response:
        found = self._run(project_id, run_id)
        training.stop(found)
        found.refresh_from_db()
        return Response(TrainingRunShape(found).data, status=202)

    def _run(self, project_id: UUID, run_id: UUID) -> TrainingRun:
        project = self.project(project_id, *SEES)
        rows = TrainingRun.objects.select_related("snapshot", "version", "asked_by")
        found = rows.filter(project=project, public_id=run_id).first()
        if found is None:
            raise NotFound("There is no such run here.")
        return found
