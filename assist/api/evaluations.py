"""Models measured against what answers now; and, beside the gate, what two people take upon themselves."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots, DeploymentShape, VersionBody
from assist.learning import declared, erased, evaluation, gate, rollout, traits, worst_cases
from assist.models import Evaluation, Override
from assist.web.overview import SEES
from projects import access
from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.models import limits
from taskers.errors import NotFound


class EvaluationShape(serializers.Serializer):
    """What was found of a candidate; `outcome` is empty until it is done."""

    id = serializers.UUIDField(source="public_id")
    candidate = serializers.UUIDField(source="candidate.public_id")
    champion = serializers.UUIDField(source="champion.public_id", allow_null=True, default=None)
    state = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True, help_text="passed, refused, or cannot-tell")
    margin = serializers.FloatField()
    begun_by = serializers.CharField(source="begun_by.name", allow_null=True, default=None)


class FindingShape(serializers.Serializer):
    """A slice, and what the gate says of it; scores are in [0, 1]."""

    slice = serializers.CharField(help_text="`all` for all tasks")
    tasks = serializers.IntegerField()
    groups = serializers.IntegerField(help_text="of tasks that show the same")
    candidate = serializers.FloatField()
    champion = serializers.FloatField()
    difference = serializers.FloatField()
    low = serializers.FloatField(help_text="of the difference's interval")
    high = serializers.FloatField()
    missing = serializers.IntegerField(help_text="tasks that are missing until it could be told")
    binding = serializers.BooleanField(help_text="unless it shows that nothing is lost, the candidate is held back")
    outcome = serializers.CharField(help_text="passed, refused, or cannot-tell")


class FigureShape(serializers.Serializer):
    """What is told beside the scores of a slice, and gates nothing."""

    figure = serializers.CharField(
        help_text="spans-strict, spans-relaxed, macro-f1, average-precision, overlap, boundary, letters-wrong, "
        "read-exactly"
    )
    slice = serializers.CharField(help_text="`all` for all tasks")
    tasks = serializers.IntegerField()
    groups = serializers.IntegerField()
    candidate = serializers.FloatField()
    champion = serializers.FloatField()
    difference = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="null where too few groups tell it")
    high = serializers.FloatField(allow_null=True)


class RulingShape(serializers.Serializer):
    """A rule of deciding alone, and what the gate says of it."""

    rule = serializers.CharField(
        help_text="superior or refresh, nothing-lost, score, calibration, latency (in seconds), memory (in MB)"
    )
    outcome = serializers.CharField(help_text="passed, refused, or cannot-tell")
    value = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    missing = serializers.IntegerField(help_text="tasks that are missing until it could be told")
    slice = serializers.CharField(default=gate.EVERYTHING, help_text="the kind of task that it is asked of; “all”")


class CostShape(serializers.Serializer):
    """What a model cost while it was asked, and how sure it may be believed; times in seconds."""

    tasks = serializers.IntegerField(help_text="of which it said anything with a score")
    said = serializers.IntegerField(help_text="answers with a score")
    miscalibration = serializers.FloatField(allow_null=True, help_text="expected calibration error")
    by_chance = serializers.FloatField(allow_null=True, help_text="the same where every score holds")
    spread = serializers.FloatField(allow_null=True, help_text="its standard error")
    timed = serializers.IntegerField()
    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    memory = serializers.IntegerField(allow_null=True, help_text="MB, the most that its process took")


class SliceCostShape(serializers.Serializer):
    """What both cost in one kind of task."""

    slice = serializers.CharField()
    candidate = CostShape()
    champion = CostShape()


class ProposedShape(serializers.Serializer):
    """A kind of task that nobody declared where one of the models is much worse; it gates nothing."""

    slice = serializers.SerializerMethodField()
    traits = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), help_text="all hold")
    side = serializers.CharField(help_text="candidate or champion: which of the two is worse there")
    tasks = serializers.IntegerField()
    groups = serializers.IntegerField()
    score = serializers.FloatField()
    elsewhere = serializers.FloatField()
    chance = serializers.FloatField(help_text="that the largest difference of all is so large where there is none")

    def get_slice(self, one: dict[str, Any]) -> str:
        """Its name."""
        return traits.name_of(one["traits"])


class MeasuredShape(EvaluationShape):
    """With what was found, slice by slice, all tasks first."""

    tasks = serializers.IntegerField()
    unread = serializers.IntegerField(help_text="tasks that were left out, since their image can’t be read")
    looks = serializers.IntegerField(help_text="how often these tasks had told of a candidate before, by shares")
    bet_looks = serializers.IntegerField(help_text="the same, where only one that is much better could have passed")
    erased = serializers.SerializerMethodField(
        help_text="tasks that were erased from training since; figures count them"
    )
    reason = serializers.CharField(allow_blank=True)
    findings = FindingShape(many=True)
    figures = FigureShape(many=True)
    alone = serializers.CharField(
        allow_blank=True, help_text="whether it may decide alone: passed, refused, or cannot-tell"
    )
    rulings = RulingShape(many=True)
    refresh = serializers.CharField(allow_blank=True, help_text="why being as good is enough for that")
    costs = serializers.DictField(child=CostShape(), help_text="`candidate`, `champion`")
    slice_costs = SliceCostShape(many=True, help_text="in each protected kind of task")
    proposed = ProposedShape(many=True)

    def get_erased(self, found: Evaluation) -> int:
        """Of those that it was judged on."""
        return erased.judged(found)


class EvaluationPage(PageShape):
    results = EvaluationShape(many=True)


class ShareBody(KnownFields):
    share = serializers.IntegerField(min_value=1, max_value=100, help_text="percent of new work")


class NewEvaluation(VersionBody):
    refresh = serializers.CharField(
        max_length=limits.REASON,
        required=False,
        allow_blank=True,
        default="",
        help_text="why it may decide alone though it be no better than what answers",
    )


class NewOverride(VersionBody):
    share = serializers.IntegerField(
        min_value=1, max_value=100, required=False, help_text="percent of new work; of one that decides it is left out"
    )
    purpose = serializers.ChoiceField(
        Override.Purpose.values, default=Override.Purpose.SUGGEST, help_text="decide: a model annotator, alone"
    )
    reason = serializers.CharField(max_length=limits.REASON)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A share is asked of one that suggests."""
        if attrs["purpose"] == Override.Purpose.SUGGEST and "share" not in attrs:
            raise serializers.ValidationError({"share": self.fields["share"].error_messages["required"]})
        return attrs


class OverrideShape(serializers.Serializer):
    """A model that somebody wishes for though it hasn't passed; it waits for a second person."""

    id = serializers.UUIDField(source="public_id")
    version = serializers.UUIDField(source="version.public_id")
    purpose = serializers.CharField()
    share = serializers.IntegerField()
    reason = serializers.CharField()
    state = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.name")


class OverrideList(serializers.Serializer):
    results = OverrideShape(many=True)


class OverrideAnswer(KnownFields):
    answer = serializers.ChoiceField(["confirm", "decline"])


class Evaluations(Copilots):
    """Measuring a version against what answers now."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List evaluations", {200: EvaluationPage}, operation_id="evaluations_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        after, limit = asked(request)
        rows = Evaluation.objects.filter(project=project, pk__gt=after).order_by("pk")
        found = list(rows.select_related("candidate", "champion", "begun_by")[: limit + 1])
        return Response(page(found, after, limit, lambda given: EvaluationShape(given, many=True).data))

    @described("Evaluate a version", {202: EvaluationShape}, request=NewEvaluation, operation_id="evaluations_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        body = NewEvaluation(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        made = evaluation.begin(project, self.version(project, said.pop("version")), by=self.person, **said)
        return Response(EvaluationShape(made).data, status=202)


class WorstCase(serializers.Serializer):
    """A task, its scores, and the three answers; one of a model is `{"fault": code}` where it has none."""

    task = serializers.UUIDField(allow_null=True, help_text="null once it was archived or removed")
    scores = serializers.DictField(child=serializers.FloatField(), help_text="`candidate`, `champion`")
    verdict = serializers.JSONField(allow_null=True)
    candidate = serializers.JSONField()
    champion = serializers.JSONField()


class WorstCases(serializers.Serializer):
    """The worst first; `total` 0 where no answers were kept, or none was missed."""

    total = serializers.IntegerField()
    results = WorstCase(many=True)


class WorstQuery(KnownFields):
    order = serializers.ChoiceField(list(worst_cases.ORDERS), default="lost", help_text="what comes first")
    limit = serializers.IntegerField(default=10, min_value=1, max_value=worst_cases.MOST)


class _OfOne(Copilots):
    def evaluation(self, project_id: UUID, public_id: UUID, *roles: str) -> Evaluation:
        project = self.project(project_id, *roles)
        rows = Evaluation.objects.select_related("project__organization", "candidate", "champion", "begun_by")
        found = rows.filter(project=project, public_id=public_id).first()
        if found is None:
            raise NotFound("There is no such evaluation here.")
        return found


class OneEvaluation(_OfOne):
    """One of them."""

    scopes = {"GET": READ}

    @described("Get an evaluation", {200: MeasuredShape}, operation_id="evaluations_get")
    def get(self, request: Request, project_id: UUID, evaluation_id: UUID) -> Response:
        return Response(MeasuredShape(self.evaluation(project_id, evaluation_id, *SEES)).data)


class Worst(_OfOne):
    """The tasks at which a model did worst."""

    scopes = {"GET": READ}

    @described(
        "Get the worst tasks of an evaluation",
        {200: WorstCases},
        operation_id="evaluations_worst",
        parameters=[WorstQuery],
    )
    def get(self, request: Request, project_id: UUID, evaluation_id: UUID) -> Response:
        query = WorstQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = worst_cases.listed(self.evaluation(project_id, evaluation_id, *SEES), query.validated_data["order"])
        cases = [worst_cases.case(one) for one in rows[: query.validated_data["limit"]]]
        return Response(WorstCases({"total": len(rows), "results": [_told(one) for one in cases]}).data)


def _told(case: worst_cases.Case) -> dict[str, object]:
    return {
        "task": case.task.public_id if case.task else None,
        "scores": {"candidate": case.score.candidate, "champion": case.score.champion},
        "verdict": case.verdict.answer if case.verdict else None,
        "candidate": case.candidate,
        "champion": case.champion,
    }


class SliceBody(KnownFields):
    number = serializers.IntegerField(min_value=0, help_text="its place among those that are proposed, from 0")


class DeclaredShape(serializers.Serializer):
    """A kind of task that the gate asks for from now on, on what is decided after that evaluation."""

    slice = serializers.CharField(source="name")
    traits = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    since = serializers.DateTimeField()


class Slices(_OfOne):
    """Declaring what an evaluation proposed."""

    scopes = {"POST": MODELS}

    @described("Declare a proposed slice", {201: DeclaredShape}, request=SliceBody, operation_id="evaluations_declare")
    def post(self, request: Request, project_id: UUID, evaluation_id: UUID) -> Response:
        found, body = self.evaluation(project_id, evaluation_id, *SEES), SliceBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = declared.declare(found, body.validated_data["number"], by=self.person)
        return Response(DeclaredShape(made).data, status=201)


class Promote(_OfOne):
    """Deploying what passed."""

    scopes = {"POST": MODELS}

    @described("Deploy what passed", {201: DeploymentShape}, request=ShareBody, operation_id="evaluations_promote")
    def post(self, request: Request, project_id: UUID, evaluation_id: UUID) -> Response:
        found, body = self.evaluation(project_id, evaluation_id, *access.MANAGE), ShareBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = rollout.promote(found, share=body.validated_data["share"], by=self.person)
        return Response(DeploymentShape(made).data, status=201)


class Overrides(Copilots):
    """What somebody wishes for beside the gate."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List overrides", {200: OverrideList}, operation_id="overrides_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        rows = Override.objects.filter(project=project).select_related("version", "asked_by").order_by("pk")
        return Response(OverrideList({"results": rows[:200]}).data)

    @described("Ask for an override", {201: OverrideShape}, request=NewOverride, operation_id="overrides_ask")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewOverride(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        version = self.version(project, said.pop("version"))
        if said.pop("purpose") == Override.Purpose.DECIDE:
            made = rollout.ask_to_decide(project, version, reason=said["reason"], by=self.person)
        else:
            made = rollout.ask_override(project, version, by=self.person, **said)
        return Response(OverrideShape(made).data, status=201)


class OneOverride(Copilots):
    """A second person's answer."""

    scopes = {"POST": MODELS}

    @described(
        "Confirm or decline an override", {200: OverrideShape}, request=OverrideAnswer, operation_id="overrides_answer"
    )
    def post(self, request: Request, project_id: UUID, override_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = OverrideAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        rows = Override.objects.select_related("project__organization", "version", "asked_by")
        found = rows.filter(project=project, public_id=override_id).first()
        if found is None:
            raise NotFound("There is no such request here.")
        if body.validated_data["answer"] == "confirm":
            rollout.confirm_override(found, by=self.person)
        else:
            rollout.decline_override(found, by=self.person)
        found.refresh_from_db()
        return Response(OverrideShape(found).data)
