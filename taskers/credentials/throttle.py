"""The shared throttle: how often something may be done, counted in the database by all processes together.

A bucket is named by a key and allows so many at once, then one more every so many seconds. One statement counts a hit
and says whether it was within bounds, so two processes never both get the last one. What is rolled back was never
counted, so hits are made outside of transactions.
"""

from dataclasses import dataclass
from math import ceil

from django.db.models.functions import Now

from taskers.database.prepared import ask
from taskers.models import ThrottleBucket

# A bucket stands at the moment at which it will be as if never used (the generic cell rate algorithm): each hit moves
# it on by one interval, and a hit that would move it further than a full burst away is refused and moves nothing.
HIT = """
INSERT INTO taskers_throttlebucket AS b (key, settles_at, admitted)
VALUES (%(key)s::text, statement_timestamp() + %(every)s::float8 * interval '1 second', true)
ON CONFLICT (key) DO UPDATE SET
  admitted = greatest(b.settles_at, statement_timestamp())
    <= statement_timestamp() + %(every)s::float8 * (%(burst)s::int - 1) * interval '1 second',
  settles_at = CASE WHEN greatest(b.settles_at, statement_timestamp())
    <= statement_timestamp() + %(every)s::float8 * (%(burst)s::int - 1) * interval '1 second'
    THEN greatest(b.settles_at, statement_timestamp()) + %(every)s::float8 * interval '1 second'
    ELSE b.settles_at END
RETURNING admitted, extract(epoch FROM settles_at - statement_timestamp())::float8
"""
BRING = """
INSERT INTO taskers_throttlebucket AS b (key, settles_at, admitted)
VALUES (%(key)s::text, statement_timestamp() + %(some)s::float8 * interval '1 second', true)
ON CONFLICT (key) DO UPDATE SET
  settles_at = greatest(b.settles_at, statement_timestamp()) + %(some)s::float8 * interval '1 second'
RETURNING extract(epoch FROM settles_at - statement_timestamp())::float8
"""
GIVE_BACK = """
UPDATE taskers_throttlebucket SET settles_at = settles_at - %(every)s::float8 * interval '1 second'
WHERE key = %(key)s::text RETURNING key
"""


@dataclass(frozen=True)
class Rate:
    """`burst` at once, then one more every `every` seconds."""

    burst: int
    every: float


@dataclass(frozen=True)
class Admission:
    """Whether a hit was within bounds, and if not, in how many seconds the next one will be."""

    allowed: bool
    wait: int = 0


def hit(key: str, rate: Rate) -> Admission:
    """Count one, and say whether it was within bounds. What is refused isn't counted."""
    ((admitted, settles_in),) = ask(HIT, {"key": key, "every": rate.every, "burst": rate.burst})
    return Admission(True) if admitted else Admission(False, max(1, ceil(settles_in - rate.every * (rate.burst - 1))))


def bring(key: str, rate: Rate, counted: int) -> float:
    """Count so many at once, which were let through already; in how many seconds the bucket is as if never used."""
    ((settles_in,),) = ask(BRING, {"key": key, "some": rate.every * counted})
    return settles_in


def give_back(key: str, rate: Rate) -> None:
    """Undo one hit, which turned out not to count."""
    ask(GIVE_BACK, {"key": key, "every": rate.every})


def forget(*prefixes: str) -> int:
    """Empty the buckets whose keys begin so; returns how many there were."""
    return sum(ThrottleBucket.objects.filter(key__startswith=one).delete()[0] for one in prefixes)


def clean() -> int:
    """Throw away the buckets that are as if never used; returns how many."""
    return ThrottleBucket.objects.filter(settles_at__lt=Now()).delete()[0]
