"""What finding and following verdicts need: small lines kept beside the big tables."""

from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.answers import Verdict
from projects.models.work import Project, Task


class VerdictEntry(models.Model):
    """One line of the index of current verdicts: each stands once under no label, and once under every label it uses.

    Kept from the outbox (sole writer: verdict_index.py). Lines are added by one reader at a time, in the order in
    which decisions were committed, so "everything after this key" misses nothing.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=60, blank=True, default="")
    confidence = models.FloatField()

    class Meta:
        verbose_name_plural = "verdict entries"
        constraints = [models.UniqueConstraint(fields=["task", "label"], name="verdict_entry_once")]
        indexes = [
            models.Index(fields=["project", "label", "task"], name="verdict_entry_by_label"),
            models.Index(fields=["project", "label", "confidence", "task"], name="verdict_entry_confidence"),
            models.Index(fields=["project", "id"], condition=Q(label=""), name="verdict_entry_feed"),
        ]

    def __str__(self) -> str:
        return f"Verdict of {self.task_id} under {self.label or 'no label'}"


class VerdictGone(models.Model):
    """A line of the feed of verdicts that says: this task's verdict, which you may know, stands no longer here, or
    that none will come.

    Its keys come from the same sequence as those of VerdictEntry, so that both are one feed (sole writer:
    verdict_index.py). It goes once the task is decided again, or forgotten.
    """

    class Why(models.TextChoices):
        REOPENED = "reopened", "Reopened"  # people are asked again
        ARCHIVED = "archived", "Archived"  # it stands, in the archive of its batch
        CANCELLED = "cancelled", "Cancelled"  # it had none, and nobody is asked any more

    id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    task_public_id = models.UUIDField(unique=True)  # a plain key: the task may be in the archive
    external_id = models.CharField(max_length=limits.EXTERNAL_ID)
    why = models.CharField(max_length=10, choices=Why)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "verdicts gone"
        indexes = [models.Index(fields=["project", "id"], name="verdict_gone_feed")]

    def __str__(self) -> str:
        return f"{self.external_id} {self.why}"


def feed_end(project: Project) -> int:
    """The key of the last line of a project's feed of verdicts; whatever is told later stands behind it."""
    lines = VerdictEntry.objects.filter(project=project, label="").aggregate(last=Max("pk"))["last"]
    gone = VerdictGone.objects.filter(project=project).aggregate(last=Max("pk"))["last"]
    return max(lines or 0, gone or 0)
