"""The promises: assignments with their leases, drafts, and how far each tasker has walked through a batch."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Mod, Now

from projects.models import limits
from projects.models.work import Batch, Task
from taskers.models import Person

# Kinds that are dealt held and never queue: compared with what is known, while they look like any judgement.
COMPARED = ("gold", "extra")
# What a tasker sees as one and the same work.
ALIKE = ("judge", *COMPARED)
# What is open of a task that comes first stands in slots of its own, so many further on: a claim walks those before
# the others of the batch, and finds that there are any by the look at the deepest slot that it takes anyway.
FIRST_SLOTS = 1000


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def held(self) -> "AssignmentQuerySet":
        """Those in somebody's hands."""
        return self.filter(state="held")

    def counting(self) -> "AssignmentQuerySet":
        """Judgements that stand for one of the `wanted`: open, held, or submitted and not voided."""
        return self.filter(kind="judge", state__in=["open", "held", "submitted"], voided_at=None)

    def submitted(self) -> "AssignmentQuerySet":
        """Work handed in that still counts."""
        return self.filter(state="submitted", voided_at=None)


class Assignment(models.Model):
    """One piece of work promised (sole writer of its state: queue.py)."""

    class Kind(models.TextChoices):
        JUDGE = "judge", "Judgement"
        GOLD = "gold", "Known answer"
        EXTRA = "extra", "Left out"  # of a decided task: counts for nothing there (queue/gold_dealing.py)
        TRAINING = "training", "Training"
        REVIEW = "review", "Review"
        AUDIT = "audit", "Audit"
        REWORK = "rework", "Rework"

    class State(models.TextChoices):
        OPEN = "open", "Open"  # waiting for somebody
        HELD = "held", "In work"  # open -> held: a tasker, a deadline, a fencing token
        SUBMITTED = "submitted", "Handed in"  # held -> submitted; late: expired -> submitted
        RELEASED = "released", "Given back"  # held -> released
        SKIPPED = "skipped", "Skipped"  # held -> skipped
        EXPIRED = "expired", "Ran out"  # held -> expired
        WITHDRAWN = "withdrawn", "Withdrawn"  # open -> withdrawn: no longer wanted

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.JUDGE, db_default="judge")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN, db_default="open")
    slot = models.PositiveSmallIntegerField(default=0)
    # Where it stands in the order in which its batch is handed out: the moment it was made, in 2048ths of a
    # microsecond, drawn by lot between them. So whatever is put back lies ahead of every cursor. What is loaded is
    # shuffled over the two seconds before its load began (queue/slots.py).
    walk_key = models.BigIntegerField(
        editable=False,
        db_default=Func(
            template="((extract(epoch FROM statement_timestamp()) * 1000000)::bigint << 11)"
            " + floor(random() * 2048)::bigint",
            output_field=models.BigIntegerField(),
        ),
    )
    tasker = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    token = models.UUIDField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)  # by the database's clock
    held_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, blank=True, db_default="")
    note = models.TextField(blank=True, db_default="")
    settings_version = models.PositiveIntegerField(null=True, blank=True)
    rate = models.BigIntegerField(null=True, blank=True)  # millionths, as promised at claim
    copilot = models.BooleanField(null=True, blank=True)  # whether its tasker could ask the copilot
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=limits.VOID_REASON, blank=True, db_default="")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "withdrawn"], tasker=None, token=None)
                | Q(
                    state__in=["held", "submitted", "released", "skipped", "expired"],
                    tasker__isnull=False,
                    token__isnull=False,
                    deadline__isnull=False,
                    held_at__isnull=False,
                ),
                name="assignment_owner_fits_state",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None) | Q(state="submitted"), name="assignment_only_submitted_is_voided"
            ),
            # Never handed out more often than wanted: each slot of a task is promised once at a time, first or not.
            models.UniqueConstraint(
                F("task"),
                Mod(F("slot"), FIRST_SLOTS),
                condition=Q(kind="judge", state__in=["open", "held", "submitted"], voided_at=None),
                name="assignment_slot_once",
            ),
            # Nobody holds or submits two judgements on one task.
            models.UniqueConstraint(
                fields=["task", "tasker"],
                condition=Q(kind="judge", state__in=["held", "submitted"]),
                name="assignment_tasker_once",
            ),
            models.UniqueConstraint(
                fields=["task"], condition=Q(kind="review", state="held"), name="assignment_one_review_at_a_time"
            ),
        ]
        indexes = [
            # The walk of a claim: breadth first through what a batch has open.
            models.Index(
                fields=["batch", "slot", "walk_key"], condition=Q(state="open", kind="judge"), name="assignment_walk"
            ),
            # The same where a project finishes tasks: along all slots in turn at once, or all that come first.
            models.Index(
                F("batch"),
                F("slot") / FIRST_SLOTS,
                F("walk_key"),
                condition=Q(state="open", kind="judge"),
                name="assignment_depth_walk",
            ),
            models.Index(fields=["tasker", "batch"], condition=Q(state="held"), name="assignment_held_by"),
            # What a tasker holds, asked for at each claim by `tasker + 0`, so that nothing else seems to serve: where
            # the statistics know of no held rows, the planner would as soon walk those of everybody.
            models.Index(F("tasker") + 0, condition=Q(state="held"), name="assignment_held_tasker"),
            # Held, in the words that only those use who ask for deadlines. Its old end fills with dead entries.
            models.Index(
                fields=["deadline"], condition=Q(held_at__isnull=False, ended_at=None), name="assignment_runs_out"
            ),
            models.Index(fields=["tasker", "id"], condition=Q(tasker__isnull=False), name="assignment_by_tasker"),
            models.Index(fields=["task", "id"], name="assignment_by_task"),
            # The task browser: what is open or in work, and what somebody worked on, in the order of tasks.
            models.Index(
                fields=["batch", "state", "task"],
                condition=Q(kind="judge", state__in=["open", "held"]),
                name="assignment_unfinished",
            ),
            models.Index(
                fields=["tasker", "batch", "task"], condition=Q(tasker__isnull=False), name="assignment_tasker_task"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.task_id} ({self.state})"


class Draft(models.Model):
    """Unsent work of an assignment; gone once it is submitted."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="draft", primary_key=True)
    version = models.PositiveIntegerField()
    answer = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Draft {self.version}"


class ClaimNumber(models.Model):
    """How often a tasker was given something, so that two tabs which chose at the same moment don't both take.

    Whoever takes must know the number, and moves it on by the same statement (projects/queue/claim_numbers.py).
    """

    tasker = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+", primary_key=True)
    number = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.tasker_id}: {self.number}"


class BatchCursor(models.Model):
    """How far a tasker's walk through one slot of a batch has come: what lies before it was theirs, or taken.

    Where a project finishes tasks, slot 0 stands for all in turn and slot FIRST_SLOTS for all that come first.

    `assignment_key` is the walk key of the last one. What is put back gets a new, higher key, so it lies ahead of every
    cursor of its slot. What a walk passed by all the same (locked at that moment, committed late, or loaded while the
    walk went on) is found by a second, slow walk behind it: `swept` is where that stands, `rounds` how often it came
    round.
    """

    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    slot = models.PositiveSmallIntegerField(default=0, db_default=0)
    assignment_key = models.BigIntegerField(default=0, db_default=0)
    swept = models.BigIntegerField(default=0, db_default=0)
    rounds = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tasker", "batch", "slot"], name="batch_cursor_once")]

    def __str__(self) -> str:
        return f"{self.tasker_id} in {self.batch_id}, slot {self.slot}: {self.assignment_key}"
