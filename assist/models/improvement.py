"""Where models lose, task by task, and which verdicts they doubt."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.copilot import Evaluation
from projects.models import Project, limits
from taskers.models import Person
from taskers.models.append_only import append_only


class EvaluationScore(models.Model):
    """How both models did on one task of an evaluation (sole writer: evaluation.py)."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    task = models.BigIntegerField()  # a plain key: the task may be in the archive
    verdict = models.BigIntegerField()
    candidate = models.FloatField()
    champion = models.FloatField()
    slices = ArrayField(models.TextField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["evaluation", "task"], name="evaluation_score_once")]
        triggers = [append_only("evaluation_score_append_only")]

    def __str__(self) -> str:
        return f"{self.task} in {self.evaluation_id}: {self.candidate} / {self.champion}"


class EvaluationAnswer(models.Model):
    """What both models said to a task at which one of them did worst: as answers of the task type are, or {"fault":
    code} where there is none (sole writer: evaluation.py)."""

    score = models.OneToOneField(EvaluationScore, on_delete=models.CASCADE, related_name="answers")
    candidate = models.JSONField()
    champion = models.JSONField()

    def __str__(self) -> str:
        return f"Both answers: {self.score}"


class EvaluationConfusions(models.Model):
    """Which label both models gave where another was decided: lines of learning/confused.py (sole writer:
    evaluation.py)."""

    evaluation = models.OneToOneField(Evaluation, on_delete=models.CASCADE, related_name="confusions")
    candidate = models.JSONField(default=list)
    champion = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Confusions: {self.evaluation}"


class DeclaredSlice(models.Model):
    """A kind of task that somebody declared, since an evaluation proposed it: the gate asks for it from then on, on
    what is decided from then on, until somebody withdraws it (sole writer: assist/learning/declared.py)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    traits = models.JSONField()  # [[feature, value]], all of which hold: of traits.FEATURES
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="+")  # which proposed it
    since = models.DateTimeField()  # what was decided before has discovered it, and can't judge it
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(db_default=Now(), editable=False)
    withdrawn_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_because = models.CharField(max_length=limits.REASON, blank=True, default="", db_default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    lost: bool  # nobody can tell any more which tasks are in it, where declared.all_of looked

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(withdrawn_at=None), name="declared_slice_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_because="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_because="")),
                name="declared_slice_withdrawn_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabelCheck(models.Model):
    """A look for verdicts that are likely wrong (sole writer: likely_wrong.py). It changes nothing."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    checked = models.PositiveIntegerField(default=0)  # verdicts
    found = models.JSONField(default=list)  # the likeliest first: verdict, task, right (the chance), instead
    curve = models.JSONField(default=list)  # texts learnt from, share right on what wasn't: what more verdicts bring
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project"], condition=Q(state="running"), name="label_check_once_at_a_time")
        ]
        indexes = [models.Index(fields=["project", "-id"], name="label_check_by_project")]

    def __str__(self) -> str:
        return f"{self.project}: {self.state}"
