"""The outbox: one row per thing that happened, written in the transaction that did it."""

from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from taskers.models.append_only import append_only


class CurrentTransaction(Func):
    """PostgreSQL's number of the running transaction; it never wraps round."""

    template = "(pg_current_xact_id()::text)::bigint"
    output_field = models.BigIntegerField()


class EventQuerySet(models.QuerySet["Event"]):
    def settled_after(self, transaction: int, pk: int) -> "EventQuerySet":
        """Events after a cursor, in the order readers may rely on.

        Row numbers are drawn before commit, so a lower one can appear after a higher one was read. Events are
        therefore read by (transaction, number), and only below the oldest transaction still running: nothing can
        appear behind a cursor any more.
        """
        horizon = RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", [])
        after = self.extra(where=["(transaction, id) > (%s, %s)"], params=[transaction, pk])
        return after.alias(_horizon=horizon).filter(transaction__lt=F("_horizon")).order_by("transaction", "id")


class Event(models.Model):
    """Something that happened: who did what to what, with the plain values a reader needs."""

    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    organization_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    project_key = models.UUIDField(null=True)
    subject = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        triggers = [append_only("event_append_only")]
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


