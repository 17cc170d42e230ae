"""What verdicts say of a model's own word on how sure it is."""

from django.db import models
from django.db.models.functions import Now

from assist.models.copilot import ModelVersion
from projects.models import Project


class MeasuredScores(models.Model):
    """How far a model's scores may be believed in a project, by verdicts that no model had a hand in (sole writer:
    learning/measured_scores.py). `mean` and `covariance` are of projects/inference/calibration.py."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    mean = models.JSONField()
    covariance = models.JSONField()
    by_label = models.JSONField(default=dict, db_default={})  # the same of each label of which enough is known
    # By label the least scores, as they are shown, of what is called "high" and "medium"; null: not derived yet
    # (suggestions/score_bands.py).
    thresholds = models.JSONField(null=True, blank=True)
    known = models.PositiveIntegerField()  # what it found in texts or images of such verdicts
    right = models.PositiveIntegerField()  # of those, decided just so
    texts = models.PositiveIntegerField()  # or images, different ones, in which it found them
    verdicts = models.PositiveIntegerField()  # such verdicts
    read = models.PositiveIntegerField()  # verdicts that there were, whoever had a hand in them
    terms = models.CharField(max_length=64)  # sha256 of the labels and what they were mapped to
    upto = models.BigIntegerField()  # the key of the newest line of the verdicts' index that was read
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "measured scores"
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="measured_scores_once")]

    def __str__(self) -> str:
        return f"{self.version} in {self.project}: {self.right} of {self.known}"
