"""What is asked for: projects and their settings, labels, media, batches, tasks."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Now

from projects.models import limits
from projects.models.limits import SETTINGS
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
    name = models.CharField(max_length=limits.NAME)
    task_type = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    priority = models.IntegerField(default=0)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Empty until a draft is published, and while it is archived unpublished: then it comes back as a draft.
    published_at = models.DateTimeField(null=True, blank=True, db_default=Now(), editable=False)

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

    class Suggest(models.TextChoices):
        OPEN = "open", "As soon as the task opens"
        ASKED = "asked", "When the tasker asks"

    class Confidence(models.TextChoices):
        HIDDEN = "hidden", "Not shown"
        BAND = "band", "High, medium or low"
        NUMBER = "number", "In percent"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="settings")
    version = models.PositiveIntegerField()
    instructions = models.TextField(blank=True)
    instructions_by_language = models.JSONField(default=dict, db_default={}, blank=True)  # language -> Markdown
    wanted = models.PositiveSmallIntegerField(default=1)
    rate = models.BigIntegerField(default=0)  # millionths of the currency unit, for one accepted judgement
    # Beside the rate, in millionths: for each unit of the work (what that is, says the task type), and for an hour of
    # active time, of which each piece counts no more than `paid_seconds`; and for a review.
    unit_rate = models.BigIntegerField(default=0, db_default=0)
    hourly_rate = models.BigIntegerField(default=0, db_default=0)
    paid_seconds = models.PositiveIntegerField(default=600, db_default=600)
    review_rate = models.BigIntegerField(default=0, db_default=0)
    # So many percent of the rate more for whose accuracy's interval begins there (configuration/raised_rate.py).
    raise_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    raise_from = models.FloatField(default=0.9, db_default=0.9)
    lease_seconds = models.PositiveIntegerField(default=900)
    # In the order of the files, not shuffled: there gold would be known by standing out of it, so there is none.
    file_order = models.BooleanField(default=False, db_default=False)
    # Whether tasks that were begun are finished before others are begun.
    depth_first = models.BooleanField(default=False, db_default=False)
    copilot = models.BooleanField(default=True)
    label_mapping = models.JSONField(default=dict)  # the model's label -> this project's label key
    minimum_score = models.FloatField(default=0.0)
    label_minimums = models.JSONField(default=dict, blank=True)  # label key -> the least score, where it differs
    suggest = models.CharField(max_length=6, choices=Suggest, default=Suggest.OPEN)
    # Whether masks of small things are worked out once more, from near, and take the first ones' place.
    sharpens = models.BooleanField(default=True, db_default=True)
    confidence = models.CharField(max_length=6, choices=Confidence, default=Confidence.BAND)
    control_share = models.FloatField(default=0.0)  # of claims, by hash: these go without the copilot, to compare
    planted_share = models.FloatField(default=0.0)  # of known answers, by hash: these show one wrong suggestion
    aggregation = models.CharField(max_length=40, default="majority_v1")
    thresholds = models.JSONField(default=dict)  # iou, span_match, agreement: read by the task type's room
    # Dynamic overlap: `wanted` grows to at most this while the confidence is below the target; empty: it never does.
    most = models.PositiveSmallIntegerField(null=True, blank=True)
    target = models.FloatField(default=0.9)  # calibrated confidence
    # Of all tasks, drawn by chance (model_draws.py): a reviewer looks at the verdict, so that it is known how far to
    # believe the method. Not the audits of models, whose share is the model annotator's.
    audit_share = models.FloatField(default=0.02, db_default=0.02)
    # Which tasks a reviewer looks at besides (quality/review_rule.py), when the answers would decide them.
    review = models.JSONField(default=dict, db_default={}, blank=True)
    # Judgements a task on average; where it is set, `wanted` grows for the least sure of a batch (truth/budgets.py).
    budget = models.FloatField(null=True, blank=True)
    pay_floor = models.FloatField(default=0.5)  # the least agreement with the verdict that earns the rate
    # What a classification asks for (tasktypes/asked_fields.py), and how many of its images are decided on one screen.
    fields = models.JSONField(default=list, db_default=[], blank=True)
    grid = models.PositiveSmallIntegerField(default=1, db_default=1)
    empty_usual = models.BooleanField(default=False, db_default=False)  # the studio doesn't ask before an empty answer
    # Whether taskers may look at what they answered beside what was decided.
    shows_verdicts = models.BooleanField(default=True, db_default=True)
    # How long work may be corrected once it is handed in; before that nothing of it is decided, graded or paid.
    correction_minutes = models.PositiveIntegerField(default=0, db_default=0)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("settings_append_only")]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="settings_version_once"),
            models.CheckConstraint(condition=SETTINGS["wanted"].on("wanted"), name="settings_wanted_sane"),
            models.CheckConstraint(
                condition=Q(most=None) | Q(most__gte=models.F("wanted"), most__lte=SETTINGS["most"].most),
                name="settings_most_sane",
            ),
            models.CheckConstraint(
                condition=Q(budget=None)
                | Q(budget__gte=models.F("wanted"), budget__lte=models.F("most"), most__isnull=False),
                name="settings_budget_sane",
            ),
            models.CheckConstraint(condition=Q(target__gte=0.5, target__lt=1), name="settings_target_sane"),
            models.CheckConstraint(
                condition=SETTINGS["audit_share"].on("audit_share"), name="settings_audit_share_in_unit"
            ),
            models.CheckConstraint(condition=Q(rate__gte=0), name="settings_rate_not_negative"),
            models.CheckConstraint(
                condition=Q(unit_rate__gte=0, hourly_rate__gte=0, review_rate__gte=0, paid_seconds__gte=1),
                name="settings_pay_sane",
            ),
            models.CheckConstraint(
                condition=SETTINGS["raise_percent"].on("raise_percent") & SETTINGS["raise_from"].on("raise_from"),
                name="settings_raise_sane",
            ),
            models.CheckConstraint(
                condition=SETTINGS["control_share"].on("control_share") & SETTINGS["planted_share"].on("planted_share"),
                name="settings_shares_sane",
            ),
            models.CheckConstraint(
                condition=Q(lease_seconds__gte=SETTINGS["lease_seconds"].least), name="settings_lease_sane"
            ),
            models.CheckConstraint(condition=SETTINGS["pay_floor"].on("pay_floor"), name="settings_pay_floor_in_unit"),
            models.CheckConstraint(condition=SETTINGS["grid"].on("grid"), name="settings_grid_sane"),
            models.CheckConstraint(
                condition=Q(correction_minutes__lte=SETTINGS["correction_minutes"].most),
                name="settings_correction_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} v{self.version}"


class SpendingLimit(models.Model):
    """What a project may spend before nothing more is handed out there (sole writer: spending_limit.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="spending_limit", primary_key=True)
    amount = models.BigIntegerField()  # millionths
    reached_at = models.DateTimeField(null=True, blank=True)  # since then nothing is handed out
    changed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=limits.SPENDING.on("amount"), name="spending_limit_sane")]

    def __str__(self) -> str:
        return f"{self.project}: {self.amount}"


class LabelQuerySet(models.QuerySet["Label"]):
    def in_use(self) -> "LabelQuerySet":
        """Those that new answers may carry, in the order the project gives."""
        return self.filter(retired_at=None).order_by("position", "id")


class Label(models.Model):
    """A name that answers may give. Renamed, merged and retired; its key is never used for another meaning."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="labels")
    key = models.SlugField(max_length=limits.KEY)
    name = models.CharField(max_length=limits.LABEL_NAME)
    colour = models.CharField(max_length=7, default="#1c7ed6")
    hotkey = models.CharField(max_length=1, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    # What a part with this label may be, and what is asked of it; see tasktypes/region_shapes.py, label_attributes.py.
    shapes = models.JSONField(db_default=["mask"])
    attributes = models.JSONField(default=list, blank=True, db_default=[])
    # In a classification: the field whose choice it is ("" for the first one), and what it lies under in a tree.
    field = models.CharField(max_length=limits.KEY, blank=True, default="", db_default="")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="under")

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

    @property
    def parent_key(self) -> str:
        """The key of the label it lies under, or nothing."""
        return self.parent.key if self.parent else ""


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
        CANCELLED = "cancelled", "Cancelled"  # held work is still accepted and paid: batch_closing.py

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=limits.NAME)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    priority = models.IntegerField(default=0)
    deadline = models.DateTimeField(null=True, blank=True)
    # The names of what its tasks brought as meta, as they came (sole writer: data/importing/storing.py); null where
    # nobody knows them: of what was archived before they were kept.
    columns = models.JSONField(null=True, blank=True, default=list, db_default=[])
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
    """How far a batch has come, kept by progress.py from the outbox, so that no page counts a big table."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="progress", primary_key=True)
    tasks = models.BigIntegerField(default=0)
    wanted = models.BigIntegerField(default=0)  # judgements
    submitted = models.BigIntegerField(default=0)  # judgements
    decided = models.BigIntegerField(default=0)  # tasks
    in_review = models.BigIntegerField(default=0)  # tasks
    spent = models.BigIntegerField(default=0)  # judgements that the decided tasks had when they were decided
    done_at = models.DateTimeField(null=True, blank=True)  # when all its tasks were decided, and that was told

    class Meta:
        verbose_name_plural = "batch progress"

    def __str__(self) -> str:
        return f"{self.batch}: {self.decided}/{self.tasks}"


class BatchClosing(models.Model):
    """How far the half-done tasks of a batch that is over are decided (sole writer: batch_closing.py)."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="closing", primary_key=True)
    tasks = models.PositiveIntegerField(null=True, blank=True)  # null until they were counted
    done = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.batch}: {self.done} of {self.tasks}"

    @property
    def going_on(self) -> bool:
        """Whether some are left."""
        return self.tasks is None or self.done < self.tasks


class Task(models.Model):
    """One item to be labelled. Whether it is decided is a matter of its verdict, not of a column here."""

    class Withheld(models.TextChoices):
        NOT = "", "Handed out"
        BROKEN = "broken", "Reported as broken"
        CANCELLED = "cancelled", "Cancelled"
        REVIEW = "review", "Waiting for review"
        MANAGER = "manager", "Held back by a manager"

    class Priority(models.IntegerChoices):
        NORMAL = 0, "In its turn"
        FIRST = 1, "First"  # handed out before the others of its batch (queue/priority.py)

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    # Of a pair, the picture of its second candidate.
    other_asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="other_tasks", db_index=False
    )
    external_id = models.CharField(max_length=limits.EXTERNAL_ID)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)  # sha256 of the canonical payload: same again or a conflict
    wanted = models.PositiveSmallIntegerField()
    withheld = models.CharField(max_length=10, choices=Withheld, default=Withheld.NOT, db_default="", blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL, db_default=0)
    # Where it stands among those of its project that wait for review, the smallest first: less the bits that another
    # judgement would tell, as they are believed (truth/weighing.py). Here, so that an index can hold the order.
    review_rank = models.FloatField(default=0.0, db_default=0.0)
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
            models.Index(fields=["other_asset"], condition=Q(other_asset__isnull=False), name="task_other_asset"),
            models.Index(fields=["project", "id"], condition=Q(priority=1), name="task_first"),
            models.Index(
                fields=["project", "review_rank", "id"], condition=Q(withheld="review"), name="task_for_review"
            ),
            # Finding by the beginning of an external id, whatever the database's language is.
            models.Index("project", Collate("external_id", "C"), name="task_external_id_start"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def code(self) -> str:
        """Its name before taskers: a piece of its public id, which tells neither where it came from nor when."""
        return str(self.public_id)[:8]
