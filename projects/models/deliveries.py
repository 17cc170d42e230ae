"""What was handed out: immutable, numbered results of a project."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Project
from taskers.errors import reason_again
from taskers.models import Organization, Person

# What was ordered, and by whom: it doesn't change, whatever becomes of it.
ORDERED = ("project", "number", "format", "terms", "target", "place", "note", "made_by", "made_at")


class Delivery(models.Model):
    """The decided tasks of a project as they stood at one moment, on terms, in a format, at a place.

    Sole writer: projects/data/deliveries/. Which verdicts are in it is written down first (`picks`); the files are made
    from that. One that is done never changes: the database refuses.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Being written"
        DONE = "done", "Delivered"
        FAILED = "failed", "Failed"  # and may be begun again

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="made_deliveries")
    number = models.PositiveIntegerField()  # from 1, in each project
    format = models.CharField(max_length=40)
    terms = models.JSONField()  # as projects/data/exporting/terms.py says them
    target = models.CharField(max_length=20)
    place = models.CharField(max_length=500, blank=True)  # where the target is told
    note = models.CharField(max_length=limits.NOTE, blank=True)  # what its licence or people's consent allows
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    run = models.UUIDField(null=True, blank=True)  # whoever writes it: of two, the later one
    fault = models.CharField(max_length=40, blank=True)  # why it failed: the code
    reason = models.CharField(max_length=500, blank=True)  # and in words, English ones
    reason_of = models.JSONField(default=dict, db_default={}, blank=True)  # what that sentence was made of
    ended_at = models.DateTimeField(null=True, blank=True)
    written = models.BigIntegerField(default=0)  # tasks, in this run
    # How the project stood when its tasks were picked.
    project_name = models.CharField(max_length=limits.NAME, default="", db_default="", blank=True)
    settings_version = models.PositiveIntegerField(null=True, blank=True)
    labels = models.JSONField(default=list, blank=True)
    position = models.BigIntegerField(default=0)  # of the feed of verdicts: what comes after it may not be in here
    before = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tasks = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)  # tasks that the one before hadn't
    changed = models.BigIntegerField(default=0)  # that had another verdict there
    gone = models.BigIntegerField(default=0)  # that only the one before had
    # Names of files in the storage, with the sha256 of each.
    picks = models.CharField(max_length=200, blank=True)
    picks_sha256 = models.CharField(max_length=64, blank=True)
    differences = models.CharField(max_length=200, blank=True)
    manifest = models.CharField(max_length=200, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=200, blank=True)  # to download; where it went elsewhere, nothing
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)  # bytes of all files
    files = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        triggers = [
            pgtrigger.Protect(
                name="delivery_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="done")
            ),
            pgtrigger.Protect(
                name="delivery_as_ordered", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(*ORDERED)
            ),
            pgtrigger.Protect(name="delivery_not_deleted", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="delivery_number_once"),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(manifest="") & Q(ended_at__isnull=False), name="delivery_done_is_whole"
            ),
        ]
        indexes = [models.Index(F("project"), F("number").desc(), name="delivery_newest")]

    def __str__(self) -> str:
        return f"{self.project} #{self.number}"

    @property
    def why(self) -> str:
        """Why it failed, in the reader's language."""
        return reason_again(self.reason, self.reason_of)


class DeliveryTerm(models.Model):
    """How long the files of deliveries are kept: of one project, or of all of an organization's that say nothing."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    days = models.PositiveIntegerField(null=True, blank=True)  # null: for ever
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "project"], nulls_distinct=False, name="delivery_term_once")
        ]

    def __str__(self) -> str:
        return f"{self.project or self.organization}: {self.days or 'for ever'}"


class DeliveryFileGone(models.Model):
    """That the file of a delivery was removed when its time was over; what the delivery says of itself stays."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="file_gone", primary_key=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.delivery}: its file"
