"""Work over the wire: the same objects as in the studio."""

from rest_framework import serializers

from projects.api.shapes import ObjectJSON, StorableJSON
from projects.queue.leases import SKIP_REASONS


class WorkLabel(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.CharField()
    hotkey = serializers.CharField(allow_blank=True)
    retired = serializers.BooleanField()


class WorkProject(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    task_type = serializers.CharField()
    instructions_html = serializers.CharField(allow_blank=True)
    copilot = serializers.BooleanField()
    labels = WorkLabel(many=True)


class WorkImage(serializers.Serializer):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class WorkTask(serializers.Serializer):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    payload = serializers.DictField()
    image = WorkImage(allow_null=True)


class WorkDraft(serializers.Serializer):
    version = serializers.IntegerField()
    answer = serializers.DictField()


class WorkAssignment(serializers.Serializer):
    """A piece of work in the asker's hands until `deadline`; `token` proves it on every later call."""

    id = serializers.UUIDField()
    token = serializers.UUIDField()
    kind = serializers.CharField()
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


class ClaimShape(serializers.Serializer):
    """The next piece of work, or why there is none: one of the two is null."""

    assignment = WorkAssignment(allow_null=True)
    nothing = NothingShape(allow_null=True)


class SubmittedId(serializers.Serializer):
    id = serializers.UUIDField()


class SubmittedShape(ClaimShape):
    """What was handed in, and the next piece of work."""

    submitted = SubmittedId()


class TokenOnly(serializers.Serializer):
    token = serializers.UUIDField()


class DeadlineShape(serializers.Serializer):
    deadline = serializers.DateTimeField()


class DraftBody(TokenOnly):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="the one this builds on, 0 at first")
    answer = ObjectJSON()


class VersionShape(serializers.Serializer):
    version = serializers.IntegerField()


class SubmitBody(TokenOnly):
    answer = StorableJSON()
    active_ms = serializers.IntegerField(required=False, min_value=0, max_value=2**53, default=0)
    refused = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=5000
    )


class SkipBody(TokenOnly):
    reason = serializers.ChoiceField(sorted(SKIP_REASONS))
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
