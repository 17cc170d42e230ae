"""What was worked out about a project, kept so that no page works it out again."""

from django.db import models

from projects.models.work import Project


class AgreementReport(models.Model):
    """How far a project's people agree, from a bounded sample (sole writer: agreement_reports.py).

    Being worked out while `asked_at` is set. `numbers` is what aggregation/report.py tells, people by their keys.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+", primary_key=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    numbers = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Agreement on {self.project}"
