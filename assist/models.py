"""The copilot's records: which models there are, and what they offered."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ModelVersion(models.Model):
    """A model that can be asked, by name and version; its files are named by their hash."""

    class Capability(models.TextChoices):
        SEGMENT = "segment", "Masks"
        SPANS = "spans", "Spans"
        CLASSIFY = "classify", "Classes"
        EMBED = "embed", "Embeddings"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    capability = models.CharField(max_length=10, choices=Capability)
    runtime = models.CharField(max_length=40)
    artifacts = models.JSONField(default=dict)  # file name -> sha256
    licence = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=200, blank=True)
    metrics = models.JSONField(default=dict)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="model_version_once")]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Suggestion(models.Model):
    """Something a model offered for an assignment, and what became of it (sole writer: suggestions.py)."""

    class Fate(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted as it was"
        EDITED = "edited", "Accepted and edited"
        REFUSED = "refused", "Refused"
        IGNORED = "ignored", "Ignored"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Plain keys: a suggestion outlives the closing of the work it was made for.
    assignment_key = models.BigIntegerField()
    task_key = models.BigIntegerField()
    project_key = models.UUIDField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="suggestions")
    prompt = models.JSONField(default=dict)
    output = models.JSONField(default=dict)
    score = models.FloatField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(default=0)
    fate = models.CharField(max_length=8, choices=Fate, default=Fate.OFFERED)
    offered_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fate="offered", settled_at=None) | (~Q(fate="offered") & Q(settled_at__isnull=False)),
                name="suggestion_settled_has_time",
            )
        ]
        indexes = [
            models.Index(fields=["assignment_key"], name="suggestion_by_assignment"),
            models.Index(fields=["project_key", "id"], name="suggestion_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.model} for {self.assignment_key}: {self.fate}"
