"""Courses: who tried, with what outcome, and how each item of it was answered."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.answers import Annotation
from projects.models.rules import PooledGold
from projects.models.work import Project
from taskers.models import Person


class QualificationAttempt(models.Model):
    """One go at a project's course; it ends when its last item is handed in (sole writer: qualification_tests.py)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    items = models.PositiveSmallIntegerField()  # asked in this try
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)  # in [0, 1]
    passed = models.BooleanField(null=True, blank=True)
    forgiven_at = models.DateTimeField(null=True, blank=True)  # a manager gave it back: it counts as no try
    forgiven_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "tasker"],
                condition=Q(ended_at=None, forgiven_at=None),
                name="qualification_attempt_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, score=None, passed=None)
                | Q(ended_at__isnull=False, score__gte=0, score__lte=1, passed__isnull=False),
                name="qualification_attempt_ends_with_a_score",
            ),
        ]
        indexes = [models.Index(fields=["project", "tasker", "id"], name="qualification_attempt_of")]

    def __str__(self) -> str:
        return f"{self.tasker}: {self.score if self.score is not None else 'going on'}"


class QualificationStep(models.Model):
    """One item of a course, answered in one try: what it was worth and what was wrong (teaching/gold_check.py)."""

    attempt = models.ForeignKey(QualificationAttempt, on_delete=models.CASCADE, related_name="steps")
    kept = models.ForeignKey(PooledGold, on_delete=models.PROTECT, related_name="steps")
    annotation = models.OneToOneField(Annotation, on_delete=models.PROTECT, related_name="qualification_step")
    score = models.FloatField()
    differences = models.JSONField(default=list)
    at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)  # its tasker went on; until then its lesson comes again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "kept"], name="qualification_step_once"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="qualification_step_score_in_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.kept_id}: {self.score:.2f}"
