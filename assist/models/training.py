"""What models are made of: verdicts as they stood at one moment, and the runs that learnt from them."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models import erasure_rules, scope
from assist.models.copilot import ModelVersion
from projects.models import Project
from taskers.models import Person


class Snapshot(models.Model):
    """The verdicts that stood in a project at one moment, in a file that is named by its sha256 (sole writer:
    assist/learning/snapshots.py). Once it is ready nothing of it changes."""

    class State(models.TextChoices):
        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    cut = models.DateTimeField()  # verdicts that stood then
    settings_version = models.PositiveIntegerField()  # whose labels the answers are told under
    schema = models.PositiveSmallIntegerField()  # version of the file's layout
    state = models.CharField(max_length=6, choices=State, default=State.MAKING)
    reason = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # said before the file is there, so that none is left nameless
    size = models.BigIntegerField(default=0)  # bytes
    rows = models.PositiveIntegerField(default=0)
    blind = models.PositiveIntegerField(default=0)  # of those, found by people without a model's help
    left_out = models.PositiveIntegerField(default=0)  # verdicts that today's labels can't say
    by_split = models.JSONField(default=dict)  # split -> rows
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$") | (~Q(state="ready") & Q(sha256="")),
                name="snapshot_ready_has_sha256",
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="snapshot_by_project")]
        triggers = [
            pgtrigger.Protect(
                name="snapshot_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="ready")
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} at {self.cut:%Y-%m-%d %H:%M}: {self.rows}"


class SnapshotRow(models.Model):
    """One verdict of a snapshot: so that it can be asked on which verdicts a model rests."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="lines")
    verdict = models.BigIntegerField()  # a plain key: the verdict may be in the archive
    split = models.CharField(max_length=10)
    blind = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "verdict"], name="snapshot_row_once")]
        indexes = [models.Index(fields=["verdict"], name="snapshot_row_by_verdict")]

    def __str__(self) -> str:
        return f"{self.verdict} in {self.snapshot_id}"


class TrainingRun(models.Model):
    """A recipe that learns from a snapshot, and what came of it (sole writer: assist/learning/training.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Training"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="runs")
    recipe = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    code = models.CharField(max_length=64)  # sha256 of the recipe's source
    packages = models.CharField(max_length=64)  # sha256 of the names and versions of what is installed
    host = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    progress = models.JSONField(default=dict)  # the last report: step, of, loss, validation, seconds left
    curve = models.JSONField(default=list)  # one report a pass over the data
    metrics = models.JSONField(default=dict)  # of the validation split: the model, the baseline, what it began from
    # Once there is a model, though it may never answer its first question and the run fail: it was taught all the same.
    version = models.OneToOneField(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="training_run"
    )
    stop_asked = models.BooleanField(default=False, db_default=False)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(version__isnull=False) | ~Q(state="done"),
                name="training_done_has_version",
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="training_by_project")]
        triggers = [
            pgtrigger.Protect(
                name="training_said_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="done")
            ),
            pgtrigger.Trigger(
                name="training_made_at_home",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=scope.MADE_AT_HOME,
            ),
            erasure_rules.learns("training_of_erased"),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} on {self.snapshot_id}: {self.state}"
