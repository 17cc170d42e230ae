"""Moving old events out of the outbox's table, in their order, once every reader has passed them.

Events are the audit trail: each is in a file before it leaves, and the database refuses to delete any other.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.db.models.expressions import RawSQL
from django.utils import timezone

from projects.data.archive import files, keeping
from taskers.models import Cursor, Event, EventPart

PART = 10_000  # events
LOCK = 0x4576656E74 << 16  # our number space of PostgreSQL's advisory locks: one mover at a time


def archive_events(*, days: int) -> int:
    """Move what is older than so many days and read by all; returns how many events that were. Safe to run again."""
    gone = 0
    while moved := _move(days):
        gone += moved
    return gone


@transaction.atomic
def _move(days: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    events = _passed(days)
    if not events:
        return 0
    records = [files.record_of(event) for event in events]
    data = files.write(records, Event)
    number = (EventPart.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    name = f"archive/events/{number:06d}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"
    sha256 = keeping.keep(name, data)
    if files.read(keeping.fetch(name, sha256)) != records:
        raise keeping.Unreadable(f"{name} doesn't read as what was written; nothing was deleted.")
    keys = [event.pk for event in events]
    EventPart.objects.create(
        number=number,
        file=name,
        sha256=sha256,
        size=len(data),
        schema=files.SCHEMA,
        events=len(events),
        first_transaction=events[0].transaction,
        first_event=events[0].pk,
        last_transaction=events[-1].transaction,
        last_event=events[-1].pk,
        lowest_event=min(keys),
        highest_event=max(keys),
        first_at=min(event.at for event in events),
        last_at=max(event.at for event in events),
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM taskers_event WHERE id = ANY(%s)", [keys])
    return len(events)


def _passed(days: int) -> Sequence[Event]:
    """The first events in order, up to one that is too young or that a reader has yet to see."""
    if (least := Cursor.objects.aggregate(least=Min("transaction"))["least"]) is None:
        return []  # nobody has read anything
    horizon = RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", [])
    # A whole transaction at a time, and none that the slowest reader is in the middle of.
    rows = Event.objects.alias(horizon=horizon).filter(transaction__lt=horizon, transaction__lte=least)
    before, found = timezone.now() - timedelta(days=days), []
    behind = set(Cursor.objects.filter(transaction=least).values_list("event_id", flat=True))
    for event in rows.order_by("transaction", "id")[:PART]:
        if event.at >= before or (event.transaction == least and event.pk > min(behind)):
            break
        found.append(event)
    return found


def events_of(part: EventPart) -> Iterator[Event]:
    """The events of a file, in their order. Raises Unreadable."""
    for record in files.read(keeping.fetch(part.file, part.sha256)):
        yield files.row_of(Event, record)
