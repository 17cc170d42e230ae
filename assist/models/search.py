"""Searching for better settings of a recipe: a search, and its trials."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models import erasure_rules
from assist.models.training import Snapshot
from projects.models import Project, limits
from taskers.models import Person


class Search(models.Model):
    """Trials of one recipe on one snapshot, within a budget (sole writer: assist/learning/search/searches.py)."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="searches")
    recipe = models.CharField(max_length=40)
    seed = models.BigIntegerField()
    trials_wanted = models.PositiveSmallIntegerField()  # at most
    minutes = models.PositiveIntegerField()  # at most, from when the first trial begins
    at_once = models.PositiveSmallIntegerField(default=1)  # one after the other, the same seed gives the same settings
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    importance = models.JSONField(default=dict)  # parameter -> share of what the figure owes to it
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project"], condition=Q(state="running"), name="search_once_at_a_time"),
            models.CheckConstraint(
                condition=limits.TRIALS.on("trials_wanted")
                & limits.SEARCH_MINUTES.on("minutes")
                & limits.AT_ONCE.on("at_once"),
                name="search_has_a_budget",
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="search_by_project")]
        triggers = [erasure_rules.learns("search_of_erased")]

    def __str__(self) -> str:
        return f"{self.recipe} on {self.snapshot_id}: {self.state}"


class Trial(models.Model):
    """One try of a recipe with settings that the search chose; one background job under a lease (sole writer:
    assist/learning/search/trials.py). Number 0 has today's settings."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        PRUNED = "pruned", "Ended early"  # it did worse than the others had done by then
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveSmallIntegerField()
    parameters = models.JSONField(default=dict)  # empty until they are chosen
    asked = models.PositiveIntegerField(null=True, blank=True)  # its number in Optuna's own table
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    value = models.FloatField(null=True, blank=True)  # the recipe's figure on the validation split
    curve = models.JSONField(default=list)
    metrics = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)  # also who holds it: each worker that takes it up counts one
    beat_at = models.DateTimeField(db_default=Now())  # the holder was alive then
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["search", "number"], name="trial_once"),
            models.CheckConstraint(
                condition=Q(state="done", value__isnull=False) | (~Q(state="done") & Q(value=None)),
                name="trial_done_has_value",
            ),
        ]
        indexes = [models.Index(fields=["beat_at"], condition=Q(state__in=["waiting", "running"]), name="trial_open")]

    def __str__(self) -> str:
        return f"{self.search_id}/{self.number}: {self.state}"
