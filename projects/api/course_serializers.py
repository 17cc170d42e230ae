"""Courses, over the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.rule_serializers import PersonShape
from projects.api.serializers import KnownFields, ObjectJSON, PageShape
from projects.api.work_serializers import LessonItem
from projects.models import AssignmentRules, limits
from projects.models.limits import RULES
from projects.reports import qualification
from projects.web.shared.units import in_units, to_millionths
from taskers.models import Skill


class CourseChange(serializers.Serializer):
    """What a course asks and gives. What is left out stays."""

    items_asked = serializers.IntegerField(
        required=False, **RULES["training_tasks"].bounds, help_text="in a try; 0: no course"
    )
    shown = serializers.BooleanField(
        required=False, help_text="for every item: its right answer at once (training), or at the end (qualification)"
    )
    pass_mark = serializers.FloatField(required=False, **RULES["training_pass"].bounds)
    tries = serializers.IntegerField(required=False, **RULES["training_tries"].bounds)
    wait_hours = serializers.IntegerField(required=False, **RULES["training_wait"].bounds)
    skill = serializers.SlugRelatedField(
        slug_field="key", queryset=Skill.objects.all(), required=False, help_text="what passing gives: its key"
    )
    days = serializers.IntegerField(
        required=False,
        allow_null=True,
        **RULES["training_days"].bounds,
        help_text="how long a pass holds; null: for good",
    )
    pay = serializers.DecimalField(
        required=False, **limits.RATE.bounds, help_text="of an item done well, once per person"
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        organization = self.context.get("organization")
        if organization is not None:  # a neighbour's skill is unknown here
            fields["skill"].queryset = Skill.objects.filter(organization=organization)  # type: ignore[attr-defined]
        return fields

    def terms(self) -> dict[str, Any]:
        """As `courses.set_terms` takes them. Call when valid."""
        names = {
            "items_asked": "training_tasks",
            "pass_mark": "training_pass",
            "tries": "training_tries",
            "wait_hours": "training_wait",
            "days": "training_days",
            "pay": "training_rate",
        }
        given = {names.get(name, name): value for name, value in self.validated_data.items()}
        if "training_rate" in given:
            given["training_rate"] = to_millionths(given["training_rate"])
        return given


class CourseItem(serializers.Serializer):
    """An item of a course, and how it fares."""

    task = serializers.UUIDField(source="kept.gold.task.public_id")
    external_id = serializers.CharField(source="kept.gold.task.external_id")
    answer = serializers.DictField(source="kept.gold.answer")
    explanation = serializers.CharField(source="kept.explanation", allow_blank=True)
    shown = serializers.BooleanField(source="kept.shown")
    answered = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="answers below the pass mark")
    common = serializers.CharField(allow_blank=True, help_text="what is most often wrong, in words")


class CourseShape(serializers.Serializer):
    """A project's course: its terms, and its items in their order."""

    items_asked = serializers.IntegerField(source="training_tasks")
    pass_mark = serializers.FloatField(source="training_pass")
    tries = serializers.IntegerField(source="training_tries")
    wait_hours = serializers.IntegerField(source="training_wait")
    skill = serializers.CharField(source="training_skill.key", allow_null=True, default=None)
    days = serializers.IntegerField(source="training_days", allow_null=True)
    pay = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()

    def get_pay(self, row: AssignmentRules) -> str:
        return str(in_units(row.training_rate))

    @extend_schema_field(CourseItem(many=True))
    def get_items(self, row: AssignmentRules) -> Any:
        return CourseItem(qualification.items(row.project, row), many=True).data


class KeepBody(KnownFields):
    """A task of the project with its right answer; without one, its verdict is that."""

    task = serializers.UUIDField()
    answer = ObjectJSON(required=False)


class NewItem(KeepBody):
    explanation = serializers.CharField(
        required=False, allow_blank=True, max_length=limits.EXPLANATION, default="", help_text="Markdown"
    )
    shown = serializers.BooleanField(required=False, default=True)


class ItemChange(serializers.Serializer):
    explanation = serializers.CharField(allow_blank=True, max_length=limits.EXPLANATION, help_text="Markdown")
    shown = serializers.BooleanField()


class OrderBody(KnownFields):
    """Tasks of the course in their new order; those not named follow as they were."""

    tasks = serializers.ListField(child=serializers.UUIDField(), max_length=limits.ORDERED)


class StandingShape(serializers.Serializer):
    """Where one person is with a course, by their newest try."""

    person = PersonShape(source="tasker")
    state = serializers.ChoiceField(["passed", "failed", "under-way", "reset"])
    score = serializers.FloatField(source="attempt.score", allow_null=True)
    best = serializers.FloatField(allow_null=True)
    done = serializers.IntegerField()
    of = serializers.IntegerField(source="attempt.items")
    failures = serializers.IntegerField(help_text="tries that count against them")
    started_at = serializers.DateTimeField(source="attempt.started_at")
    ended_at = serializers.DateTimeField(source="attempt.ended_at", allow_null=True)


class StandingPage(PageShape):
    results = StandingShape(many=True)


class TriesBack(serializers.Serializer):
    tries = serializers.IntegerField(help_text="that count no more")


class OwnTry(serializers.Serializer):
    """A try of one's own, with what may be seen of it."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    passed = serializers.BooleanField(allow_null=True)
    set_aside = serializers.BooleanField(help_text="a manager gave it back")
    done = serializers.IntegerField()
    of = serializers.IntegerField()
    items = LessonItem(many=True)


class TriesShape(serializers.Serializer):
    results = OwnTry(many=True)
