"""Verdicts and tasks as they go over the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.serializers import PageShape
from projects.models import Posterior, Task, Verdict, VerdictGone

FEED_KINDS = ["decided", "superseded", *VerdictGone.Why.values]


class VerdictShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    task = serializers.UUIDField(source="task.public_id")
    external_id = serializers.CharField(source="task.external_id")
    answer = serializers.DictField()
    confidence = serializers.FloatField()
    method = serializers.CharField()
    settings_version = serializers.IntegerField()
    decided_by = serializers.UUIDField(
        source="decided_by.public_id", allow_null=True, default=None, help_text="the reviewer, if one decided"
    )
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class FeedLine(VerdictShape):
    """A verdict that stands, or the word that a task's verdict stands no longer here, or that none will come: then only
    `task`, `external_id`, `state`, `kind` and `at` are said."""

    state = serializers.ChoiceField(["decided", *VerdictGone.Why.values], default="decided")
    kind = serializers.ChoiceField(
        FEED_KINDS, default="decided", help_text="as `state`, but `superseded` where it takes the place of another"
    )
    supersedes = serializers.UUIDField(
        allow_null=True,
        default=None,
        help_text="the verdict whose place it takes, whether you were told of that or not",
    )
    id = serializers.UUIDField(source="public_id", allow_null=True)
    answer = serializers.DictField(allow_null=True)
    labels = serializers.DictField(
        child=serializers.CharField(), allow_null=True, default=None, help_text="the names of its labels, by their keys"
    )
    confidence = serializers.FloatField(allow_null=True)
    method = serializers.CharField(allow_null=True)
    settings_version = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(allow_blank=True, allow_null=True)

    def to_representation(self, instance: Verdict | VerdictGone) -> dict[str, Any]:
        if isinstance(instance, VerdictGone):
            said = {"task": str(instance.task_public_id), "external_id": instance.external_id}
            said |= {"state": instance.why, "kind": instance.why}
            return dict.fromkeys(self.fields) | said | {"at": self.fields["at"].to_representation(instance.at)}
        before = self.context.get("superseded", {}).get(instance.pk)
        kind = "superseded" if before else "decided"
        return super().to_representation(instance) | {
            "labels": self.context["labels_of"](instance.answer) if "labels_of" in self.context else {},
            "state": "decided",
            "kind": kind,
            "supersedes": str(before) if before else None,
        }


class VerdictPage(PageShape):
    results = FeedLine(many=True)


class VerdictList(serializers.Serializer):
    results = VerdictShape(many=True)


PRIORITY = "1: handed out before the others of its batch"


class TaskShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id")
    batch = serializers.UUIDField(source="batch.public_id")
    external_id = serializers.CharField()
    payload = serializers.DictField()
    wanted = serializers.IntegerField()
    withheld = serializers.ChoiceField(Task.Withheld.values, allow_blank=True)
    priority = serializers.IntegerField(help_text=PRIORITY)
    created_at = serializers.DateTimeField()
    gain = serializers.SerializerMethodField(
        help_text="bits that one more judgement would be expected to tell; null where nothing was weighed yet"
    )
    verdict = serializers.SerializerMethodField()

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_gain(self, task: Task) -> float | None:
        return Posterior.objects.filter(task=task).values_list("gain", flat=True).first()

    @extend_schema_field(VerdictShape(allow_null=True))
    def get_verdict(self, task: Task) -> dict[str, Any] | None:
        found = Verdict.objects.current().filter(task=task).select_related("task", "decided_by").first()
        return VerdictShape(found).data if found else None
