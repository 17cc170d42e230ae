"""Who may work on a project, how much, and what is mixed in: small rows, read once before each walk of a claim."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import limits
from projects.models.answers import Gold
from projects.models.limits import RULES
from projects.models.work import Batch, Project
from taskers.models import Organization, Person, Skill


class AssignmentRules(models.Model):
    """A project's rules for handing out work; without a row nothing is asked and nothing is mixed in."""

    class Mode(models.TextChoices):
        POOL = "pool", _("From the pool: whoever qualifies gets the next task")
        LISTS = "lists", _("In-house, by list: people get the tasks that are on their list")
        CHOICE = "choice", _("In-house, by choice: their list first, and anybody may open any free task")

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="rules", primary_key=True)
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.POOL, db_default="pool")
    standing_floor = models.FloatField(default=0.0)  # the least mean of the standing
    standing_evidence = models.FloatField(default=5.0)  # the weight of grades before the floor is asked
    daily_tasks = models.PositiveIntegerField(null=True, blank=True)  # judgements handed in, per tasker and day
    daily_earnings = models.BigIntegerField(null=True, blank=True)  # millionths promised, per tasker and day
    gold_share = models.FloatField(default=0.0)  # of claims, on the long run
    gold_uses = models.PositiveIntegerField(default=200)  # a known answer is retired after so many
    skip_modes = models.JSONField(default=dict, blank=True)  # reason -> others, me or review: queue/leases.py
    # Of tasks as broken: how many people it takes to withhold one, and how many one person may report in a day, at most
    # and beside the first few as a share of what they hand in (queue/broken.py).
    reporters = models.PositiveSmallIntegerField(default=2, db_default=2)
    reports_daily = models.PositiveSmallIntegerField(default=10, db_default=10)
    reports_share = models.FloatField(default=0.1, db_default=0.1)
    training_tasks = models.PositiveSmallIntegerField(default=0)  # before the first judgement
    training_pass = models.FloatField(default=0.8)  # mean score, in [0, 1]
    training_tries = models.PositiveSmallIntegerField(default=2)
    training_days = models.PositiveIntegerField(null=True, blank=True)  # how long a pass holds; empty: for good
    training_wait = models.PositiveIntegerField(default=0, db_default=0)  # hours between one try and the next
    training_rate = models.BigIntegerField(default=0, db_default=0)  # millionths for an item done well, once
    training_skill = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "assignment rules"
        constraints = [
            models.CheckConstraint(condition=RULES["standing_floor"].on("standing_floor"), name="rules_floor_in_unit"),
            models.CheckConstraint(condition=RULES["gold_share"].on("gold_share"), name="rules_gold_share_sane"),
            models.CheckConstraint(
                condition=Q(reporters__gte=RULES["reporters"].least) & RULES["reports_share"].on("reports_share"),
                name="rules_reports_sane",
            ),
            models.CheckConstraint(condition=RULES["training_pass"].on("training_pass"), name="rules_pass_in_unit"),
            models.CheckConstraint(
                condition=Q(training_tasks=0) | Q(training_skill__isnull=False), name="rules_training_gives_a_skill"
            ),
        ]

    def __str__(self) -> str:
        return f"Rules of {self.project}"


class Requirement(models.Model):
    """A skill that a project asks for."""

    class Comparator(models.TextChoices):
        AT_LEAST = "at_least", "at least"
        IN = "in", "one of"
        EXISTS = "exists", "any value"
        MISSING = "missing", "must not have"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="requirements")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="+")
    comparator = models.CharField(max_length=8, choices=Comparator, default=Comparator.EXISTS)
    value = models.FloatField(null=True, blank=True)
    values = ArrayField(models.FloatField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "skill", "comparator"], name="requirement_once"),
            models.CheckConstraint(
                condition=~Q(comparator="at_least") | Q(value__isnull=False), name="requirement_has_its_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.get_comparator_display()}"


class Exclusion(models.Model):
    """A tasker kept from a project, or from all of an organization's, and why, in words they may read."""

    class Kind(models.TextChoices):
        PAUSED = "paused", "Paused"
        BLOCKED = "blocked", "Blocked"
        BANNED = "banned", "Banned"  # their undecided work was voided

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="exclusions")
    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exclusions")
    kind = models.CharField(max_length=7, choices=Kind)
    reason = models.CharField(max_length=limits.REASON)
    made_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tasker", "organization", "project"],
                condition=Q(lifted_at=None),
                nulls_distinct=False,
                name="exclusion_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tasker} {self.kind}"


class AutomaticRule(models.Model):
    """What follows by itself in a project when somebody's latest work meets a condition. Made switched off or on;
    never edited, so that every consequence knows its rule (writer: workflow/automatic_rules)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="automatic_rules")
    condition = models.CharField(max_length=20)  # workflow/automatic_rules/conditions
    threshold = models.FloatField()
    window = models.PositiveIntegerField()  # pieces of somebody's newest work that it looks at
    action = models.CharField(max_length=20)  # workflow/automatic_rules/actions
    hours = models.PositiveIntegerField()  # for which what follows lasts
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    on_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # switched off for good

    def __str__(self) -> str:
        return f"{self.condition}: {self.action}"


class RuleConsequence(models.Model):
    """What a rule brought about for one person: why, until when, and what they say against it (same writer)."""

    class Appeal(models.TextChoices):
        NONE = "", _("Not contested")
        OPEN = "open", _("Contested")
        UPHELD = "upheld", _("Lifted")  # open -> upheld: answered so, or not answered in time
        REFUSED = "refused", _("Stays")  # open -> refused

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(AutomaticRule, on_delete=models.PROTECT, related_name="consequences")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    measured = models.FloatField()  # what the condition saw
    at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField()
    did = models.JSONField(default=dict)  # what the action tells of itself
    exclusion = models.ForeignKey(Exclusion, null=True, on_delete=models.SET_NULL, related_name="+")
    appeal = models.CharField(max_length=7, choices=Appeal, default=Appeal.NONE, db_default="", blank=True)
    said = models.TextField(blank=True, max_length=limits.NOTE)  # by whom it concerns
    contested_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True)  # without an answer until then it is lifted
    answer = models.TextField(blank=True, max_length=limits.NOTE)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(appeal="", contested_at=None)
                | Q(contested_at__isnull=False, answer_by__isnull=False) & ~Q(appeal=""),
                name="consequence_contested_in_order",
            )
        ]
        indexes = [models.Index(fields=["person", "-id"], name="consequence_of_person")]

    def __str__(self) -> str:
        return f"{self.rule} for {self.person_id}"

    @property
    def in_force(self) -> bool:
        """Whether it still lasts."""
        return self.until > timezone.now()


class ConflictOfInterest(models.Model):
    """Two people who must not judge the same task; the one with the lower key comes first, so a pair is one row."""

    class Relation(models.TextChoices):
        RELATIVES = "relatives", "Relatives"
        HOUSEHOLD = "household", "They live together"
        TRAINING = "training", "One trained the other"
        OTHER = "other", "Another reason"

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    relation = models.CharField(max_length=9, choices=Relation, default=Relation.OTHER)
    note = models.CharField(max_length=limits.PAIR_NOTE, blank=True)
    made_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="conflict_in_order"),
            models.UniqueConstraint(
                fields=["first", "second", "organization"], condition=Q(lifted_at=None), name="conflict_once"
            ),
        ]
        # A claim asks from both sides; the constraint's index serves the first.
        indexes = [models.Index(fields=["second", "organization"], condition=Q(lifted_at=None), name="conflict_second")]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class DayTally(models.Model):
    """What one tasker handed in on one day of theirs, so that caps are asked without counting."""

    tasker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()  # in the tasker's time zone
    judgements = models.PositiveIntegerField(default=0)
    promised = models.BigIntegerField(default=0)  # millionths
    # When it was last added to: what came in since midnight counts today, whatever clock it was entered under.
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "day tallies"
        constraints = [models.UniqueConstraint(fields=["tasker", "project", "day"], name="day_tally_once")]

    def __str__(self) -> str:
        return f"{self.tasker_id} on {self.day}: {self.judgements}"


class BatchPace(models.Model):
    """When a batch was last served and how fast it is worked on; kept by progress.py from the outbox."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="pace", primary_key=True)
    served_at = models.DateTimeField(null=True)
    hourly = models.FloatField(default=0.0)  # judgements an hour, lately
    measured_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.batch}: {self.hourly:.0f}/h"


class Stall(models.Model):
    """Tasks of a project that wait for answers which nobody may give, as a worker last saw (sole writer: stalls.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="stall", primary_key=True)
    tasks = models.PositiveIntegerField(default=0)
    begun = models.PositiveIntegerField(default=0)  # of them, those of which answers came in
    whole = models.BooleanField(default=True)  # whether all that is open was looked at
    people = models.PositiveIntegerField(default=0)  # who qualify
    machines = models.PositiveIntegerField(default=0)  # models that are annotators
    kept = models.JSONField(default=dict)  # how many are kept out, by the code of the reason: qualifying.WORDS
    unlisted = models.PositiveIntegerField(default=0, db_default=0)  # open, where people work by list, and on none
    # Whose lists count for that: people who may work there, and the teams that they are in; null before a first look.
    listers = ArrayField(models.BigIntegerField(), null=True, blank=True)
    teams = ArrayField(models.BigIntegerField(), null=True, blank=True)
    looked_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.project}: {self.tasks} wait for nobody"


class PooledGold(models.Model):
    """A known answer in the stock that claims are dealt from, and how worn it is."""

    class Pool(models.TextChoices):
        CONTROL = "control", "Mixed in unseen"
        TRAINING = "training", "Training, with the answer shown afterwards"

    gold = models.OneToOneField(Gold, on_delete=models.CASCADE, related_name="stock", primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    pool = models.CharField(max_length=8, choices=Pool, default=Pool.CONTROL)
    uses = models.PositiveIntegerField(default=0)
    # Of training: its place in the course, what is explained afterwards, and whether that is at once or at the end.
    position = models.PositiveIntegerField(default=0, db_default=0)
    explanation = models.TextField(blank=True, default="", db_default="")
    shown = models.BooleanField(default=True, db_default=True)
    shuffle = models.FloatField(default=0.0)  # redrawn at each use, so that the order can't be learnt
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_why = models.CharField(max_length=limits.RETIRED_WHY, blank=True)
    fresh_at = models.DateTimeField(db_default=Now())  # what was handed in before doesn't bear on it: put back since
    looks = models.PositiveSmallIntegerField(default=0, db_default=0)  # how often leaks.py has looked since then
    suspect_at = models.DateTimeField(null=True, blank=True)  # it may be wrong: grades nobody
    suspect_why = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "pooled gold"
        indexes = [
            models.Index(
                fields=["project", "pool", "uses", "shuffle"], condition=Q(retired_at=None), name="gold_in_pool"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gold} ({self.pool}, used {self.uses}×)"
