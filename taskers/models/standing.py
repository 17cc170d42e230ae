"""What is known of a tasker: pieces of evidence, and what they add up to."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from taskers.models.append_only import append_only
from taskers.models.people import Organization, Person


class Grade(models.Model):
    """One piece of evidence about a tasker on one project: a value in [0, 1] and where it comes from."""

    class Source(models.TextChoices):
        GOLD = "gold", "Known answer"
        VERDICT = "verdict", "Agreement with the others"
        REVIEW = "review", "A reviewer's decision"

    key = models.CharField(max_length=120, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    project_key = models.UUIDField()
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grades")
    subject = models.CharField(max_length=80)  # what was graded; the newest grade of a subject is the one that counts
    source = models.CharField(max_length=8, choices=Source)
    value = models.FloatField()
    blind = models.BooleanField(default=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("grade_append_only")]
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0, value__lte=1), name="grade_value_in_unit"),
        ]
        indexes = [
            models.Index(fields=["tasker", "project_key", "id"], name="grade_by_tasker"),
            models.Index(fields=["subject", "id"], name="grade_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value:.2f}"


class Standing(models.Model):
    """What a tasker's grades on a project add up to: a Beta posterior over the chance of good work."""

    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="standings")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    project_key = models.UUIDField()
    good = models.FloatField(default=0)
    poor = models.FloatField(default=0)
    # The same with every grade counted alike. It is what the tasker is shown: a step tells nothing of its source.
    shown_good = models.FloatField(default=0, db_default=0)
    shown_poor = models.FloatField(default=0, db_default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tasker", "project_key"], name="standing_once"),
            models.CheckConstraint(condition=Q(good__gte=0, poor__gte=0), name="standing_counts_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker} on {self.project_key}"


class LabelStanding(models.Model):
    """The same for one label of a project: how good a tasker's work is where this label is concerned."""

    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    project_key = models.UUIDField()
    label = models.CharField(max_length=60)
    good = models.FloatField(default=0)
    poor = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tasker", "project_key", "label"], name="label_standing_once"),
            models.CheckConstraint(condition=Q(good__gte=0, poor__gte=0), name="label_standing_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker_id} on {self.label}"
