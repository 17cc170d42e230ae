"""Two people who must not judge the same task: kept apart while a claim walks, at no cost to those without a partner.

Whoever has partners (ConflictOfInterest) walks by a statement of its own, which also passes by what a partner holds,
handed in or may still hand in late. Their claims follow each other by one lock per pair, taken before the walk, so that
each sees what the other took; locks are taken in one order, so nobody waits in a ring.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import transaction

from taskers.database.prepared import ask

LOCK_PAIRS = "SELECT pg_advisory_xact_lock(%(space)s::int, key) FROM unnest(%(keys)s::int[]) AS key"
LOCK_SPACE = 0x61707274  # another corner than the claims' own

# Whether a partner had to do with the task of row `a`; a look-up per row, like taking.MINE.
THEIRS = """EXISTS (
      SELECT FROM projects_assignment theirs
      WHERE theirs.tasker_id = ANY(%(apart)s::bigint[]) AND theirs.batch_id = a.batch_id AND theirs.task_id = a.task_id
        AND theirs.kind = 'judge' AND theirs.state IN ('held', 'submitted', 'expired') OFFSET 0
    )"""


@contextmanager
def waiting_for(tasker_key: int, partners: Collection[int]) -> Iterator[None]:
    """Begins once the running walks of this tasker's partners have ended; theirs then wait for the end of this one."""
    if not partners:
        yield
        return
    pairs = [(min(tasker_key, one), max(tasker_key, one)) for one in partners]
    keys = sorted({crc32(f"{first}:{second}".encode()) - 2**31 for first, second in pairs})
    with transaction.atomic():
        ask(LOCK_PAIRS, {"space": LOCK_SPACE, "keys": keys})
        yield


def keeping_apart(statement: str, mine: str) -> str:
    """The same walk, past what partners had to do with too; `mine` is its condition for the tasker's own."""
    return statement.replace(f"NOT {mine}", f"NOT {mine} AND NOT {THEIRS}")
