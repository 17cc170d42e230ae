"""What becomes of tasks that are nearly the same as one that is there already; and which lie together."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import Project
from taskers.models import Person


class NearlyTheSame(models.Model):
    """A project's choice (sole writer: alike/duplicates.py); without one such tasks are flagged."""

    class Act(models.TextChoices):
        FLAG = "flag", "Tag them"
        HOLD = "hold", "Tag them and hold them back"
        NOTHING = "nothing", "Don’t look for them"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=7, choices=Act, default=Act.FLAG)
    # A choice holds for what comes behind the newest task of its moment; for what isn't looked through yet up to there,
    # what held before does.
    after = models.BigIntegerField(default=0, db_default=0)
    before = models.CharField(max_length=7, choices=Act, default=Act.FLAG, db_default=Act.FLAG)
    # Empty where nobody chose: projects that were there when tasks began to be compared.
    chosen_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.act} in {self.project}"


class TaskMap(models.Model):
    """Where a sample of a project's tasks lies on a plane, and in which groups its undecided ones are (sole writer:
    alike/atlas.py). Labels are no part of it: what is decided since is seen on it at once."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Method(models.TextChoices):
        NEIGHBOURS = "neighbours", "Neighbours kept together (t-SNE)"
        AXES = "axes", "Two main axes (PCA)"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=120, blank=True)  # by which tasks are laid
    method = models.CharField(max_length=10, choices=Method, blank=True)
    tasks = models.PositiveIntegerField(default=0)  # of which it is known where they lie
    points = models.JSONField(default=list)  # [task's key, x, y], x and y from 0 to 1000
    undecided = models.PositiveIntegerField(default=0)  # tasks that are in groups
    cut = models.BooleanField(default=False)  # there were more of those
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project"], condition=Q(state="running"), name="task_map_one_at_a_time")
        ]
        indexes = [models.Index(fields=["project", "-id"], name="task_map_by_project")]

    def __str__(self) -> str:
        return f"Map of {self.project}: {self.state}"


class TaskGroup(models.Model):
    """Undecided tasks that are alike, those nearest to their middle first (sole writer: alike/atlas.py)."""

    map = models.ForeignKey(TaskMap, on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveSmallIntegerField()  # 1: the largest
    tasks = ArrayField(models.BigIntegerField())  # plain keys: a task may be in the archive
    size = models.PositiveIntegerField()
    # What verdicts taught of each field: field, label, and the share of the group that has it as its likeliest.
    suggested = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["map", "number"], name="task_group_once")]

    def __str__(self) -> str:
        return f"Group {self.number} of {self.map_id}"
