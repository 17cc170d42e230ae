"""The outbox: one row per thing that happened, written in the transaction that did it."""

from django.db import models
from django.db.models import Func
from django.db.models.functions import Now

from taskers.models.append_only import kept_or_archived

# PostgreSQL's number of the running transaction; it never wraps round.
CURRENT_TRANSACTION = Func(template="(pg_current_xact_id()::text)::bigint", output_field=models.BigIntegerField())


# An event may leave the table once a file holds it and every reader has passed it.
ARCHIVED = """(
  EXISTS (SELECT FROM taskers_eventpart p
    WHERE (p.last_transaction, p.last_event) >= (OLD.transaction, OLD.id)
      AND (p.first_transaction, p.first_event) <= (OLD.transaction, OLD.id)
      AND OLD.id BETWEEN p.lowest_event AND p.highest_event)
  AND NOT EXISTS (SELECT FROM taskers_cursor c WHERE (c.transaction, c.event_id) < (OLD.transaction, OLD.id)))
"""


class Event(models.Model):
    """Something that happened: who did what to what, with the plain values a reader needs."""

    transaction = models.BigIntegerField(db_default=CURRENT_TRANSACTION, editable=False)
    organization_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    project_key = models.UUIDField(null=True)
    subject = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [kept_or_archived("event_append_only", ARCHIVED)]
        indexes = [
            models.Index(fields=["transaction", "id"], name="event_order"),
            models.Index(fields=["subject", "id"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Cursor(models.Model):
    """How far a reader of the outbox has come."""

    reader = models.CharField(max_length=60, primary_key=True)
    transaction = models.BigIntegerField(default=-(2**63))  # before every event, restored ones included
    event_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.reader


class EventPart(models.Model):
    """A file of events that were moved out of the table, in their order; nothing lies between its first and last that
    it doesn't hold (sole writer: projects/data/archive/)."""

    number = models.PositiveBigIntegerField(unique=True)
    file = models.CharField(max_length=200, unique=True)  # name in the storage
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()  # bytes
    schema = models.PositiveSmallIntegerField()  # version of the file's layout
    events = models.PositiveIntegerField()
    first_transaction = models.BigIntegerField()
    first_event = models.BigIntegerField()
    last_transaction = models.BigIntegerField()
    last_event = models.BigIntegerField()
    # Keys of events, unlike transactions, are still in use after a restore into another cluster.
    lowest_event = models.BigIntegerField()
    highest_event = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["last_transaction", "last_event"], name="event_part_reach")]

    def __str__(self) -> str:
        return f"Events, part {self.number}"
