"""Webhooks: who is told of what, and each message that is on its way to them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.work import Project
from taskers.models import Organization, Person


class Subscription(models.Model):
    """An address outside that is told of what happens: in one project, or in all of an organization's.

    Sole writer: projects/webhooks/. The secrets that sign its messages lie in the secret box. Where `callbacks`, it is
    told nothing by itself: its address is where tasks' own addresses must begin.
    """

    class State(models.TextChoices):
        ON = "on", "On"
        OFF = "off", "Off"  # by somebody of the office
        GONE = "gone", "Gone"  # it answered 410: that it is there no more

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="subscriptions")
    name = models.CharField(max_length=limits.NAME)
    url = models.CharField(max_length=limits.URL)
    kinds = ArrayField(models.CharField(max_length=40))
    callbacks = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=8, choices=State, default=State.ON)
    secret = models.TextField()  # sealed
    old_secret = models.TextField(blank=True, default="", db_default="")  # sealed; signs too until old_until
    old_until = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now())
    # How the receiver fares: failures in a row and since when, and when it is tried again.
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    # The worker that delivers to it, and until when nobody else does.
    held_by = models.UUIDField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(callbacks=False) | Q(project__isnull=False), name="callbacks_of_one"),
        ]
        indexes = [models.Index(fields=["organization", "project"], name="subscription_of")]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """A message to one subscription, and how it fared. Its public id is the message's, however often it is sent.

    Messages of one `stream` arrive in the order of their keys: the next one waits for the one before.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Delivered"
        DEAD = "dead", "Given up"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    key = models.CharField(max_length=80)  # what it tells of, so that nothing is told twice
    kind = models.CharField(max_length=40)
    stream = models.CharField(max_length=80)
    url = models.CharField(max_length=limits.URL, blank=True, default="")  # where that isn't the subscription's
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    asked_at = models.DateTimeField(db_default=Now())  # when it was made, or asked for once more
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    # The last try: when, what came back or why nothing did, and how long that took.
    tried_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    fault = models.CharField(max_length=40, blank=True, default="", db_default="")
    beginning = models.CharField(max_length=limits.BEGINNING, blank=True, default="", db_default="")
    took = models.FloatField(null=True, blank=True)  # seconds

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["subscription", "key"], name="delivery_once")]
        indexes = [
            models.Index(fields=["subscription", "due_at", "id"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["subscription", "stream", "id"], condition=Q(state="waiting"), name="delivery_stream"),
            models.Index(fields=["subscription", "state", "id"], name="delivery_by_state"),
            models.Index(fields=["made_at"], condition=~Q(state="waiting"), name="delivery_over"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class WebhookFailure(models.Model):
    """A try that failed: when, what came back or why nothing did. The last try, however it went, stands with its
    message."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="failures")
    at = models.DateTimeField(db_default=Now(), editable=False)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    fault = models.CharField(max_length=40, blank=True)
    beginning = models.CharField(max_length=limits.BEGINNING, blank=True)
    took = models.FloatField(null=True, blank=True)  # seconds

    def __str__(self) -> str:
        return f"{self.status or self.fault} to {self.delivery}"


class TaskCallback(models.Model):
    """The address of its own that a task came with, to be told of what becomes of it."""

    task = models.BigIntegerField(primary_key=True)  # a plain key: the task may be in the archive
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=limits.URL)

    def __str__(self) -> str:
        return self.url
