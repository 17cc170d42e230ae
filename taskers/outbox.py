"""Writing and reading the outbox. Writers and readers never wait for each other."""

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction

from taskers.models import Cursor, Event

logger = logging.getLogger(__name__)


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
    return Event.objects.create(
        kind=kind,
        organization_id=organization_id,
        actor_id=actor_id,
        project_key=project_key,
        subject=subject,
        data=data,
    )


def follow(reader: str, handle: Callable[[Iterable[Event]], None], *, limit: int = 500) -> int:
    """Hand the next events to `handle` and move the reader's cursor past them, both in one transaction.

    Whatever `handle` writes to the database is therefore written exactly once. Returns how many events there were;
    a second process with the same reader name waits for nothing and gets 0.
    """
    with transaction.atomic():
        Cursor.objects.get_or_create(reader=reader)
        cursor = Cursor.objects.select_for_update(skip_locked=True).filter(reader=reader).first()
        if cursor is None:
            return 0
        events = list(Event.objects.settled_after(cursor.transaction, cursor.event_id)[:limit])
        if not events:
            return 0
        handle(events)
        last = events[-1]
        Cursor.objects.filter(reader=reader).update(transaction=last.transaction, event_id=last.pk)
        return len(events)
