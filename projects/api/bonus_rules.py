"""Rules that give bonuses, by program: tried on what was, proposed, ended. Saying yes is for people of finance."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import Project
from projects.models.limits import BONUS
from projects.web.shared.units import in_units, to_millionths
from projects.workflow import bonus_rules as running
from taskers.errors import NotFound
from taskers.models import BonusRule, Scope
from taskers.models.limits import BONUS_DAYS, BONUS_LEAST, BONUS_WINDOW, Between
from taskers.money import bonus_rules

MOST = 200
MONEY = ("amount", "each_most", "most")


def _whole(bounds: Between) -> dict[str, Any]:
    return {"min_value": int(bounds.least), "max_value": int(bounds.most)}


class BonusRuleBody(KnownFields):
    measure = serializers.ChoiceField(BonusRule.Measure.values)
    least = serializers.FloatField(**BONUS_LEAST.bounds, help_text="a share in [0, 1]: the mean that a row reaches")
    window = serializers.IntegerField(**_whole(BONUS_WINDOW), help_text="judged answers in a row")
    amount = serializers.DecimalField(**BONUS.bounds, help_text="for each row, in units of the currency")
    each_most = serializers.DecimalField(**BONUS.bounds, help_text="what one person gets in all")
    most = serializers.DecimalField(**BONUS.bounds, help_text="what all get together")
    days = serializers.IntegerField(**_whole(BONUS_DAYS), help_text="that it lasts, once it is on")


class BonusRuleShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    measure = serializers.ChoiceField(BonusRule.Measure.values)
    least = serializers.FloatField()
    window = serializers.IntegerField()
    amount = serializers.SerializerMethodField()
    each_most = serializers.SerializerMethodField()
    most = serializers.SerializerMethodField()
    given = serializers.SerializerMethodField(help_text="so far, to all; what was taken back counts too")
    currency = serializers.CharField()
    days = serializers.IntegerField()
    state = serializers.ChoiceField(BonusRule.State.values, help_text="on: once somebody of finance has said yes")
    made_by = serializers.UUIDField(source="made_by.public_id")
    made_at = serializers.DateTimeField()
    approved_by = serializers.UUIDField(source="approved_by.public_id", allow_null=True)
    begins_at = serializers.DateTimeField(allow_null=True, help_text="what is judged from then on counts")
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_amount(self, one: BonusRule) -> str:
        return str(in_units(one.amount))

    def get_each_most(self, one: BonusRule) -> str:
        return str(in_units(one.each_most))

    def get_most(self, one: BonusRule) -> str:
        return str(in_units(one.most))

    def get_given(self, one: BonusRule) -> str:
        return str(in_units(one.given))  # type: ignore[attr-defined]


class BonusRuleList(serializers.Serializer):
    results = BonusRuleShape(many=True)


class WouldGetShape(serializers.Serializer):
    person = serializers.UUIDField(source="person.public_id")
    times = serializers.IntegerField()
    amount = serializers.SerializerMethodField()

    def get_amount(self, one: bonus_rules.Would) -> str:
        return str(in_units(one.amount))


class BonusPreviewShape(serializers.Serializer):
    """What a rule would have given in the last four weeks."""

    people = serializers.IntegerField(help_text="with a whole row of judged answers")
    rows = serializers.IntegerField(help_text="of all of them")
    amount = serializers.SerializerMethodField(help_text="to all")
    met = WouldGetShape(many=True)

    def get_amount(self, found: bonus_rules.Preview) -> str:
        return str(in_units(found.amount))


class BonusRules(Endpoint):
    """Bonuses that a project gives by itself."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List bonus rules", {200: BonusRuleList}, operation_id="bonus_rules_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        rows = _of(self.project(project_id, *access.MANAGE)).order_by("-pk")[:MOST]
        return Response({"results": BonusRuleShape(rows, many=True).data})

    @described(
        "Propose a bonus rule to finance", {201: BonusRuleShape}, request=BonusRuleBody,
        operation_id="bonus_rules_propose",
    )  # fmt: skip
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        made = bonus_rules.propose(project.organization, project.public_id, _terms(request), by=self.person)
        return Response(BonusRuleShape(_of(project).get(pk=made.pk)).data, status=201)


class PreviewBonusRule(Endpoint):
    """What a rule would have given in the last four weeks. Writes nothing."""

    scopes = {"POST": (Scope.READ,)}
    has_own_key = True

    @described("Try a bonus rule", {200: BonusPreviewShape}, request=BonusRuleBody, operation_id="bonus_rules_preview")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        found = running.preview(project, _terms(request), by=self.person)
        return Response(BonusPreviewShape(found).data)


class BonusRuleView(Endpoint):
    """One rule."""

    scopes = {"DELETE": (Scope.MANAGE,)}

    @described("Switch off a bonus rule", {204: None}, operation_id="bonus_rules_end")
    def delete(self, request: Request, project_id: UUID, bonus_rule_id: UUID) -> Response:
        found = _of(self.project(project_id, *access.MANAGE)).filter(public_id=bonus_rule_id).first()
        if found is None:
            raise NotFound()
        bonus_rules.end(found, self.person)
        return Response(status=204)


def _of(project: Project) -> Any:
    rules = BonusRule.objects.filter(organization=project.organization, project_key=project.public_id)
    return bonus_rules.with_given(rules).select_related("made_by", "approved_by")


def _terms(request: Request) -> bonus_rules.Terms:
    body = BonusRuleBody(data=request.data)
    body.is_valid(raise_exception=True)
    said: dict[str, Any] = body.validated_data
    return bonus_rules.Terms(**said | {name: to_millionths(said[name]) for name in MONEY})
