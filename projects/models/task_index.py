"""What the task browser stands on: words that lead to tasks, tags, views that are kept."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Project, Task
from taskers.models import Person


class TaskWords(models.Model):
    """The words of a task's text, its metadata and its external id (sole writer: reports/task_words.py).

    Each word stands as "project:word", so that words of one project alone are read, however many projects there are.
    """

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = SearchVectorField()

    class Meta:
        verbose_name_plural = "task words"
        indexes = [
            GinIndex(fields=["words"], name="task_words"),
            models.Index(fields=["project", "task"], name="task_words_of_project"),
        ]

    def __str__(self) -> str:
        return f"Words of {self.task_id}"


class TaskTag(models.Model):
    """A word that managers put on a task to find it again (sole writer: workflow/tags.py)."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="tags", db_index=False)
    tag = models.CharField(max_length=limits.TAG)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "tag"], name="task_tag_once")]
        indexes = [models.Index(fields=["project", "tag", "task"], name="task_tag_lead")]

    def __str__(self) -> str:
        return self.tag


class TaskView(models.Model):
    """Filters, columns and order under a name, for all managers of the project."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="task_views")
    name = models.CharField(max_length=limits.NAME)
    asked = models.JSONField(default=dict)  # as the page's address says it
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="task_view_name_once")]

    def __str__(self) -> str:
        return self.name
