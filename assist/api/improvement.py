"""Where a model loses, which verdicts are likely wrong, and what a model is."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.learning import improve, learning_curve, likely_wrong, model_card
from assist.models import LabelCheck
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.api.serializers import KnownFields
from projects.models import Project, Task
from taskers.errors import NotFound


class WeakSlice(serializers.Serializer):
    """A kind of task: its share of all, the mean score, its share of all that is lost, and what is to be gained."""

    slice = serializers.CharField()
    tasks = serializers.IntegerField()
    volume = serializers.FloatField()
    score = serializers.FloatField()
    lost = serializers.FloatField()
    gain = serializers.FloatField(help_text="rise of the score over all tasks if it did here as well as elsewhere")


class LostTask(serializers.Serializer):
    task = serializers.UUIDField()
    score = serializers.FloatField()
    other = serializers.FloatField(help_text="the other model's")


class GainShape(serializers.Serializer):
    """A rise of the figure, and between what it lies at 95 %."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CurveShape(serializers.Serializer):
    """What a recipe's past trainings came to, the fewest verdicts first."""

    recipe = serializers.CharField()
    points = serializers.ListField(help_text="verdicts learnt from, and the figure on others")
    gain = GainShape(allow_null=True, help_text="with twice as many verdicts; null where that can't be told")


class WhereItLoses(serializers.Serializer):
    """By the newest evaluation; nothing before there is one. `tasks` are the worst, of `slice` if one is asked."""

    model = serializers.CharField(allow_blank=True)
    evaluation = serializers.UUIDField(allow_null=True)
    slices = WeakSlice(many=True)
    tasks = LostTask(many=True)
    curves = CurveShape(many=True)


class SliceQuery(KnownFields):
    slice = serializers.CharField(required=False, max_length=200, help_text="whose tasks are listed")


class Doubted(serializers.Serializer):
    task = serializers.UUIDField()
    right = serializers.FloatField(help_text="the chance that its verdict is right")
    instead = serializers.CharField(allow_blank=True, help_text="what the model says")


class CheckShape(serializers.Serializer):
    """A look for verdicts that are likely wrong; it changes nothing."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(LabelCheck.State.values)
    reason = serializers.CharField(allow_blank=True)
    checked = serializers.IntegerField()
    found = serializers.SerializerMethodField()
    curve = serializers.ListField(help_text="verdicts learnt from, and how often that was right on others")

    @extend_schema_field(Doubted(many=True))
    def get_found(self, check: LabelCheck) -> object:
        found = likely_wrong.doubted(check)
        known = dict(Task.objects.filter(pk__in=[one["task"] for one in found]).values_list("pk", "public_id"))
        rows = [{**one, "task": known[one["task"]]} for one in found if one["task"] in known]
        return Doubted(rows, many=True).data


class CardShape(serializers.Serializer):
    """What a model is: whose, what it learnt from, how it does here and there, what it isn't for."""

    name = serializers.CharField()
    version = serializers.CharField()
    capability = serializers.CharField()
    licence = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    belongs_to = serializers.CharField(allow_blank=True, help_text="the organization; empty: everybody's")
    began_from = serializers.CharField(allow_blank=True)
    files = serializers.DictField(child=serializers.CharField(), help_text="name: sha256")
    data = serializers.JSONField(  # type: ignore[assignment]
        allow_null=True, help_text="snapshot, splits, recipe and parameters of a trained one"
    )
    figures = serializers.DictField(help_text="what was measured of it")
    evaluations = serializers.ListField(child=serializers.JSONField(), help_text="in this project, slice by slice")
    deployments = serializers.ListField(child=serializers.JSONField(), help_text="in this project")
    erased = serializers.ListField(
        child=serializers.JSONField(), help_text="what was erased since of that which taught it, or what it began from"
    )
    limits = serializers.ListField(child=serializers.CharField(), help_text="codes of what it must not be taken for")


class Looks(KnownFields):
    most = serializers.IntegerField(default=20, **likely_wrong.LOOKS.bounds)


class Asked(serializers.Serializer):
    opened = serializers.IntegerField()


class Improve(Copilots):
    """What to improve."""

    scopes = {"GET": READ}

    @described("Where the model loses", {200: WhereItLoses}, operation_id="improve", parameters=[SliceQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        query = SliceQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        project = self.project(project_id, *SEES)
        found, curves = improve.measured(project), learning_curve.of(project)
        if found is None:
            nothing: dict[str, object] = {"model": "", "evaluation": None, "slices": [], "tasks": []}
            return Response(WhereItLoses(nothing | {"curves": curves}).data)
        worst = improve.worst(found, query.validated_data.get("slice", ""))
        rows = [{"task": one.task.public_id, "score": one.score, "other": one.other} for one in worst if one.task]
        told = {"model": str(found.version), "evaluation": found.evaluation.public_id, "tasks": rows}
        return Response(WhereItLoses(told | {"slices": improve.weak_slices(found), "curves": curves}).data)


class Checks(Copilots):
    """Verdicts that are likely wrong."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("Get the last check of verdicts", {200: CheckShape}, operation_id="label_check")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(CheckShape(newest(self.project(project_id, *SEES))).data)

    @described("Check the verdicts", {202: CheckShape}, request=None, operation_id="label_check_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        made = likely_wrong.begin(self.project(project_id, *SEES), by=self.person)
        return Response(CheckShape(made).data, status=202)


class SecondLooks(Copilots):
    """Asked of reviewers."""

    scopes = {"POST": MODELS}

    @described("Ask for second looks", {200: Asked}, request=Looks, operation_id="label_check_looks")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        body = Looks(data=request.data)
        body.is_valid(raise_exception=True)
        made = likely_wrong.open_looks(newest(project), body.validated_data["most"], by=self.person)
        return Response(Asked({"opened": made}).data)


class Card(Copilots):
    """What a model is."""

    scopes = {"GET": READ}

    @described("Get a model's card", {200: CardShape}, operation_id="model_card")
    def get(self, request: Request, project_id: UUID, version_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        return Response(CardShape(model_card.of(project, model_card.found(project, version_id))).data)


def newest(project: Project) -> LabelCheck:
    """The last check. Raises NotFound."""
    found = likely_wrong.newest(project)
    if found is None:
        raise NotFound("Verdicts were never checked here.")
    return found
