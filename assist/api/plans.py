"""Learning by itself: plans, how each time went, and the candidate that waits for evidence."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import waiting_candidates
from assist.learning.plans import plans
from assist.models import Evaluation, PlanRound, TrainingPlan
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.models import limits
from taskers.errors import NotFound


class RoundStepShape(serializers.Serializer):
    """One step of a round, in its order."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(PlanRound.State.values)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class PlanRoundShape(serializers.Serializer):
    """One time that a recipe learnt by itself."""

    why = serializers.ChoiceField(PlanRound.Why.values)
    about = serializers.CharField(allow_blank=True, help_text="which kind of task, or of drift")
    state = serializers.ChoiceField(PlanRound.State.values)
    reason = serializers.CharField(allow_blank=True)
    snapshot = serializers.UUIDField(source="snapshot.public_id")
    search = serializers.UUIDField(source="search.public_id", allow_null=True, default=None)
    run = serializers.UUIDField(source="run.public_id", allow_null=True, default=None)
    evaluation = serializers.UUIDField(source="evaluation.public_id", allow_null=True, default=None)
    rollout = serializers.UUIDField(source="rollout.public_id", allow_null=True, default=None)
    begun_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    steps = RoundStepShape(many=True)


class PlanTerms(serializers.Serializer):
    """When a recipe learns anew by itself; at least one of the first three. What is left out is as usual."""

    every_days = serializers.IntegerField(required=False, allow_null=True, **limits.PLAN["every_days"].bounds)
    new_verdicts = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="found without a model's help since it last learnt",
        **limits.PLAN["new_verdicts"].bounds,
    )
    on_lost_slice = serializers.BooleanField(required=False)
    minutes = serializers.IntegerField(required=False, help_text="of training", **limits.PLAN["minutes"].bounds)
    trials = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="of a search for better settings before it; null: with those of what answers now",
        **limits.PLAN["trials"].bounds,
    )
    search_minutes = serializers.IntegerField(
        required=False, help_text="of these trials, at most", **limits.PLAN["search_minutes"].bounds
    )
    when_passed = serializers.ChoiceField(TrainingPlan.Passed.values, required=False)
    most_failures = serializers.IntegerField(
        required=False, help_text="in a row, until it stops", **limits.PLAN["most_failures"].bounds
    )


class PlanShape(serializers.Serializer):
    """A plan, with its newest rounds, the newest first."""

    recipe = serializers.CharField()
    state = serializers.ChoiceField(TrainingPlan.State.values)
    every_days = serializers.IntegerField(allow_null=True)
    new_verdicts = serializers.IntegerField(allow_null=True)
    on_lost_slice = serializers.BooleanField()
    minutes = serializers.IntegerField()
    trials = serializers.IntegerField(allow_null=True)
    search_minutes = serializers.IntegerField()
    when_passed = serializers.ChoiceField(TrainingPlan.Passed.values)
    most_failures = serializers.IntegerField()
    failures = serializers.IntegerField(help_text="in a row, so far")
    reason = serializers.CharField(allow_blank=True, help_text="why it stopped")
    turned_on_at = serializers.DateTimeField()
    arranged_by = serializers.CharField(source="arranged_by.name")
    rounds = PlanRoundShape(many=True, read_only=True, source="newest")


class Plans(Copilots):
    """Of a project."""

    scopes = {"GET": READ}

    @described("List training plans", {200: PlanShape(many=True)}, operation_id="training_plans")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(PlanShape(plans.of(self.project(project_id, *SEES)), many=True).data)


class OnePlan(Copilots):
    """The plan of one recipe."""

    scopes = {"PUT": MODELS, "DELETE": MODELS}

    @described(
        "Let a recipe train by itself", {200: PlanShape}, request=PlanTerms, operation_id="training_plan_arrange"
    )
    def put(self, request: Request, project_id: UUID, recipe: str) -> Response:
        project, body = self.project(project_id, *SEES), PlanTerms(data=request.data)
        body.is_valid(raise_exception=True)
        plans.arrange(project, recipe, by=self.person, **body.validated_data)
        return Response(PlanShape(plans.one(project, recipe)).data)

    @described("Turn a training plan off", {204: None}, operation_id="training_plan_off")
    def delete(self, request: Request, project_id: UUID, recipe: str) -> Response:
        found = plans.one(self.project(project_id, *SEES), recipe)
        if found is None:
            raise NotFound("There is no such plan here.")
        plans.turn_off(found, by=self.person)
        return Response(status=204)


class WaitNoLonger(Copilots):
    """Giving up a candidate that waits for evidence."""

    scopes = {"POST": MODELS}

    @described("Wait for no more evidence", {204: None}, request=None, operation_id="evaluations_wait_no_longer")
    def post(self, request: Request, project_id: UUID, evaluation_id: UUID) -> Response:
        rows = Evaluation.objects.filter(project=self.project(project_id, *SEES), public_id=evaluation_id)
        found = rows.select_related("project__organization").first()
        if found is None:
            raise NotFound("There is no such evaluation here.")
        waiting_candidates.give_up(found, by=self.person)
        return Response(status=204)
