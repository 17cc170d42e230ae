"""When a recipe learns anew by itself, and what became of each time that it did."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.copilot import Evaluation
from assist.models.rollouts import Rollout
from assist.models.search import Search
from assist.models.training import Snapshot, TrainingRun
from projects.models import Project, limits
from taskers.models import Person

STARTS = Q(every_days__isnull=False) | Q(new_verdicts__isnull=False) | Q(on_lost_slice=True)


class TrainingPlan(models.Model):
    """When a recipe learns anew in a project without anybody's asking, and what may follow (sole writer:
    learning/plans/). It opens no gate."""

    class State(models.TextChoices):
        ON = "on", "On"
        OFF = "off", "Off"
        STOPPED = "stopped", "Stopped: it failed too often"

    class Passed(models.TextChoices):
        ASK = "ask", "It waits for a person"
        CANARY = "canary", "Its rollout begins"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    recipe = models.CharField(max_length=40)
    state = models.CharField(max_length=7, choices=State, default=State.ON)
    every_days = models.PositiveSmallIntegerField(null=True, blank=True)  # null: not by the calendar
    new_verdicts = models.PositiveIntegerField(null=True, blank=True)  # found without a model's help; null: not by them
    on_lost_slice = models.BooleanField(default=False)  # once an evaluation or drift says that something got lost
    minutes = models.PositiveSmallIntegerField()  # of training, each time
    trials = models.PositiveSmallIntegerField(null=True, blank=True)  # of a search before it; null: as what answers now
    search_minutes = models.PositiveSmallIntegerField(default=60, db_default=60)  # at most, of these trials
    when_passed = models.CharField(max_length=6, choices=Passed, default=Passed.ASK)
    most_failures = models.PositiveSmallIntegerField()  # in a row, until it stops
    failures = models.PositiveSmallIntegerField(default=0)  # in a row, so far
    reason = models.CharField(max_length=300, blank=True)  # why it stopped
    verdicts_upto = models.BigIntegerField(default=0)  # the newest line of their index: so far too few are new
    scores_seen = models.CharField(
        max_length=60, blank=True
    )  # the newest evaluation's, and whose: nothing is lost there
    newest: list["PlanRound"]  # its newest rounds, where plans.of read it
    turned_on_at = models.DateTimeField(db_default=Now())
    arranged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # in whose name it acts

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "recipe"], name="training_plan_once"),
            models.CheckConstraint(condition=STARTS, name="training_plan_has_a_start"),
            models.CheckConstraint(
                condition=(Q(every_days=None) | limits.PLAN["every_days"].on("every_days"))
                & (Q(new_verdicts=None) | limits.PLAN["new_verdicts"].on("new_verdicts"))
                & limits.PLAN["minutes"].on("minutes")
                & (Q(trials=None) | limits.PLAN["trials"].on("trials"))
                & limits.PLAN["search_minutes"].on("search_minutes")
                & limits.PLAN["most_failures"].on("most_failures"),
                name="training_plan_within_limits",
            ),
            models.CheckConstraint(
                condition=~Q(state="on") | Q(failures__lt=models.F("most_failures")), name="training_plan_stops"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="on"), name="training_plan_on")]

    def __str__(self) -> str:
        return f"{self.recipe} in {self.project}: {self.get_state_display()}"


class PlanRound(models.Model):
    """One time that a plan's recipe learnt: what it was begun for, and how far it came (sole writer:
    learning/plans/rounds.py)."""

    class Why(models.TextChoices):
        SCHEDULE = "schedule", "It was time"
        VERDICTS = "verdicts", "Enough new verdicts"
        LOST_SLICE = "lost-slice", "A kind of task got worse"

    class State(models.TextChoices):
        SNAPSHOT = "snapshot", "A snapshot is taken"
        SEARCHING = "searching", "Settings are searched for"
        TRAINING = "training", "Training"
        EVALUATING = "evaluating", "Being evaluated"
        EVIDENCE = "evidence", "Waits for evidence"
        ASKED = "asked", "Waits for a person"
        ROLLOUT = "rollout", "Its rollout began"
        REFUSED = "refused", "Refused"
        CANNOT_TELL = "cannot-tell", "Evidence never came"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    OPEN = ("snapshot", "searching", "training", "evaluating", "evidence")

    plan = models.ForeignKey(TrainingPlan, on_delete=models.CASCADE, related_name="rounds")
    why = models.CharField(max_length=10, choices=Why)
    about = models.CharField(max_length=80, blank=True)  # which kind of task, or of drift
    state = models.CharField(max_length=11, choices=State, default=State.SNAPSHOT)
    reason = models.CharField(max_length=300, blank=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    search = models.ForeignKey(Search, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(TrainingRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evaluation = models.ForeignKey(Evaluation, null=True, blank=True, on_delete=models.PROTECT, related_name="rounds")
    rollout = models.ForeignKey(Rollout, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    held_up_at = models.DateTimeField(null=True, blank=True)  # since when the next step can't begin
    verdicts_upto = models.BigIntegerField(default=0)  # the newest line of their index: so far evidence is missing
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan"], condition=Q(ended_at=None), name="plan_round_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["snapshot", "searching", "training", "evaluating", "evidence"], ended_at=None)
                | Q(
                    state__in=["asked", "rollout", "refused", "cannot-tell", "stopped", "failed"],
                    ended_at__isnull=False,
                ),
                name="plan_round_over_has_time",
            ),
        ]
        indexes = [models.Index(fields=["plan", "-id"], name="plan_round_by_plan")]
        triggers = [
            pgtrigger.Protect(
                name="plan_round_ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} for {self.why}: {self.get_state_display()}"


class RoundStep(models.Model):
    """One step of a round, for people to read (sole writer: learning/plans/rounds.py)."""

    round = models.ForeignKey(PlanRound, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=11, choices=PlanRound.State)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="round_step_once")]
        triggers = [pgtrigger.Protect(name="round_step_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.number} of {self.round_id}: {self.state}"
