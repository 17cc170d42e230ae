"""Models at work: the model annotators of a project, what they answered, and how they were moved."""

import uuid

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.answers import Annotation
from projects.models.work import Project, Task
from taskers.models import Person
from taskers.models.append_only import append_only


class ModelAnnotator(models.Model):
    """What one model may do in one project (sole writer: lifecycle.py and outcomes.py)."""

    class Mode(models.TextChoices):
        OFF = "off", "Off"  # it gets no work
        WATCH = "watch", "Watched"  # its answers count for nothing and are compared with people's
        COUNT = "count", "Counts"  # its answers are weighed like anybody's; it never decides without a person
        DECIDE = "decide", "Decides"  # where it is sure enough, its answer alone is the verdict

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_annotators", db_index=False)
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="model_annotators")
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.WATCH)
    target_error = models.FloatField(default=0.05)  # of what it decides alone
    assurance = models.FloatField(default=0.95)  # with which the target is met; 1 - it: a sound one's risk of "off"
    audit_share = models.FloatField(default=0.1)  # of tasks, by hash: these go to people, who get no copilot
    # What its blind answers taught: aggregation.calibration.Calibration.
    mean = models.JSONField(default=list)
    covariance = models.JSONField(default=list)
    known = models.PositiveIntegerField(default=0)
    # inference.sequential_test.SequentialTest since it was last switched on.
    audits = models.PositiveIntegerField(default=0)
    e_values = models.JSONField(default=list)
    alone = models.PositiveIntegerField(default=0)  # decided alone since the last audit came back
    stopped_at = models.DateTimeField(null=True, blank=True)  # it switched itself off; empty once a person moved it
    registered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "tasker"], name="model_annotator_once"),
            models.CheckConstraint(
                condition=Q(audit_share__gte=0.02, audit_share__lte=1), name="model_annotator_is_audited"
            ),
            models.CheckConstraint(
                condition=Q(target_error__gt=0, target_error__lt=0.5), name="model_annotator_target_sane"
            ),
            models.CheckConstraint(
                condition=Q(assurance__gte=0.5, assurance__lt=1), name="model_annotator_assurance_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tasker} in {self.project}: {self.get_mode_display()}"


class ModelAnswer(models.Model):
    """One answer of a model annotator, how sure it was, and what became of it. It outlives the task's archiving."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "People are asked"  # it has no vote
        COUNTED = "counted", "Weighed with the others"
        ALONE = "alone", "Decided alone"
        KNOWN = "known", "Compared with people"  # waiting -> known, by a verdict in which no model had a part; or gold
        LOST = "lost", "Tells nothing"  # waiting -> lost: whoever decided had seen what a model says

    annotator = models.ForeignKey(ModelAnnotator, on_delete=models.PROTECT, related_name="answers", db_index=False)
    annotation = models.OneToOneField(
        Annotation, on_delete=models.DO_NOTHING, db_constraint=False, related_name="of_model"
    )
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    confidence = models.FloatField()  # as the model says it
    at_least = (
        models.FloatField()
    )  # the share of right answers that this stands for, with the model annotator's assurance
    accepted = models.BooleanField()  # sure enough to decide alone
    drawn = models.BooleanField()  # for an audit
    mode = models.CharField(max_length=6, choices=ModelAnnotator.Mode)  # at that time
    outcome = models.CharField(max_length=7, choices=Outcome)
    right = models.BooleanField(null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="model_answer_in_unit"),
            models.CheckConstraint(condition=Q(right=None) ^ Q(outcome="known"), name="model_answer_right_once_known"),
            # What was drawn is never decided by the model, nor has it a vote there.
            models.CheckConstraint(
                condition=Q(drawn=False) | Q(outcome__in=["waiting", "known", "lost"]),
                name="model_answer_drawn_is_blind",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="alone") | Q(accepted=True, mode="decide"), name="model_answer_alone_was_earned"
            ),
        ]
        indexes = [
            models.Index(fields=["annotator", "-id"], name="model_answer_newest"),
            models.Index(fields=["annotator", "-id"], condition=Q(outcome="known"), name="model_answer_known"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.confidence:.2f}, {self.get_outcome_display()}"


class ModelAnnotatorChange(models.Model):
    """A change of a model annotator: by whom, or by itself, and why."""

    annotator = models.ForeignKey(ModelAnnotator, on_delete=models.PROTECT, related_name="moves")
    before = models.CharField(max_length=6, choices=ModelAnnotator.Mode, blank=True)
    mode = models.CharField(max_length=6, choices=ModelAnnotator.Mode)
    reason = models.CharField(max_length=limits.REASON, blank=True)
    terms = models.JSONField(default=dict)  # those in force from then on
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # empty: itself
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("model_annotator_change_append_only")]
        indexes = [models.Index(F("annotator"), F("id").desc(), name="annotator_change_newest")]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.mode}"


class DecidingRequest(models.Model):
    """Somebody asks that a model from elsewhere decides alone: no evaluation can ask it anything, so it takes a second
    person (sole writer: second_person.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    annotator = models.ForeignKey(ModelAnnotator, on_delete=models.PROTECT, related_name="requests")
    reason = models.CharField(max_length=limits.REASON)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deciding requests"
        constraints = [
            models.UniqueConstraint(
                fields=["annotator"], condition=Q(state="waiting"), name="deciding_request_waits_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="deciding_request_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answered_by=F("asked_by"))),
                name="deciding_request_by_two_people",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="deciding_request_answered_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="waiting"),
            ),
            pgtrigger.Protect(name="deciding_request_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.get_state_display()}"
