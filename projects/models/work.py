"""What is asked for: projects and their settings, labels, media, batches, tasks."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Now

from taskers.models import Organization, Person
from taskers.models.append_only import append_only


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, organization: Organization) -> "ProjectQuerySet":
        """Those that one organization owns."""
        return self.filter(organization=organization)


class Project(models.Model):
    """What is asked for. Its settings are versioned rows beside it; the newest is in force."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    task_type = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    priority = models.IntegerField(default=0)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name

    def settings_now(self) -> "ProjectSettings":
        """The settings in force."""
        return self.settings.order_by("-version")[:1].get()


class ProjectSettings(models.Model):
    """One version of a project's settings. Never edited: a change is the next version (sole writer: configure.py)."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="settings")
    version = models.PositiveIntegerField()
    instructions = models.TextField(blank=True)
    wanted = models.PositiveSmallIntegerField(default=1)
    rate = models.BigIntegerField(default=0)  # millionths of the currency unit, for one accepted judgement
    lease_seconds = models.PositiveIntegerField(default=900)
    copilot = models.BooleanField(default=True)
    label_mapping = models.JSONField(default=dict)  # the model's label -> this project's label key
    minimum_score = models.FloatField(default=0.0)
    aggregation = models.CharField(max_length=40, default="majority_v1")
    thresholds = models.JSONField(default=dict)  # iou, span_match, agreement: read by the task type's room
    pay_floor = models.FloatField(default=0.5)  # the least agreement with the verdict that earns the rate
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("settings_append_only")]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="settings_version_once"),
            models.CheckConstraint(condition=Q(wanted__gte=1, wanted__lte=50), name="settings_wanted_sane"),
            models.CheckConstraint(condition=Q(rate__gte=0), name="settings_rate_not_negative"),
            models.CheckConstraint(condition=Q(lease_seconds__gte=30), name="settings_lease_sane"),
            models.CheckConstraint(condition=Q(pay_floor__gte=0, pay_floor__lte=1), name="settings_pay_floor_in_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.project} v{self.version}"


class LabelQuerySet(models.QuerySet["Label"]):
    def in_use(self) -> "LabelQuerySet":
        """Those that new answers may carry, in the order the project gives."""
        return self.filter(retired_at=None).order_by("position", "id")


class Label(models.Model):
    """A name that answers may give. Renamed, merged and retired; its key is never used for another meaning."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="labels")
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=7, default="#1c7ed6")
    hotkey = models.CharField(max_length=1, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="label_key_once"),
            models.UniqueConstraint(
                fields=["project", "hotkey"],
                condition=Q(retired_at=None) & ~Q(hotkey=""),
                name="label_hotkey_once",
            ),
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-fA-F]{6}$"), name="label_colour_hex"),
        ]

    def __str__(self) -> str:
        return self.name


class Asset(models.Model):
    """Stored media, found by what it contains: the same picture loaded twice is stored once."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="assets")
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()  # bytes
    width = models.PositiveIntegerField(default=0)  # pixels, upright
    height = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="assets", max_length=200)
    thumbnail = models.FileField(upload_to="thumbnails", max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "sha256"], name="asset_once")]

    def __str__(self) -> str:
        return self.sha256[:12]


class Batch(models.Model):
    """Tasks that were loaded together."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"  # draft | paused -> live
        PAUSED = "paused", "Paused"  # live -> paused: rewrites no task rows
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"  # held work is still accepted and paid

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    priority = models.IntegerField(default=0)
    deadline = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="batch_name_once")]
        # What a claim chooses from: closed batches are never looked at again.
        indexes = [models.Index(fields=["project"], condition=Q(state="live"), name="batch_live")]

    def __str__(self) -> str:
        return self.name


class BatchProgress(models.Model):
    """How far a batch has come, kept by rollups.py from the outbox, so that no page counts a big table."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="progress", primary_key=True)
    tasks = models.BigIntegerField(default=0)
    wanted = models.BigIntegerField(default=0)  # judgements
    submitted = models.BigIntegerField(default=0)  # judgements
    decided = models.BigIntegerField(default=0)  # tasks
    in_review = models.BigIntegerField(default=0)  # tasks

    class Meta:
        verbose_name_plural = "batch progress"

    def __str__(self) -> str:
        return f"{self.batch}: {self.decided}/{self.tasks}"


class Intake(models.Model):
    """A file on its way into a batch: how far it came, and which of its rows were refused."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Loading"
        DONE = "done", "Loaded"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="intakes")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=20)
    file = models.FileField(upload_to="intake", max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    position = models.BigIntegerField(default=0)  # rows of the file read and committed
    loaded = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)  # rows that were already there, unchanged
    refused = models.BigIntegerField(default=0)
    errors = models.JSONField(default=list)  # the first refusals: {"place", "code", "text"}
    reason = models.CharField(max_length=300, blank=True)  # why it failed as a whole
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """One item to be labelled. Whether it is decided is a matter of its verdict, not of a column here."""

    class Withheld(models.TextChoices):
        NOT = "", "Handed out"
        BROKEN = "broken", "Reported as broken"
        CANCELLED = "cancelled", "Cancelled"
        REVIEW = "review", "Waiting for review"
        MANAGER = "manager", "Held back by a manager"

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    external_id = models.CharField(max_length=200)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)  # sha256 of the canonical payload: same again or a conflict
    wanted = models.PositiveSmallIntegerField()
    withheld = models.CharField(max_length=10, choices=Withheld, default=Withheld.NOT, db_default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="task_external_id_once"),
            models.CheckConstraint(condition=Q(wanted__gte=0), name="task_wanted_not_negative"),
        ]
        indexes = [
            models.Index(fields=["batch", "id"], name="task_by_batch"),
            models.Index(fields=["project", "id"], name="task_by_project"),
            models.Index(fields=["project", "withheld", "id"], condition=~Q(withheld=""), name="task_withheld"),
            # Finding by the beginning of an external id, whatever the database's language is.
            models.Index("project", Collate("external_id", "C"), name="task_external_id_start"),
        ]

    def __str__(self) -> str:
        return self.external_id


