"""Rules that act by themselves, by program: tried on what was, switched on and off, contested and answered."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.models import AutomaticRule, RuleConsequence, limits
from projects.models.limits import RULE_HOURS, RULE_THRESHOLD, RULE_WINDOW
from projects.workflow.automatic_rules import running
from projects.workflow.automatic_rules.actions import ACTIONS
from projects.workflow.automatic_rules.conditions import CONDITIONS
from taskers.errors import NotFound
from taskers.models import Scope


class AutomaticRuleBody(KnownFields):
    condition = serializers.ChoiceField(list(CONDITIONS))
    threshold = serializers.FloatField(
        **RULE_THRESHOLD.bounds, help_text="seconds for speed and time, else a share in [0, 1]"
    )
    window = serializers.IntegerField(
        min_value=int(RULE_WINDOW.least), max_value=int(RULE_WINDOW.most), help_text="pieces of work"
    )
    action = serializers.ChoiceField(list(ACTIONS))
    hours = serializers.IntegerField(min_value=int(RULE_HOURS.least), max_value=int(RULE_HOURS.most))


class AutomaticRuleShape(AutomaticRuleBody):
    id = serializers.UUIDField(source="public_id")
    made_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="when it was switched off")


class AutomaticRuleList(serializers.Serializer):
    results = AutomaticRuleShape(many=True)


class WouldShape(serializers.Serializer):
    """Whom it would have met; `rightly` by what reviewers decided, null where that can't be told."""

    person = serializers.UUIDField(source="person.public_id")
    at = serializers.DateTimeField()
    measured = serializers.FloatField()
    times = serializers.IntegerField()
    rightly = serializers.BooleanField(allow_null=True)


class RulePreviewShape(serializers.Serializer):
    people = serializers.IntegerField(help_text="who worked in the last four weeks")
    met = WouldShape(many=True)


class RuleContestBody(KnownFields):
    said = serializers.CharField(max_length=limits.NOTE)


class AppealAnswerBody(KnownFields):
    answer = serializers.CharField(max_length=limits.NOTE)
    upheld = serializers.ChoiceField(["upheld", "refused"])


class ConsequenceShape(serializers.Serializer):
    """What followed from a rule for one person."""

    id = serializers.UUIDField(source="public_id")
    rule = serializers.UUIDField(source="rule.public_id")
    person = serializers.UUIDField(source="person.public_id")
    action = serializers.CharField(source="rule.action")
    reason = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    appeal = serializers.ChoiceField(["", "open", "upheld", "refused"])
    answer = serializers.CharField()

    def get_reason(self, one: RuleConsequence) -> str:
        return running.reason_of(one)


class ConsequenceList(serializers.Serializer):
    results = ConsequenceShape(many=True)


MOST = 200


class AutomaticRules(Endpoint):
    """What follows by itself when somebody's newest work meets a condition."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List automatic rules", {200: AutomaticRuleList}, operation_id="automatic_rules_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        rows = self.project(project_id, *access.MANAGE).automatic_rules.order_by("-pk")[:MOST]
        return Response({"results": AutomaticRuleShape(rows, many=True).data})

    @described(
        "Switch on an automatic rule", {201: AutomaticRuleShape}, request=AutomaticRuleBody,
        operation_id="automatic_rules_make",
    )  # fmt: skip
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        made = running.make(project, _terms(request), by=self.person)
        made.refresh_from_db()
        return Response(AutomaticRuleShape(made).data, status=201)


class PreviewRule(Endpoint):
    """What a rule would have done in the last four weeks. Writes nothing."""

    scopes = {"POST": (Scope.READ,)}
    has_own_key = True

    @described(
        "Try an automatic rule", {200: RulePreviewShape}, request=AutomaticRuleBody,
        operation_id="automatic_rules_preview",
    )  # fmt: skip
    def post(self, request: Request, project_id: UUID) -> Response:
        found = running.preview(self.project(project_id, *access.MANAGE), _terms(request))
        return Response(RulePreviewShape(found).data)


class AutomaticRuleView(Endpoint):
    """One rule."""

    scopes = {"DELETE": (Scope.MANAGE,)}

    @described("Switch off an automatic rule", {204: None}, operation_id="automatic_rules_stop")
    def delete(self, request: Request, project_id: UUID, rule_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        found = AutomaticRule.objects.select_related("project").filter(project=project, public_id=rule_id).first()
        if found is None:
            raise NotFound()
        running.stop(found, by=self.person)
        return Response(status=204)


class Consequences(Endpoint):
    """What followed from a project's rules, the newest first."""

    scopes = {"GET": (Scope.READ,)}

    @described("List what followed from rules", {200: ConsequenceList}, operation_id="rule_consequences_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        rows = RuleConsequence.objects.filter(rule__project=project).select_related("rule", "person").order_by("-pk")
        return Response({"results": ConsequenceShape(rows[:MOST], many=True).data})


class Contest(Endpoint):
    """Saying what is wrong with what followed for oneself."""

    scopes = {"POST": (Scope.LABEL,)}
    has_own_key = True

    @described("Contest what followed", {204: None}, request=RuleContestBody, operation_id="rule_consequences_contest")
    def post(self, request: Request, consequence_id: UUID) -> Response:
        body = RuleContestBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = RuleConsequence.objects.select_related("rule__project")
        found = rows.filter(public_id=consequence_id, person=self.person).first()
        if found is None:
            raise NotFound()
        running.contest(found, self.person, body.validated_data["said"])
        return Response(status=204)


class AnswerAppeal(Endpoint):
    """Answering somebody who contests what followed; not for whoever made the rule."""

    scopes = {"POST": (Scope.MANAGE,)}
    has_own_key = True

    @described("Answer an appeal", {204: None}, request=AppealAnswerBody, operation_id="rule_consequences_answer")
    def post(self, request: Request, project_id: UUID, consequence_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = AppealAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = RuleConsequence.objects.select_related("rule__project", "exclusion", "person")
        found = rows.filter(rule__project=project, public_id=consequence_id).first()
        if found is None:
            raise NotFound()
        said: dict[str, Any] = body.validated_data
        running.answer(found, said["answer"], by=self.person, upheld=said["upheld"])
        return Response(status=204)


def _terms(request: Request) -> running.Terms:
    body = AutomaticRuleBody(data=request.data)
    body.is_valid(raise_exception=True)
    return running.Terms(**body.validated_data)
