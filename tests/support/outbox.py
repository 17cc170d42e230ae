"""Readers of the outbox for tests that run beside others."""

import time

from django.db import connection
from django.db.models import Max

from taskers.models import Cursor, Event
from taskers.outbox.events import settled

PATIENCE = 180.0  # seconds


def settled_in_time(cursor: Cursor, limit: int) -> list[Event]:
    """What may be read, once all that was written may be; after three minutes, what may be read by then.

    Readers stay behind the oldest transaction of the whole server, and the tests beside this one run theirs there too:
    most of them are one transaction from their beginning to their end.
    """
    until = time.monotonic() + PATIENCE
    # Inside a test's own transaction nothing is ever settled.
    while not connection.savepoint_ids and not _all_settled() and time.monotonic() < until:
        time.sleep(0.02)  # nothing tells when another connection's transaction has ended
    return settled(cursor, limit)


def _all_settled() -> bool:
    newest = Event.objects.aggregate(newest=Max("transaction"))["newest"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return newest is None or newest < cursor.fetchone()[0]
