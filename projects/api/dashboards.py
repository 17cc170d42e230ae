"""What dashboards draw, for programs: a project's figures over time, and an organization's projects side by side."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import Project, Stall
from projects.reports import organization, queue_health, timeline
from projects.reports.dashboard import MOST_LABELS, Dashboard, Period
from projects.reports.spending import Budget
from projects.web.shared.units import in_units
from taskers.models import Scope

MONEY = "in the organization's currency"


class Unit(KnownFields):
    by = serializers.ChoiceField(
        timeline.UNITS,
        default="day",
        help_text=f"the newest {timeline.HOURS} hours, {timeline.DAYS} days or {timeline.WEEKS} weeks",
    )


class ShareShape(serializers.Serializer):
    """A share in [0, 1] with its 95 % interval; null where nothing tells."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    number = serializers.IntegerField(help_text="answers that it rests on")


class PeriodShape(serializers.Serializer):
    """What happened in an hour, a day or a week."""

    at = serializers.DateTimeField(help_text="when it began: days and weeks at midnight of the asker's clock")
    people = serializers.IntegerField(help_text="judgements handed in by people")
    models = serializers.IntegerField(source="machines", help_text="and by models")
    voided = serializers.IntegerField()
    by_answers = serializers.IntegerField(help_text="tasks decided by the answers together")
    by_reviewers = serializers.IntegerField()
    by_models = serializers.IntegerField()
    anew = serializers.IntegerField(help_text="of these, decided anew")
    reopened = serializers.IntegerField()
    agreement = ShareShape(help_text="of people with what was decided")
    accuracy = ShareShape(help_text="of people on gold, without the copilot")
    timed = serializers.IntegerField(help_text="judgements whose time is known")
    seconds = serializers.FloatField(allow_null=True, help_text="active time for one of them")
    seconds_helped = serializers.FloatField(allow_null=True, help_text="with the copilot")
    seconds_alone = serializers.FloatField(allow_null=True, help_text="without it")


PERIOD = [one.source or name for name, one in PeriodShape().fields.items()]


class ReachedPeriodShape(PeriodShape):
    """The same of one project."""

    judgements_at_end = serializers.IntegerField(help_text="that count")
    decided_at_end = serializers.IntegerField()
    earned = serializers.CharField(allow_null=True, help_text=f"{MONEY}, by days of UTC; null by the hour")


class ForecastOfWorkShape(serializers.Serializer):
    """When live batches will be done, with the interval in which that lies with 80 %; null: not in two years."""

    left = serializers.IntegerField(help_text="judgements")
    at = serializers.DateTimeField(allow_null=True)
    low = serializers.DateTimeField(allow_null=True)
    high = serializers.DateTimeField(allow_null=True)
    deadline = serializers.DateTimeField(allow_null=True)
    chance = serializers.FloatField(allow_null=True, help_text="of being done by then")


class BudgetShape(serializers.Serializer):
    """What a project has spent of what it may, and when it will have spent all, with the 80 % interval of that."""

    limit = serializers.SerializerMethodField(help_text=MONEY)
    earned = serializers.SerializerMethodField()
    promised = serializers.SerializerMethodField(help_text="about, for what is handed in and not decided yet")
    share = serializers.FloatField(help_text="of the limit that both together are")
    enough = serializers.BooleanField(help_text="for all that is wanted")
    at = serializers.DateTimeField(allow_null=True, help_text="null: not in two years, or it can't be told yet")
    low = serializers.DateTimeField(allow_null=True)
    high = serializers.DateTimeField(allow_null=True)

    def get_limit(self, one: Budget) -> str:
        return str(in_units(one.limit))

    def get_earned(self, one: Budget) -> str:
        return str(in_units(one.earned))

    def get_promised(self, one: Budget) -> str:
        return str(in_units(one.promised))


class HindranceShape(serializers.Serializer):
    said = serializers.CharField()
    remedy = serializers.CharField()


class LabelUseShape(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    tasks = serializers.IntegerField(help_text="decided ones that use it")


class GradedShape(serializers.Serializer):
    """People together, by gold that they answered without the copilot, or one model by all grades of its blind work:
    how right their work is."""

    kind = serializers.ChoiceField(["human", "model"])
    name = serializers.CharField(allow_blank=True, help_text="of the model")
    people = serializers.IntegerField(help_text="how many it is")
    right = ShareShape(help_text="`number` is how many answers, of a model the weight of its grades; null: can't tell")


class DashboardShape(serializers.Serializer):
    """Every figure of a project's dashboard."""

    by = serializers.ChoiceField(timeline.UNITS)
    tasks = serializers.IntegerField()
    decided = serializers.IntegerField(help_text="tasks")
    in_review = serializers.IntegerField(help_text="tasks")
    wanted = serializers.IntegerField(help_text="judgements")
    submitted = serializers.IntegerField(help_text="judgements")
    open = serializers.IntegerField(help_text="judgements that nobody has begun")
    held = serializers.IntegerField(help_text="judgements that people hold")
    forecast = ForecastOfWorkShape(
        allow_null=True, help_text="null: nothing is left, or three days of work have to tell"
    )
    currency = serializers.CharField()
    spent = serializers.CharField()
    planned = serializers.CharField(help_text="if all that is wanted is accepted")
    correct = ShareShape(help_text="of the decided tasks, by audits; `number` is how many audits tell it")
    cost_per_correct_label = serializers.CharField(allow_null=True, help_text="null: too few audits tell")
    budget = BudgetShape(allow_null=True, help_text="null: it may spend as much as it takes")
    labels = LabelUseShape(many=True, help_text=f"the {MOST_LABELS} that most tasks use")
    people_and_models = GradedShape(many=True, help_text="people first")
    hindrances = HindranceShape(many=True, help_text="what keeps it from getting done, with what can be done about it")
    periods = ReachedPeriodShape(many=True, help_text="oldest first")


class OverviewLineShape(serializers.Serializer):
    project = serializers.UUIDField(source="project.public_id")
    name = serializers.CharField(source="project.name")
    tasks = serializers.IntegerField(source="stands.tasks")
    decided = serializers.IntegerField(source="stands.decided")
    judgements = serializers.IntegerField(source="week.judgements", help_text="in seven days")
    forecast = ForecastOfWorkShape(
        source="ahead",
        allow_null=True,
        help_text=f"of the {organization.FORECASTS} live projects that come first by priority; null of others, and "
        "where nothing is left, or three days of work have to tell",
    )
    spent = serializers.SerializerMethodField(help_text=f"{MONEY}, in {organization.DAYS} days")
    budget = BudgetShape(
        allow_null=True, help_text="null: it may spend as much as it takes. When it ends is told of the same projects"
    )
    hindrances = HindranceShape(many=True)

    def get_spent(self, line: organization.Line) -> str:
        return str(in_units(line.spent))


class OverviewShape(serializers.Serializer):
    """An organization's projects that the asker manages, those first that need somebody, and their days together."""

    currency = serializers.CharField()
    projects = OverviewLineShape(many=True, help_text=f"{organization.MOST} at most, those of the highest priority")
    more = serializers.BooleanField(help_text="there are projects beside these: they aren't in the days either")
    days = PeriodShape(many=True)


class ProjectDashboard(Endpoint):
    """A project's figures over time."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a project's dashboard", {200: DashboardShape}, parameters=[Unit], operation_id="projects_dashboard")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        asked = Unit(data=request.query_params)
        asked.is_valid(raise_exception=True)
        with self.on_their_clock():
            said = _figures(project, asked.validated_data["by"])
        return Response(DashboardShape(said).data)


class Overview(Endpoint):
    """The organization's projects side by side."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get the overview", {200: OverviewShape}, operation_id="overview_get")
    def get(self, request: Request) -> Response:
        with self.on_their_clock():
            found = organization.for_manager(self.organization, self.person)
        said = {"currency": self.organization.currency, "projects": found.lines, "more": found.more, "days": found.days}
        return Response(OverviewShape(said).data)


def _figures(project: Project, unit: str) -> dict[str, Any]:
    found, told = timeline.of(project, project.settings_now(), unit)
    stands = found.stands
    stalled = queue_health.stalled(project, Stall.objects.filter(project=project).first())
    hindrances = queue_health.hindrances(
        project, stands, found.days, found.ahead, queue_health.further([project.pk])[project.pk]
    )
    own: dict[str, Any] = {
        "by": unit,
        "open": stands.open,
        "forecast": found.ahead,
        "currency": project.organization.currency,
        "labels": found.labels,
        "budget": found.money.budget,
        "people_and_models": found.graded,
        "hindrances": [*stalled, *hindrances],
        "periods": _reached(found, told, unit),
    }
    return stands._asdict() | _money(found) | own


def _money(found: Dashboard) -> dict[str, Any]:
    money = found.money
    return {
        "spent": str(in_units(money.total)),
        "planned": str(in_units(money.planned)),
        "correct": money.correct,
        "cost_per_correct_label": None if money.each is None else str(in_units(money.each)),
    }


def _reached(found: Dashboard, told: Sequence[Period], unit: str) -> list[dict[str, Any]]:
    """Each period with how far things had come at its end, and what it cost."""
    _before, spent = timeline.spent(found, told)
    return [
        {name: getattr(one, name) for name in PERIOD}
        | {"judgements_at_end": judged, "decided_at_end": decided}
        | {"earned": None if unit == "hour" else str(in_units(earned))}
        for one, (judged, decided), earned in zip(told, timeline.ends(found, told), spent, strict=True)
    ]
