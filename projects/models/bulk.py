"""What is done to many tasks at once, and projects as patterns for others."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Project, Task
from taskers.errors import told_again
from taskers.models import Organization, Person


class BulkAction(models.Model):
    """One verb for many tasks, which a worker goes through in order (sole writer: workflow/bulk_actions.py).

    `position` moves on in the transaction that does a task, so each is done once, however often the worker is killed.
    """

    class Verb(models.TextChoices):
        CANCEL = "cancel", "Cancel"
        HOLD = "hold", "Hold back"
        RELEASE = "release", "Hand out again"
        REQUEUE = "requeue", "Requeue"
        OVERLAP = "overlap", "Ask for more judgements"
        AMEND = "amend", "Amend metadata"
        REVIEW = "review", "Send to review"
        TAG = "tag", "Tag"
        UNTAG = "untag", "Take a tag off"
        VOID = "void", "Void one person’s work"
        LIST = "list", "Put on work lists"
        UNLIST = "unlist", "Take off work lists"
        FIRST = "first", "Put first"
        IN_TURN = "in-turn", "Put back in turn"
        UNDO = "undo", "Undo"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="bulk_actions")
    verb = models.CharField(max_length=10, choices=Verb)
    terms = models.JSONField(default=dict)
    tasks = ArrayField(models.BigIntegerField())  # as they were chosen
    total = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)  # refused, each for a reason of its own
    faults = models.JSONField(default=list)  # the first of these reasons, in English
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The action that this one takes back: once at most.
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(position=F("done") + F("skipped")) & Q(position__lte=F("total")), name="bulk_action_adds_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.total} tasks of {self.project}"

    @property
    def refusals(self) -> list[dict[str, str]]:
        """Why the first tasks were passed by: `faults` in the reader's language."""
        told = ("task", "external_id", "code")
        return [{name: one[name] for name in told} | {"text": told_again(one["text"], one)} for one in self.faults]


class BulkTrace(models.Model):
    """How a task was before an action changed it: what undoing reads, and what it is allowed to change."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="traces", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "task"], name="bulk_trace_once")]

    def __str__(self) -> str:
        return f"{self.task_id} before {self.action_id}"


class ProjectTemplate(models.Model):
    """A project's labels, settings and rules, kept as a pattern for others (see workflow/project_copies.py)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="project_templates")
    name = models.CharField(max_length=limits.NAME)
    pattern = models.JSONField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="project_template_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
