"""Where the copilot does harm, as it was measured."""

from django.db import models
from django.db.models import Q

from projects.models import Project


class CopilotHarm(models.Model):
    """The copilot of a project costs time, or answers are worse by it: a row while it is so (sole writer:
    web/copilot_harm.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    saved = models.JSONField(null=True)  # [value, low, high] of the time saved, where it costs time
    better = models.JSONField(null=True)  # the same of the difference in quality, where answers are worse
    raised_at = models.DateTimeField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(saved__isnull=False) | Q(better__isnull=False), name="harm_is_measured")
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.saved}, {self.better}"
