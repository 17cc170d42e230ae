"""Kinds of tasks that the gate asks for since somebody declared them, and withdrawing one."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import declared
from assist.web.overview import SEES
from projects import access
from projects.api.endpoint import described
from projects.api.serializers import KnownFields
from projects.models import limits


class DeclaredSliceShape(serializers.Serializer):
    """A kind of task that evaluations ask for until it is withdrawn."""

    id = serializers.UUIDField(source="public_id")
    slice = serializers.CharField(source="name")
    traits = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), help_text="all hold")
    since = serializers.DateTimeField(help_text="what is decided from then on counts")
    declared_by = serializers.CharField(source="declared_by.name")
    lost = serializers.BooleanField(help_text="nobody can tell any more which tasks are in it, so nothing passes")
    withdrawn_at = serializers.DateTimeField(allow_null=True, help_text="it gates nothing from then on")
    withdrawn_by = serializers.CharField(source="withdrawn_by.name", allow_null=True, default=None)
    withdrawn_because = serializers.CharField(allow_blank=True)


class DeclaredSliceList(serializers.Serializer):
    results = DeclaredSliceShape(many=True, help_text="those that stand first")


class WithdrawalBody(KnownFields):
    reason = serializers.CharField(max_length=limits.REASON)


class Slices(Copilots):
    """What was ever declared."""

    scopes = {"GET": READ}

    @described("List declared slices", {200: DeclaredSliceList}, operation_id="slices_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        return Response(DeclaredSliceList({"results": declared.all_of(project)}).data)


class OneSlice(Copilots):
    """One of them."""

    scopes = {"POST": MODELS}

    @described(
        "Withdraw a declared slice", {200: DeclaredSliceShape}, request=WithdrawalBody, operation_id="slices_withdraw"
    )
    def post(self, request: Request, project_id: UUID, slice_id: UUID) -> Response:
        project, body = self.project(project_id, *access.MANAGE), WithdrawalBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = declared.withdraw(project, slice_id, because=body.validated_data["reason"], by=self.person)
        return Response(DeclaredSliceShape(made).data)
