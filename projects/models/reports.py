"""What was worked out about a project, kept so that no page works it out again."""

from django.db import models

from projects.models.work import Batch, Project


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


class BatchHour(models.Model):
    """What happened in a batch within one hour, kept by hours.py from the outbox, so that no page counts a big table.

    Shares and sums of shares are whole millionths: added up in any order they come to the same.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()  # its begin
    # Judgements, in the hour in which each was first handed in; and those voided then.
    people = models.BigIntegerField(default=0, db_default=0)
    machines = models.BigIntegerField(default=0, db_default=0)
    voided = models.BigIntegerField(default=0, db_default=0)
    # Of people's: how many say how long they took, and how long; and the same of those with the copilot.
    timed = models.BigIntegerField(default=0, db_default=0)
    timed_ms = models.BigIntegerField(default=0, db_default=0)
    helped = models.BigIntegerField(default=0, db_default=0)
    helped_ms = models.BigIntegerField(default=0, db_default=0)
    # Verdicts, by who decided: the answers together, a reviewer, a model alone. Those in the place of another, and how
    # many were set aside without one.
    by_answers = models.BigIntegerField(default=0, db_default=0)
    by_reviewers = models.BigIntegerField(default=0, db_default=0)
    by_models = models.BigIntegerField(default=0, db_default=0)
    anew = models.BigIntegerField(default=0, db_default=0)
    reopened = models.BigIntegerField(default=0, db_default=0)
    sure = models.BigIntegerField(default=0, db_default=0)  # confidence of what stands, in millionths
    # Answers that were compared with a verdict, and the sum of how far they agree.
    compared = models.BigIntegerField(default=0, db_default=0)
    agreed = models.BigIntegerField(default=0, db_default=0)
    # The same of people's answers to gold that were given without the copilot.
    known = models.BigIntegerField(default=0, db_default=0)
    right = models.BigIntegerField(default=0, db_default=0)
    # Audits that a reviewer answered in this hour, and how many of them confirmed the verdict.
    audited = models.BigIntegerField(default=0, db_default=0)
    confirmed = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "hour"], name="batch_hour_once")]

    def __str__(self) -> str:
        return f"{self.batch} at {self.hour:%Y-%m-%d %H}"


class LabelTally(models.Model):
    """How many decided tasks of a project use a label, archived ones included (sole writer: verdict_index.py)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    label = models.CharField(max_length=60)
    tasks = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "label tallies"
        constraints = [models.UniqueConstraint(fields=["project", "label"], name="label_tally_once")]

    def __str__(self) -> str:
        return f"{self.label}: {self.tasks}"
