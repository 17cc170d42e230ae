"""Versions on their way to answer, step by step: begun from what passed, held, let on, taken back."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import canary, canary_report
from assist.models import Evaluation, Rollout
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.models import limits
from taskers.errors import NotFound


class RolloutShape(serializers.Serializer):
    """A version that is given more and more of a project's work."""

    id = serializers.UUIDField(source="public_id")
    version = serializers.UUIDField(source="version.public_id")
    champion = serializers.UUIDField(source="champion.public_id")
    evaluation = serializers.UUIDField(source="evaluation.public_id")
    state = serializers.CharField(help_text="live, held, promoted or back")
    reason = serializers.CharField(allow_blank=True, help_text="why it is held, or went back")
    share = serializers.IntegerField(help_text="percent of new work; 0: in shadow, or over")
    margin = serializers.FloatField()
    quiet_hours = serializers.IntegerField()
    step_days = serializers.IntegerField()
    shadow_verdicts = serializers.IntegerField()
    begun_at = serializers.DateTimeField()
    begun_by = serializers.CharField(source="begun_by.name", allow_null=True, default=None)


class GuardrailShape(serializers.Serializer):
    """One kind of harm: both versions' shares of it, and by how much the candidate is worse at most."""

    name = serializers.CharField()
    seen = serializers.IntegerField()
    candidates = serializers.IntegerField()
    candidate = serializers.FloatField(allow_null=True)
    champion = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    finding = serializers.CharField(allow_blank=True, help_text="harm, clear, or nothing as yet")


class ShadowShape(serializers.Serializer):
    """Mean scores on tasks behind people's work."""

    tasks = serializers.IntegerField()
    candidate = serializers.FloatField(allow_null=True)
    champion = serializers.FloatField(allow_null=True)


class StepShape(serializers.Serializer):
    """One line of the timeline."""

    number = serializers.IntegerField()
    kind = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    harm = serializers.CharField(allow_blank=True)
    share = serializers.IntegerField()
    said = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.name", allow_null=True, default=None)


class WholeRolloutShape(RolloutShape):
    """One of them, with what was seen and done."""

    guardrails = GuardrailShape(many=True)
    blind = ShadowShape(help_text="on tasks that were decided without help")
    sample = ShadowShape(help_text="on some of the others")
    steps = StepShape(many=True)


class RolloutPage(PageShape):
    results = RolloutShape(many=True)


class NewRollout(KnownFields):
    evaluation = serializers.UUIDField()
    margin = serializers.FloatField(required=False, **limits.ROLLOUT["margin"].bounds)
    quiet_hours = serializers.IntegerField(required=False, **limits.ROLLOUT["quiet_hours"].bounds)
    step_days = serializers.IntegerField(required=False, **limits.ROLLOUT["step_days"].bounds)
    shadow_verdicts = serializers.IntegerField(required=False, **limits.ROLLOUT["shadow_verdicts"].bounds)


class RolloutAction(KnownFields):
    action = serializers.ChoiceField(["hold", "go-on", "roll-back"])
    said = serializers.CharField(required=False, allow_blank=True, max_length=limits.REASON)


class Rollouts(Copilots):
    """Those of a project."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List rollouts", {200: RolloutPage}, operation_id="rollouts_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        after, limit = asked(request)
        found = list(canary_report.of_project(project).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(found, after, limit, lambda given: RolloutShape(given, many=True).data))

    @described("Begin a rollout", {201: RolloutShape}, request=NewRollout, operation_id="rollouts_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        body = NewRollout(data=request.data)
        body.is_valid(raise_exception=True)
        terms = dict(body.validated_data)
        rows = Evaluation.objects.select_related("project__organization", "candidate", "champion")
        found = rows.filter(project=project, public_id=terms.pop("evaluation")).first()
        if found is None:
            raise NotFound("There is no such evaluation here.")
        return Response(RolloutShape(canary.begin(found, by=self.person, **terms)).data, status=201)


class OneRollout(Copilots):
    """One of them."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("Get a rollout", {200: WholeRolloutShape}, operation_id="rollouts_get")
    def get(self, request: Request, project_id: UUID, rollout_id: UUID) -> Response:
        return Response(_whole(self.rollout(project_id, rollout_id)))

    @described(
        "Hold a rollout, let it go on, or roll it back",
        {200: WholeRolloutShape},
        request=RolloutAction,
        operation_id="rollouts_act",
    )
    def post(self, request: Request, project_id: UUID, rollout_id: UUID) -> Response:
        found, body = self.rollout(project_id, rollout_id), RolloutAction(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data.get("said", "")
        action = body.validated_data["action"]
        if action == "hold":
            canary.hold(found, by=self.person, said=said)
        elif action == "go-on":
            canary.go_on(found, by=self.person, said=said)
        else:
            canary.roll_back(found, by=self.person, said=said)
        return Response(_whole(self.rollout(project_id, rollout_id)))

    def rollout(self, project_id: UUID, public_id: UUID) -> Rollout:
        project = self.project(project_id, *SEES)
        found = canary_report.of_project(project).filter(public_id=public_id).first()
        if found is None:
            raise NotFound("There is no such rollout here.")
        return found


def _whole(found: Rollout) -> dict:
    shadow = canary_report.shadow_of(found)
    steps = found.timeline.select_related("by").order_by("number")
    return dict(RolloutShape(found).data) | {
        "guardrails": GuardrailShape(canary_report.guardrails_of(found), many=True).data,
        "blind": ShadowShape(shadow["blind"]).data,
        "sample": ShadowShape(shadow["sample"]).data,
        "steps": StepShape(steps, many=True).data,
    }
