"""The copilot's records: which models there are, and what they offered."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models import erasure_rules, evidence_rules, scope
from assist.models.deployment_rules import HAS_A_BASIS
from projects.models import Batch, Project, limits
from taskers.models import Organization, Person


class ModelVersion(models.Model):
    """A model that can be asked, by name and version; its files are named by their hash."""

    class Capability(models.TextChoices):
        SEGMENT = "segment", "Masks"
        DETECT = "detect", "Boxes"
        SPANS = "spans", "Spans"
        CLASSIFY = "classify", "Classes"
        CLASSIFY_IMAGE = "classify-image", "Classes of images"
        EMBED = "embed", "Embeddings"
        EMBED_IMAGE = "embed-image", "Embeddings of images"
        READ = "read", "Text in images"
        GENERATE = "generate", "Words for fields"
        IMPORTED = "imported", "Imported predictions"  # whose answers came in with the tasks; it can't be asked
        TERMS = "terms", "Names decided before"  # found by what verdicts said; the runtime has nothing of it

    class Smoke(models.TextChoices):
        NOT_ASKED = "", "Known to Tandem"
        WAITING = "waiting", "To be asked a first question"
        PASSED = "passed", "Answered a first question"
        FAILED = "failed", "Didn't answer a first question"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    capability = models.CharField(max_length=16, choices=Capability)
    runtime = models.CharField(max_length=40)
    artifacts = models.JSONField(default=dict)  # file name -> sha256
    licence = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=200, blank=True)
    metrics = models.JSONField(default=dict)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    terms = models.JSONField(default=dict)  # of a brought one, as its manifest says; no secrets stand there
    smoke = models.CharField(max_length=7, choices=Smoke, blank=True, default=Smoke.NOT_ASKED)
    smoke_said = models.CharField(max_length=600, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)  # its file is gone; what it said stays

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="model_version_once")]
        triggers = [
            pgtrigger.Protect(
                name="model_version_stays_whose_it_is",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("organization", "parent"),
            ),
            evidence_rules.MODEL_STAYS,
            pgtrigger.Trigger(
                name="model_version_consented", when=pgtrigger.Before, operation=pgtrigger.Insert, func=scope.EVERYBODYS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def live(self) -> "DeploymentQuerySet":
        """Those that answer now."""
        return self.filter(ended_at=None)


class Evaluation(models.Model):
    """A candidate and the champion asked the same tasks, and what the gate said of it (sole writer: evaluation.py)."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Outcome(models.TextChoices):
        PASSED = "passed", "Passed"
        REFUSED = "refused", "Refused"
        CANNOT_TELL = "cannot-tell", "Cannot tell"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    candidate = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    margin = models.FloatField()  # what the candidate may lose, of a score in [0, 1]
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    measure = models.CharField(
        max_length=16, blank=True, default="", db_default=""
    )  # of scores.MEASURES; "" before it was kept
    findings = models.JSONField(default=list)  # of gate.Finding, all tasks first
    figures = models.JSONField(default=list, db_default=[])  # of figures.Figure: what is told beside, and gates nothing
    proposed = models.JSONField(default=list, db_default=[])  # of discovered.Proposed: slices that gate nothing
    tasks = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0, db_default=0)  # tasks left out, since their picture can't be read
    holdout = models.CharField(max_length=64, blank=True)  # sha256 of the tasks and verdicts that it was judged on
    looks = models.PositiveIntegerField(default=0)  # how often these had been looked at before, by shares
    bet_looks = models.PositiveIntegerField(default=0, db_default=0)  # the same, where bets could have told
    rules = models.PositiveSmallIntegerField()  # gate.VERSION
    # Whether the candidate may decide alone, by what the gate rules of that; "" before it was asked.
    alone = models.CharField(max_length=12, choices=Outcome, blank=True, default="", db_default="")
    rulings = models.JSONField(default=list, db_default=[])  # of deciding_gate.Ruling
    refresh = models.CharField(max_length=limits.REASON, blank=True, default="", db_default="")  # why as good is enough
    costs = models.JSONField(default=dict, db_default={})  # costs.Cost of the "candidate" and the "champion"
    slice_costs = models.JSONField(default=list, db_default=[])  # the same in each protected "slice"
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", outcome__in=["passed", "refused", "cannot-tell"])
                | (~Q(state="done") & Q(outcome="")),
                name="evaluation_done_has_outcome",
            ),
            models.CheckConstraint(condition=~Q(candidate=models.F("champion")), name="evaluation_of_two"),
            models.CheckConstraint(condition=~Q(alone="passed") | Q(outcome="passed"), name="evaluation_alone_is_more"),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="evaluation_by_project")]
        triggers = evidence_rules.EVALUATION_STAYS

    def __str__(self) -> str:
        return f"{self.candidate} against {self.champion}: {self.outcome or self.state}"


class Deployment(models.Model):
    """A model version answering for its capability in a share of a project's work (sole writer: registry.py)."""

    class Basis(models.TextChoices):
        FIRST = "first", "The first here"  # it answered when it was asked, and it suggests only
        PASSED = "passed", "Passed the gate"
        OVERRIDE = "override", "Two people's word"  # and their reason

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    share = models.PositiveSmallIntegerField()  # percent
    basis = models.CharField(max_length=8, choices=Basis)
    evaluation = models.ForeignKey(Evaluation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    seconded_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Whose step it is, or which it was put back by.
    rollout = models.ForeignKey("assist.Rollout", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "version"], condition=Q(ended_at=None), name="deployment_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="deployment_share_in_percent"),
            models.CheckConstraint(
                condition=Q(basis="first", evaluation=None)
                | Q(basis="passed", evaluation__isnull=False)
                | (Q(basis="override", evaluation=None, seconded_by__isnull=False) & ~Q(reason="")),
                name="deployment_basis_is_whole",
            ),
            models.CheckConstraint(condition=~Q(seconded_by=models.F("started_by")), name="deployment_by_two_people"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="deployment_has_a_basis", when=pgtrigger.Before, operation=pgtrigger.Insert, func=HAS_A_BASIS
            ),
            pgtrigger.Trigger(
                name="deployment_may_answer", when=pgtrigger.Before, operation=pgtrigger.Insert, func=scope.MAY_ANSWER
            ),
            pgtrigger.Trigger(
                name="deployment_learnt_at_home",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=scope.DEPLOYED_AT_HOME,
            ),
            erasure_rules.DEPLOYED,
            pgtrigger.Protect(
                name="deployment_only_ends",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["ended_at"]),
            ),
            *evidence_rules.DEPLOYMENT_STAYS,
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.project}: {self.share} %"


class Override(models.Model):
    """Somebody's wish for a model that hasn't passed; it takes a second person (sole writer: rollout.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    class Purpose(models.TextChoices):
        SUGGEST = "suggest", "It answers in a share of the work"
        DECIDE = "decide", "It decides alone, as an annotator"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=7, choices=Purpose, default=Purpose.SUGGEST, db_default="suggest")
    share = models.PositiveSmallIntegerField()  # percent
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "version", "purpose"], condition=Q(state="waiting"), name="override_waits_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(answered_by=models.F("asked_by")), name="override_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.project}: {self.get_state_display()}"


class Precompute(models.Model):
    """A model going through a batch ahead of the people (sole writer: precompute.py)."""

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"
        DONE = "done", "Done"

    class What(models.TextChoices):
        USUAL = "usual", "What is asked first"
        EVERYTHING = "everything", "Everything in each image"  # of a mask model

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=What, default=What.USUAL, db_default="usual")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    after = models.BigIntegerField(default=0)  # the key of the last task that is ready
    done = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)  # tasks that the model could do nothing with
    seconds = models.FloatField(default=0.0)  # of work, pauses left out
    note = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "version", "what"], name="precompute_once")]

    def __str__(self) -> str:
        return f"{self.version} on {self.batch}: {self.done}"


class Precomputed(models.Model):
    """What a model said of a task before anybody opened it; offered, as suggestions, to whoever gets the task."""

    # A plain key: it outlives the archiving of the task it was made for, until the night after (preparing.forget).
    task_key = models.BigIntegerField()
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    # Spans as the runtime answers: [[start, end, the model's label, score or null], ...]. For classes the text's vector
    # (vector_encoding.py), or {"shares": {label: share or null}}; for fields and attributes that take a text {"words":
    # {field, or "start:end:label:attribute": [what was asked, the words, or "" where it had none]}}. For images
    # {"boxes": [...], "dropped": {...}}, or {"masks": [...], "image_size"} of all that stands apart. What it means for
    # the labels is worked out when it is offered, by what is known then.
    output = models.JSONField()

    class Meta:
        verbose_name_plural = "precomputed"
        constraints = [models.UniqueConstraint(fields=["task_key", "version"], name="precomputed_once")]

    def __str__(self) -> str:
        return f"{self.version} on task {self.task_key}"


class LabelVectors(models.Model):
    """What verdicts taught a model about one field of a project (sole writer: learning.py)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=60)
    labels = models.JSONField(default=list)  # keys, in the order of the rows of `sums`
    sums = models.BinaryField()  # float32, little endian: for each label the sum of its texts' vectors
    verdicts = models.PositiveIntegerField(default=0)
    blind = models.PositiveIntegerField(default=0)  # of those, found without the copilot's help
    right = models.FloatField(null=True, blank=True)  # share of the blind ones that it guesses, each unseen
    temperature = models.FloatField(null=True, blank=True)  # empty: too few to know how far its scores may be believed
    upto = models.BigIntegerField(default=0)  # the key of the newest line of the verdicts' index that it saw
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "label vectors"
        constraints = [models.UniqueConstraint(fields=["project", "version", "field"], name="label_vectors_once")]

    def __str__(self) -> str:
        return f"{self.version} on {self.field} in {self.project}"


class DecidedTerms(models.Model):
    """Names that were decided in a project, to be found in its next texts (sole writer: learning/term_memory.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    terms = models.JSONField()  # suggestions/terms.py
    number = models.PositiveIntegerField()  # of terms
    verdicts = models.PositiveIntegerField()  # that they were learnt from
    upto = models.BigIntegerField()  # the key of the newest line of the verdicts' index that was read
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "decided terms"

    def __str__(self) -> str:
        return f"{self.number} terms of {self.project}"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def of_models(self) -> "SuggestionQuerySet":
        """Without names that were decided before: they come beside whatever model answers."""
        return self.exclude(model__capability=ModelVersion.Capability.TERMS)


class Suggestion(models.Model):
    """Something a model offered for an assignment, and what became of it (sole writer: suggestions.py)."""

    class Outcome(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted as it was"
        EDITED = "edited", "Accepted and edited"
        REFUSED = "refused", "Refused"
        IGNORED = "ignored", "Ignored"
        REFINED = "refined", "Refined by a later click"  # the later one's outcome tells

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Plain keys: a suggestion outlives the closing of the work it was made for.
    assignment_key = models.BigIntegerField()
    task_key = models.BigIntegerField()
    project_key = models.UUIDField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="suggestions")
    prompt = models.JSONField(default=dict)
    output = models.JSONField(default=dict)
    score = models.FloatField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(default=0)
    planted = models.BooleanField(default=False)  # wrong on purpose (planted_errors.py)
    # How much of it was changed before it was handed in, in [0, 1]: one less their overlap. Only where it was taken.
    edit = models.FloatField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.OFFERED)
    offered_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="offered", settled_at=None) | (~Q(outcome="offered") & Q(settled_at__isnull=False)),
                name="suggestion_settled_has_time",
            )
        ]
        indexes = [
            models.Index(fields=["assignment_key"], name="suggestion_by_assignment"),
            models.Index(fields=["project_key", "id"], name="suggestion_by_project"),
            models.Index(fields=["project_key", "model"], name="suggestion_by_model"),
            models.Index(fields=["id"], condition=Q(outcome="offered"), name="suggestion_open"),
        ]
        triggers = [evidence_rules.SUGGESTION_STAYS]

    def __str__(self) -> str:
        return f"{self.model} for {self.assignment_key}: {self.outcome}"
