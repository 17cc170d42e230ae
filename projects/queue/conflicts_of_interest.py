"""Two people who must not judge the same task: kept apart while a claim walks, at no cost to those without a partner.

The walk of whoever has partners (ConflictOfInterest) also passes by what a partner holds, handed in or may still hand
in late (sql.NOT_FREE). Their walks follow each other by one lock per pair, taken before the walk, so that each sees
what the other took; locks are taken in one order, so nobody waits in a ring.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import transaction

from taskers.database.prepared import ask

LOCK_PAIRS = "SELECT pg_advisory_xact_lock(%(space)s::int, key) FROM unnest(%(keys)s::int[]) AS key"
LOCK_SPACE = 0x61707274  # another corner than the claims' own


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
