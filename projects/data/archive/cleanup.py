"""Throwing away what nobody needs any more, a piece at a time: old drafts, cursors of closed batches, old tallies,
files that came in parts and never became whole.

Submitted work, verdicts, money and grades are never touched, and events leave only for the archive. Every piece is a
transaction of its own, so that no live work waits for it.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from projects.data import archive
from projects.data.importing import uploads
from projects.models import Batch
from taskers.errors import Problem
from taskers.models import Event

logger = logging.getLogger(__name__)

PIECE = 5_000
OLD_TALLY = 30  # days that a tasker's day may still be asked about

# Drafts of work that ended without being handed in: kept long enough for its tasker to come back for them. Counted from
# the end of the work, for a draft can be older than that.
OLD_DRAFTS = """
DELETE FROM projects_draft WHERE assignment_id IN (
  SELECT d.assignment_id FROM projects_draft d JOIN projects_assignment a ON a.id = d.assignment_id
  WHERE a.state <> 'held' AND greatest(d.saved_at, a.ended_at) < now() - make_interval(days => %(days)s)
  LIMIT %(piece)s)
"""

# Where walks through batches stood that hand out nothing any more.
OLD_CURSORS = """
DELETE FROM projects_batchcursor WHERE id IN (
  SELECT c.id FROM projects_batchcursor c JOIN projects_batch b ON b.id = c.batch_id
  WHERE b.state IN ('closed', 'cancelled') LIMIT %(piece)s)
"""

OLD_TALLIES = """
DELETE FROM projects_daytally WHERE id IN (
  SELECT id FROM projects_daytally WHERE day < now()::date - %(days)s LIMIT %(piece)s)
"""


def reap(*, drafts: int | None = None, events: int | None = None) -> dict[str, int]:
    """Do every chore until nothing is left to do; how many rows each removed. Doing it again removes nothing.

    `drafts` and `events` are days to keep them, 0 for ever; by default what the settings say.
    """
    drafts = settings.KEEP_DRAFTS if drafts is None else drafts
    events = settings.KEEP_EVENTS if events is None else events
    return {
        "drafts": _pieces(OLD_DRAFTS, drafts) if drafts else 0,
        "cursors": _pieces(OLD_CURSORS, 0),
        "tallies": _pieces(OLD_TALLIES, OLD_TALLY),
        "uploads": uploads.sweep(),
        "events": archive.archive_events(days=events) if events else 0,
    }


def _pieces(statement: str, days: int) -> int:
    gone = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {"days": days, "piece": PIECE})
            number = cursor.rowcount
        gone += number
        if number < PIECE:
            return gone


def over_since(days: int) -> list[Batch]:
    """Batches that were closed or cancelled more than so many days ago and still have rows in the live tables."""
    rows = Batch.objects.filter(state__in=[Batch.State.CLOSED, Batch.State.CANCELLED])
    rows = rows.filter(archive__finished_at=None).select_related("project__organization").order_by("pk")
    before = timezone.now() - timedelta(days=days)
    return [batch for batch in rows if _ended_before(batch, before)]


def _ended_before(batch: Batch, before) -> bool:
    ends = Event.objects.filter(subject=f"batch:{batch.public_id}", kind__in=["batch_closed", "batch_cancelled"])
    last = ends.order_by("-pk").values_list("at", flat=True).first()
    # Without an event, it was archived: that is long ago.
    return (last or batch.created_at) < before


def archive_old(*, days: int) -> dict[str, int]:
    """Archive the batches that were over so many days ago; how many went, and how many can't yet, which are logged."""
    told = {"archived": 0, "waiting": 0}
    for batch in over_since(days):
        try:
            archive.archive(batch, by=None)
            told["archived"] += 1
        except Problem as problem:
            logger.warning("Batch %s stays where it is: %s", batch.public_id, problem.text)
            told["waiting"] += 1
    return told
