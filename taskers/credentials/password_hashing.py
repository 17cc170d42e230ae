"""The hash of a password, a few at a time: it takes a processor for a third of a second, and anybody may ask for one.

Whoever asks for a hash takes a place: one place hashes, the others wait for it. Beyond that a request is refused at
once. So a flood of sign-ins takes from everybody else one processor at a low priority, and neither the threads that
answer pages nor the connections to the database.

Three rules keep a place for people who belong here: strangers never take the last one, one network address takes few
of theirs, and one account takes few of the others. An account is no stranger where somebody is signed in to it, came by
a link that is its own, or uses a browser from which it came in before (`sign_in_limits`).
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedTooLong
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from taskers.audit import origin
from taskers.audit.addresses import sender
from taskers.errors import Problem

T = TypeVar("T")

THREADS = 1  # that hash in one process
PLACES = 4  # to hash and to wait in one process; each holds a thread for pages and a connection to the database
STRANGER_PLACES = 3  # of them, at most, for strangers
PLACES_EACH = 2  # of one account, or of one address of strangers
WAIT_SECONDS = 8.0  # until a hash is done
RETRY_SECONDS = 3
NICENESS = 5  # steps by which hashing gives way to pages


class HashingBusy(Problem):
    """Too many people are signing in at the moment, so your password was not looked at. Try again in a few seconds."""

    code = "sign-in-busy"
    status = 503
    headers: Mapping[str, str] = {"Retry-After": str(RETRY_SECONDS)}


@dataclass(frozen=True)
class Asker:
    """Who has a password hashed: an account, or a network address of which no more is known."""

    name: str
    is_stranger: bool


class HashingPool:
    """A few threads that hash, and a few places for those who wait for them."""

    def __init__(
        self,
        threads: int = THREADS,
        places: int = PLACES,
        stranger_places: int = STRANGER_PLACES,
        places_each: int = PLACES_EACH,
    ) -> None:
        self.places, self.stranger_places, self.places_each = places, stranger_places, places_each
        self.taken: Counter[Asker] = Counter()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, "password", _give_way)

    def run(self, work: Callable[[], T], asker: Asker, wait_seconds: float = WAIT_SECONDS) -> T:
        """What `work` returns, once a thread did it. Raises HashingBusy where no place is free, or time runs out."""
        self._take_place(asker)
        result = self._threads.submit(work)
        result.add_done_callback(lambda _: self._leave_place(asker))
        try:
            return result.result(wait_seconds)
        except WaitedTooLong:
            result.cancel()
            raise HashingBusy() from None

    def see_place(self, asker: Asker) -> None:
        """Raises HashingBusy where no place is free now."""
        with self._lock:
            self._see_place(asker)

    def _see_place(self, asker: Asker) -> None:
        by_strangers = sum(number for other, number in self.taken.items() if other.is_stranger)
        if (
            self.taken.total() >= self.places
            or self.taken[asker] >= self.places_each
            or (asker.is_stranger and by_strangers >= self.stranger_places)
        ):
            raise HashingBusy()

    def _take_place(self, asker: Asker) -> None:
        with self._lock:
            self._see_place(asker)
            self.taken[asker] += 1

    def _leave_place(self, asker: Asker) -> None:
        with self._lock:
            self.taken[asker] -= 1
            if not self.taken[asker]:
                del self.taken[asker]


def _give_way() -> None:
    """Let everything else have the processor first. Linux knows a niceness for each thread; elsewhere nothing is done,
    since it would be the whole process's."""
    if os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


pool = HashingPool()
_account: ContextVar[str] = ContextVar("account", default="")


@contextmanager
def hashing_for(email: str) -> Iterator[None]:
    """For as long as this lasts, passwords are hashed for this account, whose owner most likely asks."""
    before = _account.set(email.lower())
    try:
        yield
    finally:
        _account.reset(before)


def see_place() -> None:
    """Raises HashingBusy where whoever asks now would find no place: known before anything is asked of the database."""
    pool.see_place(_asker(origin.here()))


class Bounded:
    """Put before a hasher's class, all its work is done in the pool: of right and wrong passwords, of new ones, and of
    none, where Django hashes for an unknown account too. Where nobody asks over the network, it is done at once."""

    def encode(self, *terms: Any, **named: Any) -> str:
        """Raises HashingBusy."""
        here = origin.here()
        encode: Callable[..., str] = super().encode  # type: ignore[misc]
        if here.request is None:
            return encode(*terms, **named)
        return pool.run(lambda: encode(*terms, **named), _asker(here))


def _asker(here: origin.Origin) -> Asker:
    if account := _account.get() or (here.person and here.person.email.lower()):
        return Asker(account, is_stranger=False)
    return Asker(sender(here.address or "unknown"), is_stranger=True)


class BoundedPBKDF2(Bounded, PBKDF2PasswordHasher):
    """Django's own hasher, in the pool."""
