"""What was answered, and what is held to be true."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.promises import Assignment
from projects.models.work import Task
from taskers.models import Person
from taskers.models.append_only import kept_or_archived

# Answers leave with their task, once the archive has it.
ARCHIVED = "EXISTS (SELECT FROM projects_archivedtask t WHERE t.id = OLD.task_id)"


class AnswerTimes(NamedTuple):
    """When an imported answer was given at its source, and how long an answer took; None where nobody knows."""

    answered_at: datetime | None = None
    duration_ms: int | None = None

    @classmethod
    def of_annotation(
        cls, source_answered_at: datetime | None, source_duration_ms: int | None, active_ms: int
    ) -> "AnswerTimes":
        """Of an annotation by its columns: of an imported one what its file says, of one made here its active time."""
        return cls(source_answered_at, source_duration_ms if source_duration_ms is not None else active_ms or None)

    @classmethod
    def together(cls, answers: Sequence["AnswerTimes"]) -> "AnswerTimes":
        """Of what several answers decided: the latest date, and the sum of their durations."""
        dates = [answer.answered_at for answer in answers if answer.answered_at is not None]
        durations = [answer.duration_ms for answer in answers if answer.duration_ms is not None]
        return cls(max(dates, default=None), sum(durations) if durations else None)


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def counting(self) -> "AnnotationQuerySet":
        """The judgements that a verdict may rest on: submitted, not voided, and the newest where one was corrected."""
        return self.current().filter(
            assignment__kind="judge", assignment__state="submitted", assignment__voided_at=None
        )

    def current(self) -> "AnnotationQuerySet":
        """Those that no correction took the place of."""
        return self.filter(superseded_at=None)


class Annotation(models.Model):
    """Work that was handed in. Never lost, changed or overwritten: the database refuses. A correction is a new one,
    which supersedes the one before; one of each assignment counts."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="annotations")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="annotations")
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="annotations")
    answer = models.JSONField()
    settings_version = models.PositiveIntegerField()
    active_ms = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)  # ids of suggestions that its tasker turned down
    at = models.DateTimeField(db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True)  # when its tasker corrected it (corrections.py)
    # Of an imported answer, where its file says so. Only exports read these: no pay, speed or report rests on them.
    source_answered_at = models.DateTimeField(null=True, blank=True)
    source_duration_ms = models.PositiveBigIntegerField(null=True, blank=True)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="annotation_append_only",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["superseded_at"]),
            ),
            kept_or_archived("annotation_not_deleted", ARCHIVED, pgtrigger.Delete),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(superseded_at=None), name="annotation_one_current"
            ),
        ]
        indexes = [models.Index(fields=["tasker", "id"], name="annotation_by_tasker")]

    def __str__(self) -> str:
        return f"Annotation of {self.task_id} by {self.tasker_id}"


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def current(self) -> "VerdictQuerySet":
        """Those that stand."""
        return self.filter(superseded_at=None)


class Verdict(models.Model):
    """The decided answer of a task; a new one supersedes, none is edited (sole writer: consensus.py)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="verdicts", db_index=False)
    answer = models.JSONField()
    confidence = models.FloatField()
    method = models.CharField(max_length=40)  # "majority_v1"; "review_v1": a reviewer; "auto_v1": a model
    rests_on = ArrayField(models.BigIntegerField(), default=list)  # keys of annotations
    agreements = models.JSONField(default=dict)  # annotation key -> agreement in [0, 1], or null
    settings_version = models.PositiveIntegerField()
    decided_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True)
    # Of an imported verdict, as for Annotation.
    source_answered_at = models.DateTimeField(null=True, blank=True)
    source_duration_ms = models.PositiveBigIntegerField(null=True, blank=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="verdict_not_edited",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["superseded_at"]),
            ),
            kept_or_archived("verdict_not_deleted", ARCHIVED, pgtrigger.Delete),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(superseded_at=None), name="verdict_one_current"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="verdict_confidence_in_unit"
            ),
        ]
        indexes = [
            models.Index(fields=["task", "id"], name="verdict_by_task"),
            # What somebody decided, the newest first.
            models.Index(
                fields=["decided_by", "-id"], condition=Q(decided_by__isnull=False), name="verdict_decided_by"
            ),
        ]

    def __str__(self) -> str:
        return f"Verdict of {self.task_id}"


class Gold(models.Model):
    """A known answer to a task, mixed in unseen."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="gold")
    answer = models.JSONField()
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "gold"

    def __str__(self) -> str:
        return f"Gold of {self.task_id}"
