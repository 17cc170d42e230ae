"""What follows from work later than the moment it is handed in, and who has seen which right answer."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.promises import Assignment
from projects.models.work import Project
from taskers.models import Person


class Correctable(models.Model):
    """Work that was handed in and may still be corrected: while the row is there, nothing of it is decided, graded or
    paid. It goes in the transaction that decides what then can be (corrections.py)."""

    assignment = models.OneToOneField(
        Assignment, on_delete=models.PROTECT, related_name="correctable", primary_key=True
    )
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="correctable_until")]

    def __str__(self) -> str:
        return f"{self.assignment_id} until {self.until}"


class GoldSettlement(models.Model):
    """When an answer to gold is graded and paid: as a judgement that was handed in beside it (sole writer:
    teaching/settling.py).

    `goes_by` is the key of that judgement's assignment. It may leave for the archive: the database holds no reference.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="settlement", primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    goes_by = models.BigIntegerField(null=True)
    due_at = models.DateTimeField(null=True)  # for what comes next, where that is known
    settled_at = models.DateTimeField(null=True)  # paid, and shown as decided
    graded_at = models.DateTimeField(null=True)  # its tasker's standing knows of it
    # Shown as an answer that decided its task alone: paid whatever it says, and compared with nothing.
    alone = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["tasker"], condition=Q(graded_at=None), name="gold_settlement_open"),
        ]

    def __str__(self) -> str:
        return f"Gold {self.assignment_id}: {'settled' if self.settled_at else 'waiting'}"


class ReviewDeadline(models.Model):
    """After how many days a project pays answers that wait for a reviewer, though nobody looked (sole writer:
    approvals.py). Without a row it waits as long as it takes."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="review_deadline", primary_key=True)
    days = models.PositiveSmallIntegerField()
    changed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())
    # Whoever of finance said yes; none where one person was enough still.
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=limits.REVIEW_DAYS.on("days"), name="review_deadline_sane"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("changed_by")), name="review_deadline_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.days} days"


class ProposedDeadline(models.Model):
    """So many days that wait for somebody of finance to say yes (same writer); a newer one takes its place."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="proposed_deadline", primary_key=True
    )
    days = models.PositiveSmallIntegerField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=limits.REVIEW_DAYS.on("days"), name="proposed_deadline_sane")]

    def __str__(self) -> str:
        return f"{self.project}: {self.days} days?"


class AwaitedReview(models.Model):
    """Since when a task of such a project waits for a reviewer, as a worker saw, and when its answers were paid
    meanwhile (same writer). It begins anew when another answer came since, and goes when the task waits no more, which
    may have left for the archive by then: the database holds no reference."""

    task_key = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    paid = models.PositiveIntegerField(default=0, db_default=0)  # answers that were owed something by that

    class Meta:
        indexes = [
            models.Index(fields=["project", "approved_at", "since"], name="awaited_review_due"),
            models.Index(fields=["project"], include=["paid"], condition=Q(paid__gt=0), name="awaited_review_paid"),
        ]

    def __str__(self) -> str:
        return f"{self.task_key} since {self.since}"


class SeenAnswer(models.Model):
    """Somebody was shown what is right for a payload of a project; it isn't dealt to them as gold any more, and grades
    them by no later answer."""

    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    payload_hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tasker", "project", "payload_hash"], name="seen_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker_id} has seen {self.payload_hash[:12]}"
