"""Who may work on what, over the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.serializers import KnownFields, ObjectJSON, PageShape
from projects.models import Assignment, AssignmentRules, ConflictOfInterest, Exclusion, PooledGold, Requirement, limits
from projects.models.limits import RULES
from projects.queue.leases import SKIP_MODES, SKIP_REASONS
from projects.web.shared.units import in_units, to_millionths
from taskers.models import Skill
from taskers.models.limits import SKILL_KEY, SKILL_NAME, SKILL_NOTE, SKILL_VALUE


class RequirementShape(serializers.Serializer):
    """A skill that is asked for. `value` is for `at_least`, `values` for `in`."""

    skill = serializers.SlugRelatedField(slug_field="key", queryset=Skill.objects.all(), help_text="its key")
    comparator = serializers.ChoiceField(Requirement.Comparator.values, default=Requirement.Comparator.EXISTS)
    value = serializers.FloatField(required=False, allow_null=True, default=None, **SKILL_VALUE.bounds)
    values = serializers.ListField(
        child=serializers.FloatField(**SKILL_VALUE.bounds),
        required=False,
        default=list,
        max_length=limits.REQUIRED_VALUES,
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        organization = self.context.get("organization")
        if organization is not None:  # a neighbour's skill is unknown here
            fields["skill"].queryset = Skill.objects.filter(organization=organization)  # type: ignore[attr-defined]
        return fields


class RulesShape(serializers.Serializer):
    """A project's rules. What is left out of a change stays; null takes a limit away."""

    priority = serializers.IntegerField(required=False, **limits.PRIORITY.bounds)
    lease_seconds = serializers.IntegerField(required=False, **limits.SETTINGS["lease_seconds"].bounds)
    mode = serializers.ChoiceField(
        AssignmentRules.Mode.values,
        required=False,
        help_text="`pool`; in-house by `lists`; or by `choice`: lists first, and any free task by its name",
    )
    standing_floor = serializers.FloatField(required=False, **RULES["standing_floor"].bounds)
    standing_evidence = serializers.FloatField(
        required=False, **RULES["standing_evidence"].bounds, help_text="graded work before the floor is asked"
    )
    daily_tasks = serializers.IntegerField(required=False, allow_null=True, **RULES["daily_tasks"].bounds)
    daily_earnings = serializers.DecimalField(
        required=False,
        allow_null=True,
        **limits.DAILY.bounds,
        normalize_output=True,
        help_text="promised to one person in a day, in units of the organization's currency",
    )
    gold_share = serializers.FloatField(required=False, **RULES["gold_share"].bounds)
    gold_uses = serializers.IntegerField(required=False, **RULES["gold_uses"].bounds)
    reporters = serializers.IntegerField(
        required=False, **RULES["reporters"].bounds, help_text="people who must report a task before it is withheld"
    )
    reports_daily = serializers.IntegerField(
        required=False, **RULES["reports_daily"].bounds, help_text="tasks that one person may report in a day, at most"
    )
    reports_share = serializers.FloatField(
        required=False, **RULES["reports_share"].bounds, help_text="of what they hand in, beside the first few"
    )
    skip_modes = serializers.DictField(
        child=serializers.ChoiceField(SKIP_MODES), required=False, help_text=f"by reason: {', '.join(SKIP_REASONS)}"
    )
    requirements: Any = serializers.ListSerializer(
        child=RequirementShape(),
        required=False,
        max_length=limits.REQUIREMENTS,
        help_text="if given, these become all there are",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if value.get("daily_earnings") is not None:
            value["daily_earnings"] = to_millionths(value["daily_earnings"])
        return value

    def to_representation(self, instance: AssignmentRules) -> dict[str, Any]:
        earnings, project = instance.daily_earnings, instance.project
        asked = Requirement.objects.filter(project=project).select_related("skill").order_by("pk")
        return {
            "priority": project.priority,
            "lease_seconds": project.settings_now().lease_seconds,
            "mode": instance.mode,
            "standing_floor": instance.standing_floor,
            "standing_evidence": instance.standing_evidence,
            "daily_tasks": instance.daily_tasks,
            "daily_earnings": None if earnings is None else str(in_units(earnings)),
            "gold_share": instance.gold_share,
            "gold_uses": instance.gold_uses,
            "reporters": instance.reporters,
            "reports_daily": instance.reports_daily,
            "reports_share": instance.reports_share,
            "skip_modes": instance.skip_modes,
            "requirements": RequirementShape(asked, many=True).data,
        }


class BarrierShape(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField(source="words")
    people = serializers.IntegerField(source="number")


class QualifyingShape(serializers.Serializer):
    """How many of a project's taskers may work now, and what keeps the others."""

    taskers = serializers.IntegerField(source="number")
    may = serializers.IntegerField()
    excluded = BarrierShape(source="kept", many=True)


class BatchPlace(serializers.Serializer):
    """How soon a batch is wanted; both are set."""

    priority = serializers.IntegerField(**limits.PRIORITY.bounds)
    deadline = serializers.DateTimeField(allow_null=True)


class PersonShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__")


class LeaseShape(serializers.Serializer):
    """A piece of work that somebody holds."""

    assignment = serializers.UUIDField(source="public_id")
    task = serializers.UUIDField(source="task.public_id")
    external_id = serializers.CharField(source="task.external_id")
    kind = serializers.ChoiceField(Assignment.Kind.values)
    tasker = PersonShape()
    held_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField()


class LeasesShape(serializers.Serializer):
    """Those that run out first, 300 at most."""

    results = LeaseShape(many=True)
    more = serializers.BooleanField()


class ReleaseBody(KnownFields):
    """One of the two: a piece of work, or all that a person holds in the project."""

    assignment = serializers.UUIDField(required=False)
    person = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Name an assignment or a person.")
        return attrs


class ReleasedShape(serializers.Serializer):
    released = serializers.IntegerField(help_text="pieces of work that others get now")


class NewExclusion(KnownFields):
    """Keep somebody from `project`, or from all of the organization's where it is left out."""

    tasker = serializers.UUIDField()
    project = serializers.UUIDField(required=False, allow_null=True, default=None)
    kind = serializers.ChoiceField(Exclusion.Kind.values)
    reason = serializers.CharField(max_length=limits.REASON, help_text="they read it")
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ExclusionShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    tasker = PersonShape()
    project = serializers.UUIDField(source="project.public_id", allow_null=True, default=None)
    kind = serializers.ChoiceField(Exclusion.Kind.values)
    reason = serializers.CharField()
    made_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class ExclusionPage(PageShape):
    results = ExclusionShape(many=True)


class NewConflict(KnownFields):
    """Two people who must not judge the same task."""

    one = serializers.UUIDField()
    other = serializers.UUIDField()
    relation = serializers.ChoiceField(ConflictOfInterest.Relation.values)
    note = serializers.CharField(required=False, allow_blank=True, max_length=limits.PAIR_NOTE, default="")


class ConflictShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    people = serializers.SerializerMethodField()
    relation = serializers.ChoiceField(ConflictOfInterest.Relation.values)
    note = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()

    @extend_schema_field(PersonShape(many=True))
    def get_people(self, pair: ConflictOfInterest) -> list[dict[str, Any]]:
        return list(PersonShape([pair.first, pair.second], many=True).data)


class ConflictPage(PageShape):
    results = ConflictShape(many=True)


class SkillShape(serializers.Serializer):
    key = serializers.SlugField(max_length=SKILL_KEY, read_only=True)
    name = serializers.CharField(max_length=SKILL_NAME)
    kind = serializers.ChoiceField(Skill.Kind.values, default=Skill.Kind.SKILL)


class SkillList(serializers.Serializer):
    results = SkillShape(many=True)


class GrantBody(KnownFields):
    value = serializers.FloatField(required=False, default=1.0, **SKILL_VALUE.bounds)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=SKILL_NOTE, default="")


class QualificationShape(serializers.Serializer):
    """One person's value in a skill."""

    person = PersonShape()
    value = serializers.FloatField()
    expires_at = serializers.DateTimeField(allow_null=True)
    granted_at = serializers.DateTimeField()
    note = serializers.CharField(allow_blank=True)


class QualificationPage(PageShape):
    results = QualificationShape(many=True)


class GoldShape(serializers.Serializer):
    """A gold task, and how it fares."""

    task = serializers.UUIDField(source="kept.gold.task.public_id")
    external_id = serializers.CharField(source="kept.gold.task.external_id")
    pool = serializers.ChoiceField(PooledGold.Pool.values, source="kept.pool")
    uses = serializers.IntegerField(source="kept.uses")
    scored = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True, help_text="of the scores, in [0, 1]")
    retired_at = serializers.DateTimeField(source="kept.retired_at", allow_null=True)
    retired_why = serializers.CharField(source="kept.retired_why", allow_blank=True)
    doubtful_since = serializers.DateTimeField(source="kept.suspect_at", allow_null=True)
    doubtful_why = serializers.CharField(source="kept.suspect_why", allow_blank=True)


class GoldPage(PageShape):
    results = GoldShape(many=True)


class GoldAnswerBody(KnownFields):
    answer = ObjectJSON()


class KeepManyBody(KnownFields):
    number = serializers.IntegerField(**limits.GOLD_AT_ONCE.bounds)
    least = serializers.FloatField(
        **limits.SHARE.bounds, required=False, default=0.95, help_text="how sure a verdict is that no reviewer gave"
    )


class ManyKept(serializers.Serializer):
    kept = serializers.IntegerField()


class GoldMove(KnownFields):
    move = serializers.ChoiceField(
        ["retire", "restore", "work", "course", "mix"],
        help_text="one that is retired becomes ordinary work (`work`), an item of the course, or gold (`mix`)",
    )
    why = serializers.CharField(required=False, allow_blank=True, max_length=limits.RETIRED_WHY, default="")
