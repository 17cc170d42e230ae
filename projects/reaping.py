"""Throwing away what nobody needs any more, a piece at a time: old drafts, read events, cursors of closed batches.

Submitted work, verdicts, money and grades are never touched. Every piece is a transaction of its own, so that no live
work waits for it.
"""

from django.db import connection, transaction

PIECE = 5_000

# Drafts of work that ended without being handed in: kept long enough for its tasker to come back for them.
OLD_DRAFTS = """
DELETE FROM projects_draft WHERE assignment_id IN (
  SELECT d.assignment_id FROM projects_draft d JOIN projects_assignment a ON a.id = d.assignment_id
  WHERE a.state <> 'held' AND d.saved_at < now() - make_interval(days => %(days)s) LIMIT %(piece)s)
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

CHORES = {"drafts": OLD_DRAFTS, "cursors": OLD_CURSORS, "tallies": OLD_TALLIES}


def reap(*, days: int = 30) -> dict[str, int]:
    """Do every chore until nothing is left to do; how many rows each removed. Doing it again removes nothing."""
    gone = dict.fromkeys(CHORES, 0)
    for chore, statement in CHORES.items():
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, {"days": days, "piece": PIECE})
                number = cursor.rowcount
            gone[chore] += number
            if number < PIECE:
                break
    return gone
