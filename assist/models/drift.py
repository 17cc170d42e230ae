"""What is watched for drift."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.copilot import Evaluation
from projects.models import Project
from taskers.models import Person


class DriftSeries(models.Model):
    """One kind of figure of a project, and how strongly it speaks of a change (sole writer: learning/drift/watch.py).

    It raises an alarm and decides nothing: nobody knows whether what changed is any worse.
    """

    class What(models.TextChoices):
        TEXTS = "texts", "Texts"
        IMAGES = "images", "Images"
        SURENESS = "sureness", "Confidence"
        CHANGES = "changes", "Changes to suggestions"
        LABELS = "labels", "Labels"
        ERRORS = "errors", "Errors in audits"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    what = models.CharField(max_length=8, choices=What)
    after = models.BigIntegerField(default=0)  # what came with a greater key counts
    seen = models.PositiveIntegerField(default=0)  # pieces since then
    newest = models.BigIntegerField(default=0)  # the key of the last of them
    points = models.JSONField(default=list)  # when, and the evidence as a share of what raises an alarm
    alarmed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "what"], name="drift_series_once"),
            models.CheckConstraint(condition=Q(newest__gte=models.F("after")), name="drift_series_goes_on"),
        ]

    def __str__(self) -> str:
        return f"{self.what} of {self.project}"


class RaisedAudits(models.Model):
    """A project's share of audits, raised for some time because something changed; or its share of work without the
    copilot, because a candidate waits for evidence (sole writer: learning/drift/audits.py). One stretch of each kind at
    a time."""

    class Why(models.TextChoices):
        DRIFT = "drift", "Something changed"
        EVIDENCE = "evidence", "A candidate waits for evidence"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    why = models.CharField(max_length=8, choices=Why, default=Why.DRIFT, db_default=Why.DRIFT)
    evaluation = models.ForeignKey(Evaluation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    before = models.FloatField()  # the share that it goes back to
    share = models.FloatField()
    until = models.DateTimeField()
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    given_up_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "why"], condition=Q(ended_at=None), name="raised_audits_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=models.F("before"))
                | Q(share=models.F("before"), ended_at__isnull=False, given_up_by__isnull=False),
                name="raised_audits_are_more",
            ),
            models.CheckConstraint(
                condition=Q(why="evidence", evaluation__isnull=False) | Q(why="drift", evaluation=None),
                name="raised_audits_for_a_candidate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_percent} % of {self.project} until {self.until:%Y-%m-%d}"

    @property
    def share_percent(self) -> float:
        return round(100 * self.share, 1)

    @property
    def before_percent(self) -> float:
        return round(100 * self.before, 1)
