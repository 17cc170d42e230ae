"""What is labelled next: that a model chooses in part, what it looked at, and with which chance each was put first."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models.copilot import ModelVersion
from projects.models import Project, limits
from taskers.models import Person


class Selection(models.Model):
    """That a model chooses which tasks of a project are handed out first (sole writer: learning/selection/)."""

    class State(models.TextChoices):
        ON = "on", "On"
        OFF = "off", "Off"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=3, choices=State, default=State.ON)
    share = models.FloatField()  # of the tasks that are looked at: put first
    random_share = models.FloatField()  # of the tasks: chosen by nothing but a hash
    arranged_at = models.DateTimeField(db_default=Now())
    arranged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # in whose name it acts
    newest: list["SelectionRound"]  # its newest rounds, where selections.of read it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=limits.SELECTION["share"].on("share") & limits.SELECTION["random_share"].on("random_share"),
                name="selection_within_limits",
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="on"), name="selection_on")]

    def __str__(self) -> str:
        return f"{self.project}: {self.get_state_display()}"


class SelectionRound(models.Model):
    """One time that tasks were looked at and some put first (sole writer: learning/selection/rounds.py)."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="rounds")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")  # whose doubts count
    share = models.FloatField()  # as arranged when it began
    random_share = models.FloatField()
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    looked_at = models.PositiveIntegerField(default=0)  # tasks
    first = models.PositiveIntegerField(default=0)  # of those, put first
    by_lot = models.PositiveIntegerField(default=0)  # of those, in the random stream
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    chosen_at = models.DateTimeField(null=True, blank=True)  # since when its rows say what they say
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["selection"], condition=Q(state="running"), name="selection_round_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="selection_round_over_has_time",
            ),
        ]
        indexes = [models.Index(fields=["selection", "-id"], name="selection_round_by_selection")]

    def __str__(self) -> str:
        return f"{self.pk} of {self.selection_id}: {self.get_state_display()}"


class SelectedTaskQuerySet(models.QuerySet["SelectedTask"]):
    def drawn(self) -> "SelectedTaskQuerySet":
        """Those whose lot has fallen."""
        return self.filter(propensity__isnull=False)

    def steered(self) -> "SelectedTaskQuerySet":
        """Those whose turn depends on what a model made of them: what is decided of them judges none."""
        return self.drawn().filter(random=False)


class SelectedTask(models.Model):
    """A task that was looked at in a round, and with which chance it was put first then (sole writer:
    learning/selection/rounds.py)."""

    round = models.ForeignKey(SelectionRound, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    task = models.BigIntegerField()  # a plain key: the task may be in the archive
    asked = models.BooleanField(default=False)  # whether the model was
    doubt = models.FloatField(null=True, blank=True)  # in [0, 1], the model's; null: it says nothing of this one
    random = models.BooleanField(default=False)  # of the stream that judges models
    propensity = models.FloatField(null=True, blank=True)  # null: its lot hasn't fallen yet
    first = models.BooleanField(default=False)

    objects = SelectedTaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "task"], name="selected_task_once"),
            models.CheckConstraint(
                condition=Q(propensity=None, first=False) | Q(propensity__gt=0, propensity__lte=1),
                name="selected_task_has_a_chance",
            ),
        ]
        indexes = [models.Index(fields=["task"], name="selected_task_by_task")]

    def __str__(self) -> str:
        return f"{self.task} in {self.round_id}: {self.propensity}"
