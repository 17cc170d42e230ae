"""Audit rounds and common mistakes, by program."""

import random
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import AuditRound, Mistake
from projects.quality import audit_rounds
from projects.quality.audit_rounds import EACH, RISK, TOLERATED
from projects.quality.strata import CUTS
from projects.reports import reviewers
from taskers.errors import NotFound
from taskers.models import Scope


class AuditRoundBody(KnownFields):
    kind = serializers.ChoiceField(AuditRound.Kind.values)
    batch = serializers.UUIDField(required=False, help_text="of an acceptance")
    tolerated = serializers.FloatField(
        required=False, default=0.05, min_value=TOLERATED.least, max_value=TOLERATED.most, help_text="share of errors"
    )
    risk = serializers.FloatField(required=False, default=0.05, min_value=RISK.least, max_value=RISK.most)
    cut_by = serializers.ChoiceField(list(CUTS), required=False, default="confidence", help_text="of strata")
    each = serializers.IntegerField(
        required=False, default=10, min_value=int(EACH.least), max_value=int(EACH.most), help_text="of each stratum"
    )


class AuditRoundShape(serializers.Serializer):
    """What a round tells so far; `open` while it cannot tell."""

    id = serializers.UUIDField(source="round.public_id")
    kind = serializers.ChoiceField(AuditRound.Kind.values, source="round.kind")
    state = serializers.ChoiceField(["open", "accepted", "rejected", "told"])
    size = serializers.IntegerField(source="round.size")
    drawn = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    wrong = serializers.IntegerField()
    most_wrong = serializers.IntegerField(source="round.most_wrong", allow_null=True)
    error = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="share of errors of all: mean, low, high (90 %)"
    )


class AuditRoundList(serializers.Serializer):
    results = AuditRoundShape(many=True)


class CommonMistakeShape(serializers.Serializer):
    reason = serializers.ChoiceField(Mistake.Reason.values)
    number = serializers.IntegerField()
    people = serializers.IntegerField()


class CommonMistakeList(serializers.Serializer):
    results = CommonMistakeShape(many=True)


class AuditRounds(Endpoint):
    """Verdicts drawn to be looked at: to accept a batch, of each kind, or of what reviewers decided."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List audit rounds", {200: AuditRoundList}, operation_id="audit_rounds_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        found = audit_rounds.outcomes(audit_rounds.of_project(project))
        return Response({"results": AuditRoundShape(found, many=True).data})

    @described("Draw an audit round", {201: AuditRoundShape}, request=AuditRoundBody, operation_id="audit_rounds_draw")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = AuditRoundBody(data=request.data)
        body.is_valid(raise_exception=True)
        said, by, dice = body.validated_data, self.person, random.SystemRandom()
        if said["kind"] == AuditRound.Kind.ACCEPTANCE:
            batch = project.batches.filter(public_id=said.get("batch")).first()
            if batch is None:
                raise NotFound()
            terms = {"tolerated": said["tolerated"], "risk": said["risk"]}
            made = audit_rounds.accept_by_sample(batch, **terms, by=by, dice=dice)
        elif said["kind"] == AuditRound.Kind.REVIEWERS:
            made = audit_rounds.review_reviewers(project, said["each"], by=by, dice=dice)
        else:
            made = audit_rounds.some_of_each(project, said["cut_by"], said["each"], by=by, dice=dice)
        return Response(AuditRoundShape(audit_rounds.outcomes([made])[0]).data, status=201)


class CommonMistakes(Endpoint):
    """The mistakes that reviewers found lately, the commonest first."""

    scopes = {"GET": (Scope.READ,)}

    @described("List common mistakes", {200: CommonMistakeList}, operation_id="common_mistakes_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        found = reviewers.common_mistakes(self.project(project_id, *access.MANAGE))
        return Response({"results": CommonMistakeShape(found, many=True).data})
