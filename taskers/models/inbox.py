"""What a person is told in their inbox, and what of it by mail."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from taskers.models.people import Organization, Person


class Notification(models.Model):
    """One thing that one person is told, once (sole writer: notifications/inbox.py).

    `thing` names it, so that whoever tells it again tells nothing. What it says is kept as plain values, and put into
    words in the language of whoever reads (notifications/kinds/).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30)
    thing = models.CharField(max_length=160)
    values = models.JSONField(default=dict)
    address = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "thing"], name="notification_once")]
        indexes = [
            models.Index(F("person"), F("id").desc(), name="notification_newest"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class NotificationChoice(models.Model):
    """How a person wants to be told of one kind of thing; where there is no row, as the kind brings it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30)
    in_page = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="notification_choice_once")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"


class MailDigest(models.Model):
    """How often somebody is mailed what they haven't read; whoever has no row is never."""

    class Rhythm(models.TextChoices):
        HOURLY = "hourly", "Every hour"
        DAILY = "daily", "Once a day"

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+", primary_key=True)
    rhythm = models.CharField(max_length=6, choices=Rhythm)
    sent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.rhythm} for {self.person_id}"
