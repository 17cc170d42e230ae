"""What a project's managers want to be told of."""

import uuid

from django.db import models
from django.db.models.functions import Now

from projects.models.work import Project
from taskers.models import Person


class AlertRule(models.Model):
    """One thing that is watched in a project (sole writer: reports/alerts.py). `raised_at` stands from when it was said
    until it is no longer so: meanwhile it isn't said again."""

    class Watches(models.TextChoices):
        ACCURACY = "accuracy", "Accuracy on gold below"
        PACE = "pace", "Chance to meet the deadline below"
        PER_DAY = "per_day", "Judgements a day below"
        SPEND = "spend", "Spent above"
        STALLED = "stalled", "Tasks that nobody may do, more than"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_rules", db_index=False)
    watches = models.CharField(max_length=10, choices=Watches)
    bound = models.FloatField()  # a share, an amount in units of the currency, or a number of tasks
    raised_at = models.DateTimeField(null=True, blank=True)
    said = models.JSONField(default=dict)  # what was so when it was raised
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "watches"], name="alert_rule_once"),
            models.CheckConstraint(condition=models.Q(bound__gte=0), name="alert_bound_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_watches_display()} {self.bound:g}"
