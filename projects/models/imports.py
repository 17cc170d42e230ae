"""Data on its way in: from where, how far it came, and what the files said that isn't a task."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Asset, Batch, Label, Project, Task
from taskers.errors import reason_again
from taskers.models import Organization, Person


class Connector(models.Model):
    """A place outside from which an organization loads data. Its secret is sealed, and never shown again."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="connectors")
    kind = models.CharField(max_length=20)  # a key of projects.data.connectors.kinds.KINDS
    name = models.CharField(max_length=limits.NAME)
    settings = models.JSONField(default=dict)
    secret = models.TextField(blank=True)  # taskers/credentials/secret_box.py
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(ended_at=None), name="connector_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Import(models.Model):
    """Files on their way into a batch: what was found in them, what was chosen, how far they came."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        PLANNING = "planning", "Being looked at"  # waiting -> planning
        PLANNED = "planned", "Waiting for your choice"  # planning -> planned; with the choice -> waiting
        RUNNING = "running", "Loading"
        DONE = "done", "Loaded"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Not loaded"  # from any state but done

    class Stop(models.TextChoices):
        NEEDED = "needed", "Ask me only where a choice is needed"
        ALWAYS = "always", "Show me what is in it first"

    class Answers(models.TextChoices):
        LEAVE = "leave", "Leave them out"
        PREDICTION = "prediction", "Suggestions to whoever does the task"
        JUDGEMENT = "judgement", "Work that was done before, by people elsewhere"
        GOLD = "gold", "Right answers, mixed in unseen"
        VERDICT = "verdict", "Decided answers, final at once"

    class Media(models.TextChoices):
        COPIED = "copied", "Copied in"
        LEFT = "left", "Left where they are"  # of a connector: fetched from there whenever somebody looks

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="imports")
    connector = models.ForeignKey(Connector, null=True, blank=True, on_delete=models.PROTECT, related_name="imports")
    name = models.CharField(max_length=limits.FILE_NAME)
    format = models.CharField(max_length=40, blank=True)  # "" until somebody has looked
    file = models.FileField(upload_to="imports", max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    stop = models.CharField(max_length=6, choices=Stop, default=Stop.NEEDED, db_default="needed")
    # Whether its batch, a draft, goes live with the first tasks that it brings.
    makes_live = models.BooleanField(default=False, db_default=False)
    # Whether its batch was created for it alone: it goes if nothing of the file comes in (importing/empty_batches.py).
    makes_batch = models.BooleanField(default=False, db_default=False)
    # The key of the first task that it made; later ones of its batch are its own while it runs (crowd_room.py).
    first_task = models.BigIntegerField(null=True, blank=True)
    media = models.CharField(max_length=6, choices=Media, default=Media.COPIED, db_default="copied")
    plan = models.JSONField(null=True, blank=True)  # what was found (importing/plan.py)
    choices = models.JSONField(null=True, blank=True)  # what was chosen (importing/choices.py); null before
    position = models.BigIntegerField(default=0)  # rows of the file read and committed
    loaded = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)  # rows that were already there, unchanged
    refused = models.BigIntegerField(default=0)
    errors = models.JSONField(default=list)  # the first refusals: {"place", "code", "text"}
    answered = models.BigIntegerField(default=0, db_default=0)  # answers that the files brought, and that were kept
    lost = models.BigIntegerField(default=0, db_default=0)  # what they said and couldn't be kept; its row went in
    losses = models.JSONField(default=list, db_default=[], blank=True)  # the first of it, as `errors`
    # Of the tasks made: those that the field `id` names, those whose external id is made of their content, and the
    # names of the fields that came as meta.
    ids = models.BigIntegerField(default=0, db_default=0)
    unnamed = models.BigIntegerField(default=0, db_default=0)
    columns = models.JSONField(default=list, db_default=[], blank=True)
    expected = models.BigIntegerField(null=True, blank=True)  # rows in all, where somebody counted
    # When whoever loads it now began, and where: how fast it goes.
    run_at = models.DateTimeField(null=True, blank=True)
    run_from = models.BigIntegerField(default=0, db_default=0)
    reason = models.CharField(max_length=300, blank=True)  # why it failed as a whole, in English
    reason_of = models.JSONField(default=dict, db_default={}, blank=True)  # what that sentence was made of
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def in_quarantine(self) -> bool:
        """Whether its file killed worker after worker, so that nobody opens it (importing/quarantine.py)."""
        return str(self.file.name or "").startswith("quarantine/")

    @property
    def why(self) -> str:
        """Why it failed as a whole, in the reader's language."""
        return reason_again(self.reason, self.reason_of)


class Upload(models.Model):
    """A file that comes in parts, and will be an import's. Sole writer: projects/data/importing/uploads.py.

    What counts of its bytes is `received`: those beyond it are of a part that was cut off.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=limits.FILE_NAME)
    size = models.BigIntegerField()  # bytes of the whole
    sha256 = models.CharField(max_length=64, blank=True)  # of the whole, where the sender told it
    received = models.BigIntegerField(default=0)
    begun_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    touched_at = models.DateTimeField(db_default=Now())  # when the last part came
    became = models.OneToOneField(Import, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=F("size")), name="upload_received_within_size"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportFaults(models.Model):
    """Refused rows of an import beyond the first ones, those of one chunk of the file: each row can be named. The same
    of what was lost."""

    class Kind(models.TextChoices):
        REFUSED = "refused", "Refused"
        LOST = "lost", "Not kept"

    file_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="more_faults")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REFUSED, db_default="refused")
    faults = models.JSONField()  # [{"place", "code", "text"}]

    def __str__(self) -> str:
        return f"{len(self.faults)} of {self.file_import}"


class SeenFile(models.Model):
    """A file of a connector whose content was taken into a project: passed over, unasked, until it changes."""

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="seen", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    version = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connector", "project", "name"], name="seen_file_once")]

    def __str__(self) -> str:
        return self.name


class LeftMedia(models.Model):
    """Where the file of an asset lies that was not copied in, and what it held when it was read."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="left", primary_key=True)
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, related_name="left_media")
    name = models.TextField()
    original_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name


class ImportedLabel(models.Model):
    """What a name in files means in a project, as somebody chose last: a label, or (null) to be left out."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="imported_labels", db_index=False)
    name = models.CharField(max_length=limits.IMPORTED_NAME)
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="imported_label_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.label or 'left out'}"


class PredictionSource(models.Model):
    """Whose predictions were imported into a project: a name."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prediction_sources", db_index=False)
    name = models.CharField(max_length=limits.SOURCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="prediction_source_once")]

    def __str__(self) -> str:
        return self.name


class ImportedPrediction(models.Model):
    """What a source says of a task: checked and canonical, an offer and no annotation. The newest of a source holds."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="predictions", db_index=False)
    source = models.ForeignKey(PredictionSource, on_delete=models.PROTECT, related_name="predictions", db_index=False)
    answer = models.JSONField()
    score = models.FloatField(null=True, blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "source"], name="imported_prediction_once"),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=1), name="imported_prediction_score_in_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} on task {self.task_id}"


class ImportedAnnotator(models.Model):
    """Somebody whose work elsewhere came in with files. They can't sign in, are never paid and never graded."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=limits.SOURCE)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="imported_annotator_once")]

    def __str__(self) -> str:
        return self.name
