"""Work over the wire: the same objects as in the studio."""

from rest_framework import serializers

from projects.api.rule_serializers import PersonShape
from projects.api.serializers import AttributeShape, KnownFields, ObjectJSON, StorableJSON
from projects.models import limits
from projects.queue.leases import SKIP_REASONS
from projects.task_types.preference import PAIR


class WorkLabel(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.CharField()
    hotkey = serializers.CharField(allow_blank=True)
    retired = serializers.BooleanField()
    shapes = serializers.ListField(child=serializers.CharField())
    attributes = AttributeShape(many=True)


class WorkProject(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    task_type = serializers.CharField()
    instructions_html = serializers.CharField(allow_blank=True)
    instructions_language = serializers.CharField(
        allow_blank=True, help_text="empty where they are in no language that a page can be in, or nobody said which"
    )
    copilot = serializers.BooleanField()
    labels = WorkLabel(many=True)


class WorkImage(serializers.Serializer):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class WorkTask(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="a short one, drawn: it tells nothing of where the task came from")
    payload = serializers.DictField(help_text="what there is to judge; without names of files and without `meta`")
    image = WorkImage(allow_null=True)
    images = serializers.DictField(child=WorkImage(), required=False, help_text="of a pair, by candidate")
    left = serializers.ChoiceField(PAIR, required=False, help_text="of a pair, which to show on the left")


class WorkDraft(serializers.Serializer):
    version = serializers.IntegerField()
    answer = serializers.DictField()


class CourseProgress(serializers.Serializer):
    """How far a course has come; null for work that isn't part of one."""

    done = serializers.IntegerField()
    of = serializers.IntegerField()


class WorkAssignment(serializers.Serializer):
    """A piece of work in the asker's hands until `deadline`; `token` proves it on every later call."""

    id = serializers.UUIDField()
    token = serializers.UUIDField()
    kind = serializers.CharField()
    course = CourseProgress(allow_null=True)
    deadline = serializers.DateTimeField()
    lease_seconds = serializers.IntegerField()
    project = WorkProject()
    task = WorkTask()
    draft = WorkDraft(allow_null=True)
    pay = serializers.CharField()


class NothingShape(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()
    retry_seconds = serializers.IntegerField(allow_null=True)


class SuggestionsQuery(KnownFields):
    """Whether the work comes with suggestions."""

    suggestions = serializers.BooleanField(
        required=False, default=False, help_text="`true`: wait for suggestions and send them along"
    )


class SuggestionProblem(serializers.Serializer):
    code = serializers.CharField(help_text="`copilot-off`, `copilot-down`, `too-slow` …, as over the websocket")
    text = serializers.CharField()


class SuggestionsShape(serializers.Serializer):
    """Suggestions of the copilot for a piece of work, and why some or all are missing."""

    capability = serializers.CharField(allow_blank=True, help_text="segment, spans or classify")
    model = serializers.CharField(allow_blank=True, help_text="name@version")
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="messages as over the websocket: `spans`, `classes`, `regions`, `boxes`, `masks` or `words`",
    )
    problem = SuggestionProblem(allow_null=True, help_text="why suggestions are missing; null where none are missing")


class ClaimShape(serializers.Serializer):
    """The next piece of work, or why there is none: one of the two is null."""

    assignment = WorkAssignment(allow_null=True)
    nothing = NothingShape(allow_null=True)
    suggestions = SuggestionsShape(
        required=False, allow_null=True, help_text="only of a claim with `?suggestions=true`"
    )


class SubmittedId(serializers.Serializer):
    id = serializers.UUIDField()


class PictureSize(serializers.Serializer):
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class LessonItem(serializers.Serializer):
    """One's own answer to an item of a course beside the right one, and what differs, in words."""

    task = serializers.UUIDField()
    name = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    picture = serializers.CharField(allow_null=True)
    second = serializers.CharField(allow_null=True, help_text="of a pair, its second candidate's picture")
    size = PictureSize(allow_null=True)
    answer = serializers.DictField()
    known = serializers.DictField()
    explanation = serializers.CharField(allow_blank=True)
    explanation_html = serializers.CharField(allow_blank=True, help_text="the same without anything that could act")
    score = serializers.FloatField()
    differences = serializers.ListField(child=serializers.CharField())
    close = serializers.ListField(child=serializers.CharField(), help_text="what is off and counts as right")


class LessonResult(serializers.Serializer):
    passed = serializers.BooleanField()
    score = serializers.FloatField()
    pass_mark = serializers.FloatField()
    text = serializers.CharField()


class LessonShape(serializers.Serializer):
    """What a course says after an item: what may be seen now, how far it has come, and how it ended, once it has."""

    id = serializers.UUIDField(help_text="the annotation's")
    items = LessonItem(many=True)
    done = serializers.IntegerField()
    of = serializers.IntegerField()
    result = LessonResult(allow_null=True)


class SubmittedShape(ClaimShape):
    """What was handed in, what a course says of it (null for all other work), and the next piece of work."""

    submitted = SubmittedId()
    lesson = LessonShape(allow_null=True)


class TokenOnly(serializers.Serializer):
    token = serializers.UUIDField()


ANY_HELP = "go on with the most useful work of any project"


class DeadlineShape(serializers.Serializer):
    deadline = serializers.DateTimeField()


class DraftBody(TokenOnly):
    version = serializers.IntegerField(**limits.VERSION.bounds, help_text="the one this builds on, 0 at first")
    answer = ObjectJSON()


class VersionShape(serializers.Serializer):
    version = serializers.IntegerField()


class SubmitBody(TokenOnly):
    answer = StorableJSON()
    active_ms = serializers.IntegerField(required=False, **limits.ACTIVE_MS.bounds, default=0)
    rejected = serializers.ListField(
        child=serializers.CharField(max_length=limits.SUGGESTION),
        required=False,
        default=list,
        max_length=limits.REFUSED,
    )
    confidence = serializers.FloatField(
        required=False, allow_null=True, default=None, **limits.SHARE.bounds, help_text="of a model annotator"
    )
    any = serializers.BooleanField(required=False, default=False, help_text=ANY_HELP)


class SkipBody(TokenOnly):
    reason = serializers.ChoiceField(sorted(SKIP_REASONS))
    note = serializers.CharField(required=False, allow_blank=True, max_length=limits.NOTE, default="")
    any = serializers.BooleanField(required=False, default=False, help_text=ANY_HELP)


class JudgementShape(serializers.Serializer):
    """One answer to a task, with who gave it."""

    id = serializers.UUIDField(source="assignment.public_id")
    tasker = PersonShape()
    answer = serializers.DictField()
    at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(source="assignment.voided_at", allow_null=True)
    void_reason = serializers.CharField(source="assignment.void_reason", allow_blank=True)


class JudgementList(serializers.Serializer):
    results = JudgementShape(many=True)


class ReworkBody(KnownFields):
    judgement = serializers.UUIDField()
    reason = serializers.CharField(max_length=limits.VOID_REASON, help_text="kept with the answer that counts no more")


class NamedBody(KnownFields):
    task = serializers.UUIDField()


class ListEntry(serializers.Serializer):
    task = serializers.UUIDField(source="id")
    code = serializers.CharField(help_text="as taskers see it")
    state = serializers.CharField(help_text="in words")
    opens = serializers.BooleanField(help_text="whether it may be claimed by name now")


class WorkListShape(serializers.Serializer):
    results = ListEntry(many=True, source="entries")
    next = serializers.CharField(source="after", allow_blank=True, help_text="`after` of the next page; empty: the end")
