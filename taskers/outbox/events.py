"""Writing and reading the outbox. Writers and readers never wait for each other."""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from taskers.database.prepared import ask, columns, row_of
from taskers.models import Cursor, Event

logger = logging.getLogger(__name__)


EMIT = f"""
INSERT INTO taskers_event AS e (kind, organization_id, actor_id, project_key, subject, data)
SELECT * FROM unnest(%(kinds)s::text[], %(organizations)s::bigint[], %(actors)s::bigint[], %(projects)s::uuid[],
  %(subjects)s::text[], %(data)s::jsonb[])
RETURNING {columns(Event, "e")}
"""


def happening(
    kind: str,
    *,
    organization_id: int,
    actor_id: int | None = None,
    project_key: UUID | None = None,
    subject: str = "",
    **data: object,
) -> Event:
    """An event that isn't written yet, for `emit_all`."""
    return Event(
        kind=kind,
        organization_id=organization_id,
        actor_id=actor_id,
        project_key=project_key,
        subject=subject,
        data=data,
    )


def emit(
    kind: str,
    *,
    organization_id: int,
    actor_id: int | None = None,
    project_key: UUID | None = None,
    subject: str = "",
    **data: object,
) -> Event:
    """Write down that something happened, in the transaction that does it."""
    event = happening(
        kind, organization_id=organization_id, actor_id=actor_id, project_key=project_key, subject=subject, **data
    )
    return emit_all([event])[0]


def emit_all(events: Sequence[Event]) -> list[Event]:
    """Write down several happenings in their order, in one statement, in the transaction that does them."""
    if not events:
        return []
    terms = {
        "kinds": [one.kind for one in events],
        "organizations": [one.organization_id for one in events],
        "actors": [one.actor_id for one in events],
        "projects": [one.project_key for one in events],
        "subjects": [one.subject for one in events],
        "data": [json.dumps(one.data) for one in events],
    }
    return [row_of(Event, row) for row in ask(EMIT, terms)]


# Row numbers are drawn before commit, so a lower one can appear after a higher one was read. Events are therefore read
# by (transaction, number), and only below the oldest transaction still running: nothing can appear behind a cursor.
SETTLED = f"""
SELECT {columns(Event, "e")} FROM taskers_event e
WHERE (e.transaction, e.id) > (%(transaction)s::bigint, %(event)s::bigint)
  AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY e.transaction, e.id LIMIT %(limit)s::int
"""


def settled(cursor: Cursor, limit: int) -> list[Event]:
    """The next events that a reader may rely on; `settings.OUTBOX_READ` names this."""
    terms = {"transaction": cursor.transaction, "event": cursor.event_id, "limit": limit}
    return [row_of(Event, row) for row in ask(SETTLED, terms)]


# By the index of that order: what it costs doesn't depend on how many there are, or wait.
BEHIND = """
SELECT r.name FROM unnest(%(readers)s::text[]) AS r(name) LEFT JOIN taskers_cursor c ON c.reader = r.name
WHERE EXISTS (
  SELECT FROM taskers_event e
  WHERE (e.transaction, e.id) > (coalesce(c.transaction, %(start)s::bigint), coalesce(c.event_id, 0))
    AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
)
"""


def behind(readers: Iterable[str]) -> list[str]:
    """Those of these readers for whom there are events, found by one statement."""
    start = Cursor._meta.get_field("transaction").get_default()
    return [name for (name,) in ask(BEHIND, {"readers": list(readers), "start": start})]


def follow(reader: str, handle: Callable[[Iterable[Event]], None], *, limit: int = 500) -> int:
    """Hand the next events to `handle` and move the reader's cursor past them, both in one transaction.

    Whatever `handle` writes to the database is therefore written exactly once. Returns how many events there were;
    a second process with the same reader name waits for nothing and gets 0.
    """
    with transaction.atomic():
        cursor = _own(reader)
        if cursor is None:
            return 0
        events = import_string(settings.OUTBOX_READ)(cursor, limit)
        if not events:
            return 0
        handle(events)
        last = events[-1]
        ask(MOVE, {"reader": reader, "transaction": last.transaction, "event": last.pk})
        return len(events)


OWN = f"SELECT {columns(Cursor, 'c')} FROM taskers_cursor c WHERE c.reader = %(reader)s FOR UPDATE SKIP LOCKED"

MOVE = """
UPDATE taskers_cursor SET transaction = %(transaction)s::bigint, event_id = %(event)s::bigint
WHERE reader = %(reader)s RETURNING reader
"""


def _own(reader: str) -> Cursor | None:
    """The reader's cursor, locked; None while another process reads under this name."""
    found = ask(OWN, {"reader": reader})
    if not found and Cursor.objects.get_or_create(reader=reader)[1]:
        found = ask(OWN, {"reader": reader})
    return row_of(Cursor, found[0]) if found else None
