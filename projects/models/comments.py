"""What people say to each other about a task: comments to its reviewer, questions to a manager, and the answers."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models.promises import Assignment
from projects.models.work import Project, Task
from taskers.models import Person


class CommentQuerySet(models.QuerySet["Comment"]):
    def first_ones(self) -> "CommentQuerySet":
        """Those that begin a talk; the others answer one of them."""
        return self.filter(thread=None)

    def questions(self) -> "CommentQuerySet":
        """What a manager was asked."""
        return self.first_ones().filter(to=Comment.To.MANAGER)

    def waiting(self) -> "CommentQuerySet":
        """First ones that nobody has answered since their author spoke last."""
        return self.first_ones().filter(answered_at=None)


class Comment(models.Model):
    """One thing that somebody said of a task, in plain words. Said is said: none is edited (sole writer: talk/)."""

    class To(models.TextChoices):
        REVIEWER = "reviewer", "Comment to the reviewer"
        MANAGER = "manager", "Question to a manager"
        TASKERS = "taskers", "Word to whoever does the task next"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="comments", db_index=False)
    # The piece of work it was said over; None for a word of the office about the task.
    assignment = models.ForeignKey(
        Assignment, null=True, blank=True, on_delete=models.PROTECT, related_name="comments", db_index=False
    )
    thread = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    to = models.CharField(max_length=8, choices=To)
    mark = models.CharField(max_length=64, blank=True, db_default="")  # the region or span it is about; "": the whole
    words = models.TextField()
    at = models.DateTimeField(db_default=Now(), editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    # Who is to read an answer, until they did.
    reader = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="comment_says_something"),
            models.CheckConstraint(
                condition=Q(to="taskers") | Q(assignment__isnull=False), name="comment_of_a_tasker_names_its_work"
            ),
        ]
        indexes = [
            models.Index(fields=["task", "id"], name="comment_by_task"),
            models.Index(fields=["assignment", "id"], name="comment_by_work"),
            models.Index(fields=["project", "id"], condition=Q(to="manager", thread=None), name="comment_question"),
            models.Index(
                fields=["project"], condition=Q(to="manager", thread=None, answered_at=None), name="comment_waiting"
            ),
            models.Index(fields=["reader"], condition=Q(reader__isnull=False), name="comment_unread"),
            models.Index(fields=["author", "id"], condition=Q(thread=None), name="comment_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.get_to_display()} about {self.task_id}"

    def fresh_key(self) -> uuid.UUID:
        """A key for the form that answers this one, so that a second press of its button says nothing twice."""
        return uuid.uuid4()
