"""How often programs may ask: per token and per organization, counted in this process, now and then for all of them.

Each bucket works as those of the shared throttle do (throttle.py), but a hit costs no statement: every process counts
by itself and brings what it counted to the shared bucket in shares of a twentieth of the burst, which tells it how far
all others are. So N processes together let at most N twentieths of a burst more through than the limit says.
"""

import time
from math import ceil
from typing import NamedTuple

from django.conf import settings

from taskers.credentials import throttle
from taskers.credentials.throttle import Rate
from taskers.errors import Problem
from taskers.models import ApiToken

SHARE = 20  # a burst is brought over in so many shares
MOST = 10_000  # buckets that a process keeps at a time
WINDOW = 60  # seconds, by which the limits are said


class TooOften(Problem):
    """This is asked too often. Wait as long as Retry-After says."""

    code = "too-many-requests"
    status = 429

    def __init__(self, wait: int, policy: str) -> None:
        super().__init__("This is asked too often: wait %(wait)s seconds.", wait=wait)
        self.headers = {"Retry-After": str(wait), "RateLimit-Policy": policy}


class Bucket:
    """One limit of one token or organization, as this process knows it."""

    __slots__ = ("counted", "key", "name", "policy", "rate", "settles_at", "share", "span")

    def __init__(self, name: str, key: str, rate: Rate) -> None:
        self.name, self.key, self.rate = name, key, rate
        self.policy = f'"{name}";q={rate.burst};w={WINDOW}'  # as the header says it: so many in so many seconds
        self.span = rate.burst * rate.every
        self.share = max(1, rate.burst // SHARE)
        self.settles_at = 0.0  # on this process's clock
        self.counted = 0  # and not brought over yet

    def hit(self, now: float) -> float:
        """Count one; in how many seconds the bucket is as if never used, or, where the hit was refused and isn't
        counted, minus the seconds after which one would be let through."""
        begun = self.settles_at
        if begun < now:
            begun, self.counted = now, 0
        settles_at = begun + self.rate.every
        if settles_at - now > self.span + 1e-9:
            return now + self.span - settles_at
        self.settles_at = settles_at
        self.counted += 1
        if self.counted >= self.share:
            counted, self.counted = self.counted, 0
            self.settles_at = now + throttle.bring(self.key, self.rate, counted)
        return self.settles_at - now


class State(NamedTuple):
    """A limit after a hit, and in how many seconds it is as if never used."""

    bucket: Bucket
    settles_in: float


_of_organization: dict[int, Bucket] = {}
_of_token: dict[int, tuple[Bucket, ...]] = {}  # its own, and its organization's; without those that limit nothing


def hit(token: ApiToken) -> State | None:
    """Count a request of a token, for itself and its organization; what is left of the one that is nearer its end, or
    None where nothing is limited. Raises TooOften."""
    buckets = _of_token.get(token.pk)
    if buckets is None:
        buckets = _made(token)
    nearest, least, now = None, 0.0, time.monotonic()
    for bucket in buckets:
        settles_in = bucket.hit(now)
        if settles_in < 0:
            raise TooOften(max(1, ceil(-settles_in)), bucket.policy)
        left = (bucket.span - settles_in) / bucket.rate.every
        if nearest is None or left < least:
            nearest, least = State(bucket, settles_in), left
    return nearest


def _made(token: ApiToken) -> tuple[Bucket, ...]:
    if len(_of_token) >= MOST:
        forget()  # what wasn't brought over yet is less than one share each
    made = []
    if most := settings.API_RATE:
        made.append(Bucket("token", f"api:t{token.pk}", Rate(most, WINDOW / most)))
    if most := settings.API_RATE_ORGANIZATION:
        key, rate = token.organization_id, Rate(most, WINDOW / most)
        made.append(_of_organization.setdefault(key, Bucket("organization", f"api:o{key}", rate)))
    return _of_token.setdefault(token.pk, tuple(made))


def headers(state: State) -> dict[str, str]:
    """What an answer says of the limit that is nearer its end (RateLimit header fields for HTTP, the IETF's draft)."""
    bucket, settles_in = state
    left = max(0, int((bucket.span - settles_in) / bucket.rate.every))
    return {"RateLimit-Policy": bucket.policy, "RateLimit": f'"{bucket.name}";r={left};t={ceil(settles_in)}'}


def forget() -> None:
    """Begin anew, in this process."""
    _of_token.clear()
    _of_organization.clear()
