"""What the truth engine holds likely: of a project's people, of a task, of itself; and what it would look at again."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from projects.models.answers import Verdict
from projects.models.work import Batch, Project, Task
from taskers.models import Person
from taskers.models.append_only import append_only


class AccuracyModel(models.Model):
    """What one estimate says of all who work on a project. Never edited; the newest is in use (writer: estimating.py).

    `numbers` belong to the method: the pool's for classes (inference.incremental.AccuracyModel), nothing where taskers
    are known by their parameters alone. `labels` are the classes, in the order of the numbers.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="accuracy_models")
    version = models.PositiveIntegerField()
    method = models.CharField(max_length=40)
    labels = models.JSONField(default=list)
    numbers = models.JSONField(default=dict)
    answers = models.PositiveIntegerField(default=0)  # how many it was estimated from
    tasks = models.PositiveIntegerField(default=0)
    upto = models.BigIntegerField(default=0)  # the key of the newest annotation that it saw
    # Who may copy each other: {"who", "of", "shared", "differed", "expected", "surprise"}, people by their keys.
    copies = models.JSONField(default=list, db_default=[], blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("accuracy_model_append_only")]
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="accuracy_model_version_once")]

    def __str__(self) -> str:
        return f"{self.project} v{self.version}"


class AnnotatorParameters(models.Model):
    """What is known of one tasker within an accuracy model: from its estimate, and what was learnt since."""

    accuracy_model = models.ForeignKey(
        AccuracyModel, on_delete=models.CASCADE, related_name="parameters", db_index=False
    )
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    mean = models.JSONField()  # per member of the pool: ability and likings; or the one chance to be right
    spread = models.JSONField(default=list)  # their covariances
    learnt = models.PositiveIntegerField(default=0)  # answers that taught since the estimate
    finding = models.CharField(max_length=8, blank=True)  # blind, against, unsure or fine: aggregation/vetting.py

    class Meta:
        constraints = [models.UniqueConstraint(fields=["accuracy_model", "tasker"], name="annotator_parameters_once")]

    def __str__(self) -> str:
        return f"{self.tasker_id} in accuracy model {self.accuracy_model_id}"


class Posterior(models.Model):
    """What is held likely of one task at this moment, renewed with each answer (sole writer: aggregation.py)."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="posterior", primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=40)
    accuracy_model = models.PositiveIntegerField(default=0)  # its version; 0 before any estimate
    answers = models.PositiveSmallIntegerField(default=0)  # those that had a vote
    raw = models.FloatField(default=0.0)  # the method's own confidence
    confidence = models.FloatField(default=0.0)  # the same, calibrated
    gain = models.FloatField(default=0.0)  # bits that one more judgement would be expected to tell
    classes = models.JSONField(default=dict)  # label -> probability, where the method knows classes
    # Of what is decided part by part, the most doubtful first: {"label", "likely", "edge"} (aggregation/outcome.py).
    parts = models.JSONField(default=list, db_default=[])
    votes = models.JSONField(default=dict)  # annotation key -> why it has no vote, or an uncommon one (votes.py)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1, gain__gte=0), name="posterior_in_bounds"
            ),
        ]
        indexes = [models.Index(fields=["project", "task"], name="posterior_by_project")]

    def __str__(self) -> str:
        return f"Posterior of {self.task_id}: {self.confidence:.2f}"


class MethodCalibration(models.Model):
    """How far a project's method is to be believed, from known answers. Never edited; the newest is in use."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="calibrations", db_index=False)
    method = models.CharField(max_length=40)
    mean = models.JSONField()  # aggregation.calibration.Calibration
    covariance = models.JSONField()
    known = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    sources = models.JSONField(default=dict)  # how many known answers of which kind
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("method_calibration_append_only")]
        indexes = [models.Index(fields=["project", "method", "-id"], name="method_calibration_newest")]

    def __str__(self) -> str:
        return f"{self.project}: {self.method} by {self.known}"


class Estimation(models.Model):
    """A run that estimates a project's people and posteriors anew, and how far it has come."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        PEOPLE = "people", "Estimating the people"  # waiting -> people
        TASKS = "tasks", "Weighing the tasks again"  # people -> tasks: the accuracy model is stored
        DONE = "done", "Done"  # tasks -> done

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="estimations")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    accuracy_model = models.ForeignKey(AccuracyModel, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    upto = models.BigIntegerField(default=0)  # annotations after this one are left for the next run
    position = models.BigIntegerField(default=0)  # the key of the last task that was weighed
    weighed = models.PositiveIntegerField(default=0)
    proposed = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project"], condition=~Q(state="done"), name="estimation_one_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.get_state_display()}"


class Ranking(models.Model):
    """What was compared in pairs, from the strongest, as all votes together say. Never edited; the newest is in use
    (writer: rankings.py). It changes no verdict and grades nobody.

    `items`: {"item", "strength", "spread", "votes", "won", "lost", "tied", "group"}, the strength in logits with its
    standard deviation. `taskers`: {"tasker", "votes", "reliability", "left", "ties"}, people by their keys.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rankings", db_index=False)
    method = models.CharField(max_length=40)
    items = models.JSONField()
    taskers = models.JSONField()
    votes = models.PositiveIntegerField()
    unkeyed = models.PositiveIntegerField()  # votes that tell nothing: a candidate had no key, or both the same
    left = models.FloatField()  # the chance that of two equal ones that on the left is preferred, ties aside
    ties = models.FloatField()  # the share of ties
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("ranking_append_only")]
        indexes = [models.Index(fields=["project", "-id"], name="ranking_newest")]

    def __str__(self) -> str:
        return f"{self.project}: {len(self.items)} ranked by {self.votes}"


class AuditRound(models.Model):
    """Verdicts that were drawn to be looked at, to tell something of all that they were drawn from (writer:
    audit_rounds.py). What it tells is reckoned from its looks.
    """

    class Kind(models.TextChoices):
        ACCEPTANCE = "acceptance", _("Accept a batch by a sample")
        STRATA = "strata", _("Some of each kind")
        REVIEWERS = "reviewers", _("Second review of reviewers")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    size = models.PositiveIntegerField()  # how many it was drawn from
    tolerated = models.FloatField(null=True, blank=True)  # share of errors, of an acceptance
    risk = models.FloatField(null=True, blank=True)  # to accept one that is worse
    most_wrong = models.PositiveIntegerField(null=True, blank=True)
    cut_by = models.CharField(max_length=12, blank=True)  # of strata: quality/strata.py
    sizes = models.JSONField(default=dict)  # stratum -> how many there are
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="acceptance", tolerated__gte=0, tolerated__lte=1, risk__gt=0, risk__lt=1)
                | ~Q(kind="acceptance") & Q(tolerated=None, risk=None, most_wrong=None),
                name="audit_round_states_its_risk",
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="audit_round_newest")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.size}"


class SecondLook(models.Model):
    """A verdict that a reviewer is asked to look at: doubted by an estimate, or drawn for an audit, whatever it says.

    It changes nothing by itself. A task that was drawn has an audit of each verdict that the project's method gave it;
    where a reviewer was the first to decide it, one that is answered by that (writer: audits.py).
    """

    class State(models.TextChoices):
        OPEN = "open", "Worth a second look"
        ANSWERED = "answered", "Decided anew"  # open -> answered, with the next verdict
        DISMISSED = "dismissed", "Dismissed"  # open -> dismissed, by a reviewer
        WITHDRAWN = "withdrawn", "No longer thought so"  # open -> withdrawn, by a later estimate

    class Reason(models.TextChoices):
        OTHER = "other", "Another answer is likelier now"
        DOUBT = "doubt", "Less sure than your target by now"
        TAMPERED = "tampered", "An answer that it rests on was changed afterwards"
        AUDIT = "audit", "Drawn for an audit"
        SAMPLE = "sample", "Drawn in an audit round"  # audit_rounds.py
        RULE = "rule", "The project’s rule asks for a review"  # review_rule.py
        MODEL = "model", "A model that hadn’t seen it says otherwise"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="second_looks", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="+", db_index=False)
    estimation = models.ForeignKey(Estimation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=8, choices=Reason)
    round = models.ForeignKey(AuditRound, null=True, blank=True, on_delete=models.PROTECT, related_name="looks")
    stratum = models.CharField(max_length=80, blank=True, db_default="", default="")
    before = models.FloatField()  # the confidence with which the verdict was made
    now = models.FloatField()  # the chance that it is right, by what is known now
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Dismissed once, a verdict isn't proposed again.
            models.UniqueConstraint(fields=["verdict"], name="second_look_once"),
            models.CheckConstraint(
                condition=Q(reason__in=["audit", "model", "rule"])
                | Q(reason="sample", round__isnull=False)
                | Q(estimation__isnull=False),
                name="second_look_has_its_estimate",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "now", "id"], condition=Q(state="open"), name="second_look_open"),
            models.Index(fields=["project", "task"], condition=Q(reason="audit"), name="audit_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.reason}"

    @property
    def is_blind(self) -> bool:
        """Whether its reviewer is told neither what was decided nor how far the answers agree."""
        return self.reason in {self.Reason.AUDIT, self.Reason.SAMPLE}
