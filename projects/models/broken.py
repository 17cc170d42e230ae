"""What taskers say of tasks that can't be done, and what the office made of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.promises import Assignment
from projects.models.work import Project, Task
from taskers.models import Person


class BrokenReportQuerySet(models.QuerySet["BrokenReport"]):
    def open(self) -> "BrokenReportQuerySet":
        """Those that nobody of the office has looked at."""
        return self.filter(outcome="")


class BrokenReport(models.Model):
    """One tasker's word that a task is broken (sole writer: queue/broken.py)."""

    class Outcome(models.TextChoices):
        OPEN = "", "Nobody has looked yet"
        BROKEN = "broken", "It is broken"  # open -> broken: withheld by a manager
        FINE = "fine", "Nothing is wrong with it"  # open -> fine: handed out again

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="+")
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    outcome = models.CharField(max_length=6, choices=Outcome, default=Outcome.OPEN, db_default="", blank=True)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = BrokenReportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["tasker", "project", "at"], name="broken_by_tasker"),
            models.Index(fields=["project", "task"], condition=Q(outcome=""), name="broken_open"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker_id} of {self.task_id}: {self.outcome or 'open'}"
