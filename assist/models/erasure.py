"""What was taken out of all that models learn from, and what stays to be known of it."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.training import Snapshot
from projects.models import Project
from taskers.models import Person


class Erasure(models.Model):
    """Somebody's word that tasks may teach no model any more (sole writer: assist/learning/erasure.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"

    class Of(models.TextChoices):
        TASKS = "tasks", "Tasks that were named"
        PERSON = "person", "What somebody answered"
        METADATA = "metadata", "What came with a value"
        IMAGE = "image", "What shows an image"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # How the tasks were found. By whose name or by which value isn't kept: that may be what has to be forgotten.
    of = models.CharField(max_length=8, choices=Of, default=Of.TASKS, db_default="tasks")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="erasure_has_a_reason")]
        indexes = [models.Index(fields=["project", "-id"], name="erasure_by_project")]
        triggers = [
            pgtrigger.Protect(
                name="erasure_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="done")
            ),
            pgtrigger.Protect(name="erasure_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.reason}"


class ErasedTask(models.Model):
    """A task that no later snapshot holds."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="tasks")
    task = models.BigIntegerField(unique=True)  # a plain key: the task may be in the archive
    public_id = models.UUIDField()

    class Meta:
        triggers = [pgtrigger.Protect(name="erased_task_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.public_id)


class Tombstone(models.Model):
    """That a snapshot held what was erased: how much of it, and the name that its file had. Nothing of what it said."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="tombstones")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="tombstones")
    rows = models.PositiveIntegerField()  # verdicts of it that were erased
    learnt = models.PositiveIntegerField()  # of those, in splits that models learn from or are chosen by
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), editable=False)
    emptied_at = models.DateTimeField(null=True, blank=True)  # its file was gone then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["erasure", "snapshot"], name="tombstone_once")]
        triggers = [
            pgtrigger.Protect(
                name="tombstone_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["emptied_at"]),
            ),
            pgtrigger.Protect(name="tombstone_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.rows} of {self.snapshot_id}"
