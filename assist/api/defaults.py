"""What an organization's projects begin with, and its consent to models for everybody, over the wire."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import VersionBody
from assist.api.models import MAY
from assist.learning import rollout
from assist.models import ModelVersion
from assist.registry import defaults
from projects.api.endpoint import Endpoint, described
from taskers import access as roles
from taskers.errors import NotFound
from taskers.models.people import Role, Scope
from taskers.organizations import consent

READ = (Scope.READ, Scope.MODELS)


class DefaultShape(serializers.Serializer):
    """A version that the organization's projects begin with. It suggests, and takes no other model's place."""

    version = serializers.UUIDField(source="version.public_id")
    name = serializers.CharField(source="version.__str__")
    capability = serializers.CharField(source="version.capability")
    started_at = serializers.DateTimeField()
    started_by = serializers.CharField(source="started_by.name")
    left = serializers.IntegerField(help_text="projects that another model had answered in, where it doesn't count")


class DefaultList(serializers.Serializer):
    results = DefaultShape(many=True)


class Defaults(Endpoint):
    """Those that hold now."""

    scopes = {"GET": READ, "POST": (Scope.MODELS,)}

    @described("List what projects begin with", {200: DefaultList}, operation_id="model_defaults")
    def get(self, request: Request) -> Response:
        roles.require(self.person, self.organization, *MAY)
        return Response(DefaultList({"results": defaults.of(self.organization)}).data)

    @described(
        "Let projects begin with a model", {201: DefaultShape}, request=VersionBody, operation_id="model_defaults_begin"
    )
    def post(self, request: Request) -> Response:
        roles.require(self.person, self.organization, *MAY)
        body = VersionBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = ModelVersion.objects.filter(public_id=body.validated_data["version"], removed_at=None).first()
        if found is None or found.organization_id not in (None, self.organization.pk):
            raise NotFound("There is no such model here.")
        made = rollout.begin_with(self.organization, found, by=self.person)
        shown = next(one for one in defaults.of(self.organization) if one.pk == made.pk)
        return Response(DefaultShape(shown).data, status=201)


class OneDefault(Endpoint):
    """One of them, ended by deleting it."""

    scopes = {"DELETE": (Scope.MODELS,)}

    @described("Begin with it no more", {204: None}, operation_id="model_defaults_end")
    def delete(self, request: Request, version_id: UUID) -> Response:
        roles.require(self.person, self.organization, *MAY)
        defaults.end(defaults.live(self.organization, version_id), by=self.person)
        return Response(status=204)


class ConsentTime(serializers.Serializer):
    """One time for which the organization consents."""

    given_at = serializers.DateTimeField()
    given_by = serializers.CharField(source="given_by.name")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by.name", allow_null=True, default=None)


class ConsentShape(serializers.Serializer):
    """Whether the organization's verdicts may teach models for everybody, and each time they might."""

    consents = serializers.BooleanField()
    history = ConsentTime(many=True, help_text="the newest first")


class Consent(Endpoint):
    """The organization's own word, which its owners give and take back."""

    scopes = {"GET": READ, "POST": (Scope.MODELS,), "DELETE": (Scope.MODELS,)}

    @described("Get the consent to train for everybody", {200: ConsentShape}, operation_id="training_consent")
    def get(self, request: Request) -> Response:
        roles.require(self.person, self.organization, *MAY)
        return Response(self._shown())

    @described(
        "Consent to train for everybody", {200: ConsentShape}, request=None, operation_id="training_consent_give"
    )
    def post(self, request: Request) -> Response:
        roles.require(self.person, self.organization, Role.OWNER)
        consent.give(self.organization, by=self.person)
        return Response(self._shown())

    @described("Take the consent back", {204: None}, operation_id="training_consent_withdraw")
    def delete(self, request: Request) -> Response:
        roles.require(self.person, self.organization, Role.OWNER)
        consent.withdraw(self.organization, by=self.person)
        return Response(status=204)

    def _shown(self) -> dict:
        history = consent.history(self.organization)
        return dict(ConsentShape({"consents": consent.holds(history), "history": history}).data)
