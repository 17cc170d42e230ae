"""A new version on its way to answer, step by step, and what was seen on it."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.copilot import Deployment, Evaluation, ModelVersion
from projects.models import Project
from taskers.models import Person
from taskers.models.append_only import never_deleted


class Rollout(models.Model):
    """A version that passed its evaluation and is given more and more of a project's work (sole writer: canary.py)."""

    class State(models.TextChoices):
        LIVE = "live", "Under way"
        HELD = "held", "Held"
        PROMOTED = "promoted", "Promoted"
        BACK = "back", "Rolled back"

    class Reason(models.TextChoices):
        BY_HAND = "by-hand", "By hand"
        EVIDENCE = "evidence", "Shown to do no harm"
        HARM = "harm", "Harm was shown"
        QUIET = "quiet", "Nothing was heard"
        SHADOW = "shadow", "It doesn't answer behind people's work"
        TIME_OUT = "time-out", "Out of time"
        CHAMPION_GONE = "champion-gone", "What it was compared with answers no more"
        WITHDRAWN = "withdrawn", "It was withdrawn"
        NO_BASIS = "no-basis", "Its evaluation holds no more"
        HEARD = "heard", "Heard again"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="rollouts")
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="+")
    # What gives up its share, and gets it back; empty where the runtime's own model does.
    predecessor = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.LIVE)
    reason = models.CharField(max_length=13, choices=Reason, blank=True)  # why it is held, or went back
    share = models.PositiveSmallIntegerField(default=0)  # percent; 0: it answers behind people's work alone
    margin = models.FloatField()  # of harm, that must be ruled out before it answers all
    quiet_hours = models.PositiveSmallIntegerField()
    step_days = models.PositiveSmallIntegerField()
    shadow_verdicts = models.PositiveIntegerField()  # blind ones that it has to be compared on before its first share
    watch = models.JSONField(default=dict)  # guardrails.Watch
    read_upto = models.BigIntegerField(default=0)  # the key of the newest annotation that was looked at
    verdicts_upto = models.BigIntegerField(default=0)  # the key of the newest line of the verdicts' index
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(db_default=Now())  # when it came to this share, or was let on
    heard_at = models.DateTimeField(db_default=Now())  # when anything was last seen of it
    shadow_failed_at = models.DateTimeField(null=True, blank=True)  # since when it gives no answers in shadow
    held_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=["live", "held"]), name="rollout_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(share__in=[0, 5, 25, 100]), name="rollout_by_steps"),
            models.CheckConstraint(
                condition=Q(state__in=["live", "held"], ended_at=None)
                | Q(state__in=["promoted", "back"], ended_at__isnull=False),
                name="rollout_over_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="held", held_at__isnull=False) | (~Q(state="held") & Q(held_at=None)),
                name="rollout_held_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="rollout_by_project"),
            models.Index(fields=["id"], condition=Q(state__in=["live", "held"]), name="rollout_under_way"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="rollout_back_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="back")
            ),
            never_deleted("rollout_not_deleted"),  # one that did harm keeps its evaluation from counting
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.project}: {self.get_state_display()}, {self.share} %"


class RolloutEvent(models.Model):
    """One step of a rollout, for people to read (sole writer: canary.py)."""

    class Kind(models.TextChoices):
        BEGUN = "begun", "Begun"
        STEPPED = "stepped", "More work"
        PROMOTED = "promoted", "Promoted"
        HELD = "held", "Held"
        LET_ON = "let-on", "Goes on"
        BACK = "back", "Rolled back"

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="timeline")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.CharField(max_length=13, choices=Rollout.Reason, blank=True)
    harm = models.CharField(max_length=8, blank=True)  # which guardrail said so
    share = models.PositiveSmallIntegerField()  # percent, from then on
    said = models.CharField(max_length=300, blank=True)  # by whoever did it
    figures = models.JSONField(
        default=dict
    )  # guardrail -> pieces seen, of the candidate, its harm, the champion's, upper end
    at = models.DateTimeField(db_default=Now(), editable=False)
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "number"], name="rollout_event_once")]
        triggers = [pgtrigger.Protect(name="rollout_event_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.number} of {self.rollout_id}: {self.kind}"


class ShadowAnswer(models.Model):
    """How candidate and champion did on a task behind people's backs, once it was decided. Shown to no tasker, and no
    vote (sole writer: shadow.py)."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="shadow")
    task_key = models.BigIntegerField()  # plain keys: the task may be in the archive
    verdict_key = models.BigIntegerField()
    group = models.CharField(max_length=64, default="", db_default="")  # the task's image or text (blind_verdicts.py)
    blind = models.BooleanField()  # decided without any model's help; the others are shown and tell nothing
    candidate = models.FloatField()  # score in [0, 1]
    champion = models.FloatField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "task_key"], name="shadow_answer_once")]

    def __str__(self) -> str:
        return f"{self.task_key} in {self.rollout_id}: {self.candidate} against {self.champion}"
