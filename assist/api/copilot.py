"""A project's copilot: on what terms it suggests, which models answer, and how far they went ahead of the people."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.annotators import work
from assist.annotators.autonomous_answers import ABLE
from assist.learning import rollout
from assist.models import Deployment, ModelVersion, Precompute
from assist.registry import registry, resolution
from assist.suggestions import precompute, suited
from assist.suggestions.bindings import capability_of
from projects import access
from projects.annotators import report
from projects.api.endpoint import Endpoint, described
from projects.api.etags import tagged, unchanged
from projects.api.models import ModelShape
from projects.api.serializers import KnownFields
from projects.configuration import save_settings
from projects.models import Project, ProjectSettings
from projects.models.limits import SETTINGS
from taskers.errors import NotFound, StateConflict
from taskers.models import Scope

MODELS = (Scope.MODELS,)
READ = (Scope.READ, Scope.MODELS)


class TermsShape(serializers.Serializer):
    """What taskers are offered, how sure it must be, and how its help is measured. What is left out stays."""

    copilot = serializers.BooleanField(required=False)
    suggest = serializers.ChoiceField(ProjectSettings.Suggest.values, required=False)
    sharpens = serializers.BooleanField(
        required=False, help_text="masks of small things are worked out once more, from near, behind the first"
    )
    confidence = serializers.ChoiceField(ProjectSettings.Confidence.values, required=False)
    minimum_score = serializers.FloatField(required=False, **SETTINGS["minimum_score"].bounds)
    label_minimums = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=1), required=False, help_text="by a label's key"
    )
    control_share = serializers.FloatField(
        required=False, **SETTINGS["control_share"].bounds, help_text="of tasks, done without it to measure it"
    )
    planted_share = serializers.FloatField(
        required=False, **SETTINGS["planted_share"].bounds, help_text="of gold, with one wrong suggestion"
    )


class ModelVersionShape(serializers.Serializer):
    """A version of a model that is known here."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__")


class DeploymentShape(serializers.Serializer):
    """A version that answers in a share of new work, and on what grounds."""

    version = serializers.UUIDField(source="version.public_id")
    name = serializers.CharField(source="version.__str__")
    share = serializers.IntegerField(help_text="percent")
    basis = serializers.CharField(help_text="first, passed or override")
    reason = serializers.CharField(allow_blank=True)
    started_by = serializers.CharField(source="started_by.name", allow_null=True, default=None)


class DefaultHere(serializers.Serializer):
    """What answers in the rest of the work, since the organization's projects begin with it."""

    version = serializers.UUIDField(source="version.public_id")
    name = serializers.CharField(source="version.__str__")
    share = serializers.IntegerField(help_text="percent")


class DeploymentList(serializers.Serializer):
    results = DeploymentShape(many=True)
    organization_default = DefaultHere(allow_null=True, help_text="null: what comes along has the rest of the work")
    versions = ModelVersionShape(many=True, help_text="that could answer here")


class NewDeployment(KnownFields):
    version = serializers.UUIDField()
    share = serializers.IntegerField(min_value=1, max_value=100, help_text="percent of new work")


class VersionBody(KnownFields):
    version = serializers.UUIDField()


class PrecomputeShape(serializers.Serializer):
    """How far a version has come in a batch ahead of the people."""

    version = serializers.UUIDField(source="version.public_id")
    what = serializers.CharField()
    state = serializers.CharField()
    done = serializers.IntegerField(help_text="tasks")


class PrecomputeBody(KnownFields):
    what = serializers.ChoiceField(
        Precompute.What.choices,
        default=Precompute.What.USUAL,
        help_text="what is asked first; or the masks of everything in each image",
    )


class PrecomputeList(serializers.Serializer):
    results = PrecomputeShape(many=True)


class Copilots(Endpoint):
    """For managers of a project that models help with."""

    def version(self, project: Project, public_id: UUID) -> ModelVersion:
        """A version that could answer in a project; NotFound for every other."""
        mine = ModelVersion.objects.filter(Q(organization=None) | Q(organization=project.organization_id))
        version = mine.filter(public_id=public_id, removed_at=None, capability__in=_able(project)).first()
        if version is None:
            raise NotFound("There is no such model here.")
        return version


class Copilot(Copilots):
    """The terms in force."""

    scopes = {"GET": READ, "PATCH": MODELS}

    @described("Get the copilot's terms", {200: TermsShape}, operation_id="copilot_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return tagged(_terms(self.project(project_id, *access.MANAGE)))

    @described("Change the copilot's terms", {200: TermsShape}, request=TermsShape, operation_id="copilot_change")
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = TermsShape(data=request.data)
        body.is_valid(raise_exception=True)
        with unchanged(request, Project.objects.filter(pk=project.pk), lambda: _terms(project)):
            save_settings.amend(project, self.person, **body.validated_data)
        return tagged(_terms(project))


def _able(project: Project) -> set[str]:
    """The capabilities of the versions that a project's type has a use for."""
    usual = capability_of(project.task_type, project.settings_now())
    return {usual, *ABLE.get(project.task_type, ())} - {""}


def _terms(project: Project) -> dict[str, Any]:
    return TermsShape(project.settings_now()).data


class Deployments(Copilots):
    """The versions that answer in a project."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List deployments", {200: DeploymentList}, operation_id="deployments_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        capability = capability_of(project.task_type, project.settings_now())
        able = suited.among(project, _able(project)) if capability else ()
        rows = Deployment.objects.live().filter(project=project).select_related("version", "started_by")
        versions = registry.usable(project).filter(capability__in=able)
        default = next(iter(resolution.of_organization(resolution.deployed(project, capability), rows)), None)
        shown = {"results": rows.order_by("pk"), "versions": versions, "organization_default": default}
        return Response(DeploymentList(shown).data)

    @described(
        "Deploy a project's first model",
        {201: DeploymentShape},
        request=NewDeployment,
        operation_id="deployments_first",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewDeployment(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = rollout.first(project, self.version(project, said["version"]), share=said["share"], by=self.person)
        return Response(DeploymentShape(made).data, status=201)


class OneDeployment(Copilots):
    """One of them, ended by deleting it."""

    scopes = {"DELETE": MODELS}

    @described("Withdraw a deployment", {204: None}, operation_id="deployments_withdraw")
    def delete(self, request: Request, project_id: UUID, version_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        rows = Deployment.objects.live().filter(project=project, version__public_id=version_id)
        found = rows.select_related("version", "project").first()
        if found is None:
            raise NotFound("This version doesn't answer here.")
        registry.withdraw(found, by=self.person)
        return Response(status=204)


class Place(Copilots):
    """Making a version an annotator, which claims and answers by itself; watched at first."""

    scopes = {"POST": MODELS}

    @described("Make a version an annotator", {201: ModelShape}, request=VersionBody, operation_id="copilot_place")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = VersionBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = work.place(project, self.version(project, body.validated_data["version"]), by=self.person)
        return Response(ModelShape(report.line(made.annotator)).data, status=201)


class Ahead(Copilots):
    """Models going through a batch ahead of the people."""

    scopes = {"GET": READ, "POST": MODELS, "DELETE": MODELS}

    @described("See how far models are ahead", {200: PrecomputeList}, operation_id="precompute_get")
    def get(self, request: Request, batch_id: UUID) -> Response:
        return Response(_ahead(self.batch(batch_id).pk))

    @described("Precompute a batch", {202: PrecomputeList}, request=PrecomputeBody, operation_id="precompute_start")
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        body = PrecomputeBody(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data["what"] == Precompute.What.EVERYTHING:
            precompute.start_everything(batch, by=self.person)
        else:
            precompute.start_all(batch, by=self.person)
        return Response(_ahead(batch.pk), status=202)

    @described("Stop precomputing a batch", {204: None}, operation_id="precompute_stop")
    def delete(self, request: Request, batch_id: UUID) -> Response:
        rows = list(Precompute.objects.filter(batch=self.batch(batch_id), state=Precompute.State.RUNNING))
        if not rows:
            raise StateConflict("This isn't under way any more.")
        for row in rows:
            precompute.stop(row)
        return Response(status=204)


def _ahead(batch_key: int) -> dict[str, Any]:
    rows = Precompute.objects.filter(batch=batch_key).select_related("version").order_by("pk")
    return PrecomputeList({"results": rows}).data
