"""How a project stands: its figures, how far its people agree, whom it trusts; and having that worked out anew."""

from typing import Any
from uuid import UUID

from django.db.models import Sum
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import ProgressShape
from projects.models import AgreementReport, BatchProgress, Estimation, Project, Stall
from projects.quality import estimating
from projects.reports import agreement_reports, annotator_accuracy
from taskers.models import Person, Scope

READ = {"GET": (Scope.READ,)}
LEVER = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}
SUMS = ("tasks", "wanted", "submitted", "decided", "in_review")


class FiguresShape(ProgressShape):
    """A project's batches together, and whether tasks wait for answers that nobody may give."""

    batches = serializers.IntegerField()
    stuck = serializers.IntegerField(help_text="tasks that nobody may do any more")


class AgreementShape(serializers.Serializer):
    """The newest report; `numbers` is null before the first, and `people` in it are ids."""

    made_at = serializers.DateTimeField(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True, help_text="while another is being worked out")
    sample = serializers.IntegerField(help_text="tasks that are looked at, at most")
    numbers = serializers.DictField(allow_null=True)


class EstimateShape(serializers.Serializer):
    """What is known of an ability, in [0, 1]: a mean, and how much evidence that rests on."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    evidence = serializers.FloatField(help_text="the weight of grades")


class LabelStandingShape(serializers.Serializer):
    label = serializers.CharField(source="name")  # type: ignore[assignment]
    known = EstimateShape()


class StandingLine(serializers.Serializer):
    person = serializers.UUIDField(source="tasker.public_id")
    name = serializers.CharField(source="tasker.name")
    known = EstimateShape()
    finding = serializers.CharField(allow_blank=True, help_text="of the last estimate: blind, against, unsure or fine")
    labels = LabelStandingShape(many=True, help_text="the weakest")


class RunShape(serializers.Serializer):
    """An estimate of everything from all answers; it changes no verdict, grade or payment."""

    id = serializers.IntegerField(source="pk")
    state = serializers.CharField()


class MorePeopleShape(serializers.Serializer):
    people = serializers.IntegerField()
    expected = serializers.FloatField(help_text="the share of the answers that would become right")
    low = serializers.FloatField(help_text="below it one time in ten")
    high = serializers.FloatField(help_text="above it one time in ten")


class QualityShape(serializers.Serializer):
    method = serializers.CharField(source="method.key")
    taskers = StandingLine(many=True)
    more = serializers.BooleanField(help_text="there are more taskers than are told")
    second_looks = serializers.BooleanField(source="looks", help_text="verdicts wait for one")
    estimate = RunShape(source="run", allow_null=True)
    cannot_tell = serializers.IntegerField(
        help_text="gold that would tell what the people's answers alone don't; 0 where they do"
    )
    more_people = MorePeopleShape(
        allow_null=True,
        help_text="what asking each task of so many people would set right, where classes are estimated",
    )


class Figures(Endpoint):
    """The dashboard's figures, added up by a worker about a second after things happen."""

    scopes = READ

    @described("Get a project's figures", {200: FiguresShape}, operation_id="projects_figures")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        rows = BatchProgress.objects.filter(batch__project=project)
        sums = rows.aggregate(**{name: Sum(name) for name in SUMS})
        stall = Stall.objects.filter(project=project).first()
        told: dict[str, Any] = {name: sums[name] or 0 for name in SUMS}
        told |= {"batches": rows.count(), "stuck": stall.tasks if stall else 0}
        return Response(FiguresShape(told).data)


class Agreement(Endpoint):
    """How far the people agree, from a bounded sample."""

    scopes = LEVER

    @described("Get the agreement report", {200: AgreementShape}, operation_id="agreement_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(_agreement(self.project(project_id, *access.MANAGE)))

    @described("Have agreement worked out anew", {202: AgreementShape}, request=None, operation_id="agreement_renew")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        agreement_reports.ask(project)
        return Response(_agreement(project), status=202)


def _agreement(project: Project) -> dict[str, Any]:
    found = AgreementReport.objects.filter(project=project).first() or AgreementReport(project=project)
    told = {"made_at": found.made_at, "asked_at": found.asked_at, "sample": agreement_reports.SAMPLE}
    numbers = _with_ids(found.numbers) if found.made_at else None
    return AgreementShape(told | {"numbers": numbers}).data


def _with_ids(numbers: dict[str, Any]) -> dict[str, Any]:
    """A report's numbers, with people by their ids instead of their keys."""
    keys = {key for pair in numbers.get("pairs", []) for key in pair["people"]}
    ids = {key: str(public) for key, public in Person.objects.filter(pk__in=keys).values_list("pk", "public_id")}
    pairs = [one | {"people": [ids.get(key, "") for key in one["people"]]} for one in numbers.get("pairs", [])]
    return numbers | {"pairs": pairs}


class Quality(Endpoint):
    """Whom the project trusts, and how far."""

    scopes = LEVER

    @described("Get taskers' standings", {200: QualityShape}, operation_id="quality_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(QualityShape(annotator_accuracy.of(self.project(project_id, *access.MANAGE))).data)

    @described("Estimate all anew", {202: RunShape}, request=None, operation_id="quality_estimate")
    def post(self, request: Request, project_id: UUID) -> Response:
        made: Estimation = estimating.start(self.project(project_id, *access.MANAGE), by=self.person)
        return Response(RunShape(made).data, status=202)
