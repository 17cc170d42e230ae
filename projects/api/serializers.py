"""What goes over the wire, typed: the API's description is made of these."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.configuration import methods, review_rule
from projects.models import Batch, Project, ProjectSettings, limits
from projects.models.limits import SETTINGS
from projects.task_types import TASK_TYPES, asked_fields
from projects.task_types.region_shapes import SHAPES
from projects.task_types.shape import clipped
from projects.web.shared import storable
from projects.web.shared.units import in_units, to_millionths
from taskers.errors import sentence

MAX_LIMIT = 200
GO_ON = _("Give the `next` of the page before, or leave this out to begin.")
CHOOSE = _("This isn't known here. Give one of:")


@extend_schema_field(OpenApiTypes.ANY)
class StorableJSON(serializers.JSONField):
    """JSON that PostgreSQL can store: no NUL, no half of a surrogate pair."""

    def to_internal_value(self, data: Any) -> Any:
        if fault := storable.fault(data):
            raise serializers.ValidationError(fault)
        return data


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectJSON(StorableJSON):
    """A JSON object."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if not isinstance(value, dict):
            raise serializers.ValidationError("Expected an object.")
        return value


class DefaultField(serializers.CharField):
    """What a mark begins with, in words: a choice, a text, a number, true or false."""

    def to_representation(self, value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)


class ProblemShape(serializers.Serializer):
    """An error (RFC 9457). `code` is for programs and never changes its meaning; `place` says where in the input."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    request = serializers.CharField(required=False, help_text="the request's id, as in `X-Request-ID`")


class KnownFields(serializers.Serializer):
    """What is asked or sent: a name that isn't known here is refused, lest a filter be dropped without a word."""

    taken_without_effect: frozenset[str] = frozenset()

    def get_fields(self) -> dict[str, Any]:
        """Those that are declared; one that chooses says from what."""
        found = super().get_fields()
        for one in found.values():
            chooser = getattr(one, "child", one)
            if isinstance(chooser, serializers.ChoiceField):
                choices = ", ".join(str(key) for key in chooser.choices if key != "")
                chooser.error_messages["invalid_choice"] = format_lazy("{said} {choices}", said=CHOOSE, choices=choices)
        return found

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            for name in sorted(map(str, data.keys() - self.fields.keys() - self.taken_without_effect))[:1]:
                said = sentence("The field “%(shown)s” is not known here.", shown=clipped(name))
                raise serializers.ValidationError({clipped(name): [said]}, code="unknown-field")
        return super().to_internal_value(data)


class PageQuery(KnownFields):
    """Which page of a list: `after` is the `next` of the page before."""

    after = serializers.RegexField(
        r"^\d{1,18}$", required=False, help_text="`next` of the page before", error_messages={"invalid": GO_ON}
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_LIMIT, default=50)


class AttributeShape(KnownFields):
    """What is asked of each part with the label."""

    key = serializers.CharField(max_length=limits.KEY, required=False, help_text="made from the name if left out")
    name = serializers.CharField(max_length=limits.KEY)
    kind = serializers.ChoiceField(["choice", "flag", "number", "text"])
    choices = serializers.ListField(
        child=serializers.CharField(max_length=limits.KEY), required=False, max_length=int(limits.CHOICES.most)
    )
    required: Any = serializers.BooleanField(required=False, help_text="whether nothing is handed in without it")
    counts = serializers.BooleanField(required=False, help_text="whether people must agree on it; else it is collected")
    default: Any = DefaultField(
        max_length=limits.KEY, required=False, allow_null=True, allow_blank=True, help_text="what marks begin with"
    )


class LabelShape(KnownFields):
    key = serializers.RegexField(
        r"^[-\w]+$", max_length=limits.KEY, required=False, help_text="made from the name if left out"
    )
    name = serializers.CharField(max_length=limits.LABEL_NAME)
    colour = serializers.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    hotkey = serializers.RegexField(r"^[0-9a-zA-Z]$", required=False, allow_blank=True)
    shapes = serializers.ListField(
        child=serializers.ChoiceField(list(SHAPES)),
        required=False,
        min_length=1,
        help_text="what a region may be; masks",
    )
    attributes: Any = serializers.ListSerializer(child=AttributeShape(), required=False, max_length=limits.ATTRIBUTES)
    field = serializers.CharField(
        max_length=asked_fields.NAME,
        required=False,
        allow_blank=True,
        help_text="of a classification: whose choice it is; the first's",
    )
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_key",
        max_length=limits.LABEL_NAME,
        required=False,
        allow_blank=True,
        help_text="key of the label it lies under",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        return value | ({"parent": value.pop("parent_key")} if "parent_key" in value else {})


class WhenShape(KnownFields):
    """Asked only where an earlier field is something."""

    field = serializers.CharField(max_length=asked_fields.KEY)

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"is": serializers.CharField(max_length=limits.KEY, help_text="a label's key")}


class FieldShape(KnownFields):
    """What a classification asks for. Choices are the project's labels."""

    key = serializers.CharField(max_length=asked_fields.KEY, required=False, help_text="made from the name if left out")
    name = serializers.CharField(max_length=asked_fields.NAME)
    kind = serializers.ChoiceField(list(asked_fields.KINDS))
    required = serializers.BooleanField(required=False, default=True)  # type: ignore[assignment]
    counts = serializers.BooleanField(required=False, help_text="whether people must agree on it; if it is required")
    weight = serializers.FloatField(
        min_value=asked_fields.LIGHTEST,
        max_value=asked_fields.HEAVIEST,
        required=False,
        help_text="how many times it counts, which is once; 0 is only collected",
    )
    when = WhenShape(required=False)
    min = serializers.FloatField(required=False, help_text="of a number, with max")
    max = serializers.FloatField(required=False)
    step = serializers.FloatField(required=False)
    unit = serializers.CharField(max_length=asked_fields.UNIT, required=False)
    longest = serializers.IntegerField(
        min_value=1, max_value=asked_fields.LONGEST_SAID, required=False, help_text="characters of a text"
    )


class ThresholdsShape(KnownFields):
    """Shares in [0, 1]. `iou` is for regions, `span_match` for spans."""

    agreement = serializers.FloatField(**limits.THRESHOLDS["agreement"].bounds, required=False)
    iou = serializers.FloatField(**limits.THRESHOLDS["iou"].bounds, required=False)
    span_match = serializers.ChoiceField(["exact", "overlap"], required=False)


class ReviewRuleShape(KnownFields):
    """Which tasks a reviewer looks at although their answers decide them; any of these is enough."""

    share = serializers.FloatField(**limits.SHARE.bounds, required=False, help_text="of tasks, drawn by chance")
    below = serializers.FloatField(**limits.SHARE.bounds, required=False, help_text="confidence")
    standing = serializers.FloatField(**limits.SHARE.bounds, required=False, help_text="of anybody who answered, below")
    labels = serializers.ListField(
        child=serializers.CharField(max_length=limits.KEY), max_length=limits.LABELS, required=False
    )
    when = serializers.ChoiceField(
        [review_rule.BEFORE, review_rule.AFTER], required=False, help_text="the verdict: paid at once only with `after`"
    )


PAID = {"rate", "unit_rate", "hourly_rate", "review_rate"}  # settings that are money


class SettingsShape(KnownFields):
    """What a project asks for; what is left out keeps its default."""

    instructions = serializers.CharField(
        max_length=limits.INSTRUCTIONS, required=False, allow_blank=True, trim_whitespace=False, help_text="Markdown"
    )
    instructions_by_language = serializers.DictField(
        child=serializers.CharField(max_length=limits.INSTRUCTIONS, allow_blank=True, trim_whitespace=False),
        required=False,
        help_text="the code of a language, or the key of one that taskers declare -> Markdown; else `instructions`",
    )
    wanted = serializers.IntegerField(**SETTINGS["wanted"].bounds, required=False, help_text="judgements per task")
    rate = serializers.DecimalField(
        **limits.RATE.bounds,
        required=False,
        normalize_output=True,
        help_text="in units of the organization's currency, for one accepted judgement",
    )
    unit_rate = serializers.DecimalField(
        **limits.RATE.bounds,
        required=False,
        normalize_output=True,
        help_text="beside the rate, for each region of an image or word of a text",
    )
    hourly_rate = serializers.DecimalField(
        **limits.RATE.bounds, required=False, normalize_output=True, help_text="beside it, for an hour of active time"
    )
    paid_seconds = serializers.IntegerField(
        **SETTINGS["paid_seconds"].bounds, required=False, help_text="of one piece of work, at most"
    )
    review_rate = serializers.DecimalField(
        **limits.RATE.bounds, required=False, normalize_output=True, help_text="for one review"
    )
    raise_percent = serializers.IntegerField(
        **SETTINGS["raise_percent"].bounds, required=False, help_text="of the rate, more for whom accuracy is shown"
    )
    raise_from = serializers.FloatField(
        **SETTINGS["raise_from"].bounds,
        required=False,
        help_text="where the interval of their accuracy begins, at least",
    )
    lease_seconds = serializers.IntegerField(**SETTINGS["lease_seconds"].bounds, required=False)
    file_order = serializers.BooleanField(required=False, help_text="hand out in file order; excludes unseen gold")
    depth_first = serializers.BooleanField(
        required=False, help_text="finish tasks that were begun before others are handed out"
    )
    copilot = serializers.BooleanField(required=False)
    label_mapping = serializers.DictField(
        child=serializers.CharField(max_length=limits.KEY),
        required=False,
        help_text="the model's label -> a label's key",
    )
    minimum_score = serializers.FloatField(**SETTINGS["minimum_score"].bounds, required=False)
    aggregation = serializers.ChoiceField(
        sorted(methods.TOLD), required=False, help_text="how answers become a verdict; must fit the task type"
    )
    most = serializers.IntegerField(
        **SETTINGS["most"].bounds,
        required=False,
        allow_null=True,
        help_text="judgements per task at most, while unsure",
    )
    target = serializers.FloatField(**SETTINGS["target"].bounds, required=False, help_text="sure enough from")
    audit_share = serializers.FloatField(
        **SETTINGS["audit_share"].bounds,
        required=False,
        help_text="of all tasks, drawn by chance: reviewers look at the verdict, which calibrates the method",
    )
    review = ReviewRuleShape(required=False, help_text="what a reviewer looks at besides")
    budget = serializers.FloatField(
        **SETTINGS["budget"].bounds,
        required=False,
        allow_null=True,
        help_text="judgements per task on average; more than are wanted go to the least sure tasks",
    )
    thresholds = ThresholdsShape(required=False)
    pay_floor = serializers.FloatField(**SETTINGS["pay_floor"].bounds, required=False)
    shows_verdicts = serializers.BooleanField(
        required=False, help_text="whether taskers may look at their own answers beside what was decided"
    )
    correction_minutes = serializers.IntegerField(
        **SETTINGS["correction_minutes"].bounds,
        required=False,
        help_text="how long a tasker may correct what they handed in; nothing of it is decided or paid before",
    )
    fields_asked: Any = serializers.ListSerializer(
        child=FieldShape(), source="fields", required=False, max_length=asked_fields.MOST
    )
    grid = serializers.IntegerField(
        **SETTINGS["grid"].bounds, required=False, help_text="images of a classification decided on one screen"
    )
    empty_usual = serializers.BooleanField(
        required=False, help_text="answers without a mark are usual: the studio doesn't ask before one is handed in"
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        return value | {name: to_millionths(value[name]) for name in PAID & value.keys()}

    def to_representation(self, instance: ProjectSettings) -> dict[str, Any]:
        for name in PAID:
            setattr(instance, name, in_units(getattr(instance, name)))
        return super().to_representation(instance)


class NewProject(SettingsShape):
    name = serializers.CharField(max_length=limits.NAME)
    task_type = serializers.ChoiceField(sorted(TASK_TYPES))
    labels: Any = serializers.ListSerializer(child=LabelShape(), required=False, max_length=limits.LABELS)
    draft = serializers.BooleanField(
        required=False, help_text="hand out nothing until it is moved to `live`; otherwise it is live at once"
    )


class ProjectShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    task_type = serializers.ChoiceField(sorted(TASK_TYPES))
    state = serializers.ChoiceField(Project.State.values)
    currency = serializers.CharField(source="organization.currency")
    settings_version = serializers.SerializerMethodField()
    settings = serializers.SerializerMethodField()
    labels = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_settings_version(self, project: Project) -> int:
        return project.settings_now().version

    @extend_schema_field(SettingsShape)
    def get_settings(self, project: Project) -> dict[str, Any]:
        return SettingsShape(project.settings_now()).data

    @extend_schema_field(LabelShape(many=True))
    def get_labels(self, project: Project) -> list[dict[str, Any]]:
        return list(LabelShape(project.labels.in_use().select_related("parent"), many=True).data)


class ProjectLine(serializers.Serializer):
    """A project in a list."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    task_type = serializers.ChoiceField(sorted(TASK_TYPES))
    state = serializers.ChoiceField(Project.State.values)


class PageShape(serializers.Serializer):
    """Lists come in pages: ask again with `after` = `next` while `more` is true."""

    next = serializers.CharField(allow_null=True)
    more = serializers.BooleanField()


class ProjectPage(PageShape):
    results = ProjectLine(many=True)


class NewBatch(KnownFields):
    name = serializers.CharField(max_length=limits.NAME)
    priority = serializers.IntegerField(required=False, **limits.PRIORITY.bounds)
    deadline = serializers.DateTimeField(required=False, allow_null=True)


class ProgressShape(serializers.Serializer):
    """Added up by a worker about a second after things happen."""

    tasks = serializers.IntegerField()
    wanted = serializers.IntegerField(help_text="judgements")
    submitted = serializers.IntegerField(help_text="judgements")
    decided = serializers.IntegerField(help_text="tasks")
    in_review = serializers.IntegerField(help_text="tasks")


class BatchShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id")
    name = serializers.CharField()
    state = serializers.ChoiceField(Batch.State.values)
    priority = serializers.IntegerField()
    deadline = serializers.DateTimeField(allow_null=True)
    progress = ProgressShape()
    created_at = serializers.DateTimeField()


class BatchPage(PageShape):
    results = BatchShape(many=True)


class BatchMove(KnownFields):
    state = serializers.ChoiceField(["live", "paused", "closed", "cancelled"])
