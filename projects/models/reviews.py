"""What reviewers find wrong in answers, and what they send back."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from projects.models import limits
from projects.models.answers import Annotation
from projects.models.work import Project, Task
from taskers.models import Person


class Mistake(models.Model):
    """A mistake that a reviewer found in an answer: noted, or sent back to whoever gave it (writer: returned_work.py).

    Task and answers may leave for the archive; the mistake stays among those of its project.
    """

    class Reason(models.TextChoices):
        MISSED = "missed", _("Something is missing")
        EXTRA = "extra", _("Something is marked that shouldn't be")
        LABEL = "label", _("A wrong label")
        EDGES = "edges", _("Edges or limits are off")
        DETAILS = "details", _("Attributes are wrong or missing")
        INSTRUCTIONS = "instructions", _("Not as the instructions say")
        CARELESS = "careless", _("Done in haste")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        NOTED = "noted", _("Noted")
        RETURNED = "returned", _("Sent back")  # its tasker may hand it in anew, until `until`
        MENDED = "mended", _("Mended")  # returned -> mended, by another answer
        KEPT = "kept", _("Handed in as it was")  # returned -> kept
        UNANSWERED = "unanswered", _("Not answered in time")  # returned -> unanswered

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    annotation = models.ForeignKey(
        Annotation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.TextField(max_length=limits.NOTE, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NOTED)
    found_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    found_at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField(null=True, blank=True)
    # The newer answer, of one that was mended.
    mended = models.ForeignKey(
        Annotation, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="noted", until=None) | Q(until__isnull=False) & ~Q(state="noted"),
                name="mistake_returned_until",
            ),
            models.CheckConstraint(
                condition=Q(state="mended", mended__isnull=False) | Q(mended=None) & ~Q(state="mended"),
                name="mistake_mended_by_an_answer",
            ),
            # Sent back once at a time.
            models.UniqueConstraint(
                fields=["annotation"], condition=Q(state="returned"), name="mistake_returned_once_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="mistake_newest"),
            models.Index(fields=["tasker"], condition=Q(state="returned"), name="mistake_returned_to"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} in {self.annotation_id}"
