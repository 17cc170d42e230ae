"""What was moved out of the live tables: which files hold it, and a line for each task that is kept here."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Asset, Batch, Project
from taskers.errors import reason_again
from taskers.models import Person


class Archive(models.Model):
    """A batch on its way into the archive, or in it (sole writer: projects/data/archive/)."""

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="archive", primary_key=True)
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    kept = models.PositiveIntegerField(default=0)  # tasks with a known answer, which stay where they are
    manifest = models.CharField(max_length=200, blank=True)  # name of the file in the storage
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")  # why it got stuck, if it did
    reason_of = models.JSONField(default=dict, db_default={}, blank=True)  # what that sentence was made of

    def __str__(self) -> str:
        return f"Archive of {self.batch}"

    @property
    def why(self) -> str:
        """Why it got stuck, in the reader's language."""
        return reason_again(self.reason, self.reason_of)


class ArchivePart(models.Model):
    """One file: some tasks of a batch with everything that hung on them. Written and read back before they left."""

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=200, unique=True)  # name in the storage
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()  # bytes
    schema = models.PositiveSmallIntegerField()  # version of the file's layout
    first_task = models.BigIntegerField()
    last_task = models.BigIntegerField()
    rows = models.JSONField()  # table -> how many rows of it the file holds
    # What the part adds to its batch's progress, so that a new count needs no file.
    tasks = models.BigIntegerField()  # those that want a judgement
    wanted = models.BigIntegerField()
    submitted = models.BigIntegerField()
    decided = models.BigIntegerField()
    in_review = models.BigIntegerField()
    spent = models.BigIntegerField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["archive", "number"], name="archive_part_once"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="archive_part_has_sha256"),
        ]
        indexes = [models.Index(fields=["last_task"], name="archive_part_reach")]

    def __str__(self) -> str:
        return f"{self.archive}, part {self.number}"


class ArchivedTask(models.Model):
    """What stays of a task: its names, so that none is used twice, its picture, and the file that holds the rest.

    The key is the task's own. Where this row is, the database lets the task's answers and verdicts leave their tables.
    """

    id = models.BigIntegerField(primary_key=True)
    public_id = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    part = models.ForeignKey(ArchivePart, on_delete=models.PROTECT, related_name="archived_tasks")
    asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="archived_tasks")
    other_asset = models.ForeignKey(
        Asset, null=True, on_delete=models.PROTECT, related_name="other_archived_tasks", db_index=False
    )
    external_id = models.CharField(max_length=limits.EXTERNAL_ID)
    payload_hash = models.CharField(max_length=64)
    decided = models.BooleanField(default=True, db_default=True)  # whether a verdict stood

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="archived_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["other_asset"], condition=Q(other_asset__isnull=False), name="archived_other_asset"),
        ]

    def __str__(self) -> str:
        return self.external_id
