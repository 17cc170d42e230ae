"""The worker's courier: sends what is due, each subscription by itself: a receiver that hangs costs nobody else.

A subscription is held by one worker at a time, by a lease that ends soon after its worker does. Up to WIDTH messages
are on the way to it at once, each of another stream; a receiver that fails several times in a row is asked one
message at a time and ever more seldom, until it answers. It runs in the worker's event loop beside the jobs, with
threads of its own for the database and for looking hosts up, so that neither waits for the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from projects.models import Subscription, WebhookDelivery
from projects.webhooks import deliveries, schedule, signing
from projects.webhooks.deliveries import GONE, Health, State, Tried
from taskers.database.threads import fresh
from taskers.errors import Problem
from taskers.outbound import sending
from taskers.outbound.guard import Route, guard
from taskers.outbound.sending import Answer, Limits

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)
Found = TypeVar("Found")

LEASE = 30.0  # seconds; longer than one try may take
WIDTH = 16  # messages on the way to one receiver
FETCHED = 96  # messages in hand
WRITTEN = 32  # tries that are written down together
NOT_LATER = 0.1  # seconds until they are, if they are fewer
LOOKED_UP = 30.0  # seconds for which a host is not looked up again
LOOKING_UP = 5.0  # seconds that looking up may take
PAUSE, SLOWER = 0.2, 1.1  # seconds between looks for something to do, and how each that finds nothing lengthens them
QUIET = 5.0  # at most: who writes down what is to be told in this process says so, others wait for the next look
AFTER_FAILURE = 5.0
LIMITS = Limits(seconds=10.0, connect=4.0, read=500)
DICE = random.SystemRandom()

_database = ThreadPoolExecutor(2, "courier-database")
_lookups = ThreadPoolExecutor(16, "courier-lookups")


async def run(news: asyncio.Event | None = None) -> None:
    """Deliver for ever; cancelled, it leaves what is on the way to be sent again. With news it looks at once."""
    news = news or asyncio.Event()
    serving: dict[int, asyncio.Task[None]] = {}
    pause = PAUSE
    try:
        while True:
            try:
                found = [key for key in await _ask(deliveries.due) if key not in serving]
                for key in found:
                    serving[key] = asyncio.create_task(_serve(key))
                    serving[key].add_done_callback(partial(_forget, serving, key))
                pause = PAUSE if found or serving else min(QUIET, pause * SLOWER)
            except Exception:
                logger.exception("Can't look for deliveries; tried again in %s seconds.", AFTER_FAILURE)
                await asyncio.sleep(AFTER_FAILURE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), pause)
            news.clear()
    finally:
        for task in list(serving.values()):
            task.cancel()
        await asyncio.gather(*serving.values(), return_exceptions=True)


def _forget(serving: dict[int, asyncio.Task[None]], key: int, _task: asyncio.Task[None]) -> None:
    serving.pop(key, None)


async def once() -> None:
    """Deliver what is due now."""
    await asyncio.gather(*(_serve(key) for key in await _ask(deliveries.due)))


async def _ask(look: Callable[..., Found], *terms: object) -> Found:
    return await asyncio.get_running_loop().run_in_executor(_database, fresh(look), *terms)


async def _serve(key: int) -> None:
    """Deliver what is due for one subscription, then leave it."""
    holder = uuid4()
    try:
        subscription = await _ask(deliveries.hold, key, holder, LEASE)
        if subscription is None:
            return
        try:
            await _Round(subscription, holder).run()
        finally:
            await _ask(deliveries.let_go, key, holder)
    except Exception:
        logger.exception("Delivering to subscription %s failed; its lease ends in a moment.", key)


@dataclass
class _Round:
    """One stay with a subscription: what is in hand, how the tries went, how the receiver fares."""

    subscription: Subscription
    holder: UUID
    waiting: deque[WebhookDelivery] = field(default_factory=deque)
    sending: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    tried: list[Tried] = field(default_factory=list)
    free: dict[str, list[httpx.AsyncHTTPTransport]] = field(default_factory=dict)  # by origin
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # there is something to write down, or to fetch
    routes: dict[str, tuple[float, Route]] = field(default_factory=dict)
    signers: tuple[tuple[str, str], list[Webhook]] = (("", ""), [])
    failures: int = 0
    since: datetime | None = None
    pause: float | None = None
    asked_to_wait: float = 0.0
    failed_at: float = 0.0
    held_at: float = 0.0
    written_at: float = 0.0
    more: bool = True  # there may be more that is due than is in hand
    lost: bool = False  # it was switched off, or is another's now

    async def run(self) -> None:
        """Until nothing is due, the receiver needs a pause, or somebody else holds it."""
        self.failures, self.since = self.subscription.failures, self.subscription.failing_since
        self.held_at = self.written_at = time.monotonic()
        try:
            while await self._fetch() or self.sending or self.tried:
                self._send()
                if self.sending:
                    self.changed.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(NOT_LATER):
                            await self.changed.wait()
                await self._write()
        finally:
            self.waiting.clear()  # whatever ends now makes place for nothing more
            for task in self.sending.values():
                task.cancel()
            await asyncio.gather(*self.sending.values(), return_exceptions=True)
            for one in chain.from_iterable(self.free.values()):
                await one.aclose()
            if self.tried:
                await self._keep(None)

    @property
    def width(self) -> int:
        """How many may be on the way: one, while the receiver fails."""
        return 1 if self.failures >= schedule.BROKEN else WIDTH

    async def _fetch(self) -> bool:
        """Have enough in hand; whether there is anything to send. Renews the lease where half of it is over."""
        if time.monotonic() - self.held_at > LEASE / 3:
            await self._hold_on()
        if self.pause is not None or self.lost:
            self.waiting.clear()
            return False
        if self.more and len(self.waiting) < self.width:
            in_hand = [one.pk for one in self.waiting] + list(self.sending) + [one.delivery.pk for one in self.tried]
            limit = FETCHED if self.width > 1 else 1
            found = await _ask(deliveries.following, self.subscription.pk, in_hand, limit)
            self.waiting += found
            self.more = len(found) == limit
        return bool(self.waiting)

    async def _hold_on(self) -> None:
        began = time.monotonic()
        found = await _ask(deliveries.hold, self.subscription.pk, self.holder, LEASE)
        if found is None:
            self.lost = True
            return
        before, self.subscription, self.held_at = self.subscription.failures, found, began
        self.subscription.failures = before

    def _send(self) -> None:
        """Have as many on the way as may be; each that ends makes place for the next."""
        while self.waiting and len(self.sending) < self.width and self.pause is None and not self.lost:
            delivery = self.waiting.popleft()
            task = asyncio.create_task(self._try(delivery))
            self.sending[delivery.pk] = task
            task.add_done_callback(partial(self._ended, delivery.pk))

    def _ended(self, key: int, _task: asyncio.Task[None]) -> None:
        self.sending.pop(key, None)
        self._send()
        if len(self.tried) >= WRITTEN or len(self.waiting) < self.width or not self.sending:
            self.changed.set()

    async def _try(self, delivery: WebhookDelivery) -> None:
        now, began = timezone.now(), time.monotonic()
        try:
            route = await self._route(delivery.url or self.subscription.url)
            signed = signing.headers(self._signers(now), str(delivery.public_id), now, delivery.body)
            signed["Content-Type"] = "application/json"
            answer = await self._post(route, signed, delivery.body.encode())
        except Problem as problem:
            answer = Answer(None, fault=problem.code)
        except Exception:
            logger.exception("A message couldn't be sent.")
            answer = Answer(None, fault="not-sent")
        self._note(delivery, answer, began)

    async def _post(self, route: Route, headers: dict[str, str], body: bytes) -> Answer:
        """Over a connection that is free, the one used last first: so no more are made than are needed."""
        free = self.free.setdefault(route.destination.origin, [])
        over = free.pop() if free else sending.connection()
        try:
            return await sending.post(over, route, headers, body, LIMITS)
        finally:
            free.append(over)

    def _signers(self, now: datetime) -> list[Webhook]:
        """What signs now, unsealed once. Raises BoxLocked."""
        ended = self.subscription.old_until is None or self.subscription.old_until <= now
        sealed = (self.subscription.secret, "" if ended else self.subscription.old_secret)
        if self.signers[0] != sealed:
            self.signers = sealed, signing.signers(self.subscription, now)
        return self.signers[1]

    async def _route(self, url: str) -> Route:
        """Where it goes, looked up now or a moment ago. Raises Problem."""
        began, found = self.routes.get(url, (0.0, None))
        if found is None or time.monotonic() - began > LOOKED_UP:
            loop = asyncio.get_running_loop()
            looking = loop.run_in_executor(_lookups, guard().route, url)
            try:
                found = await asyncio.wait_for(looking, LOOKING_UP)
            except TimeoutError:
                raise Problem("The host can't be looked up.", code="unknown-host", status=422) from None
            if len(self.routes) > FETCHED:  # of tasks with addresses of their own
                self.routes.clear()
            self.routes[url] = time.monotonic(), found
        return found

    def _note(self, delivery: WebhookDelivery, answer: Answer, began: float) -> None:
        """What follows from a try, for the message and for the receiver."""
        tries = delivery.tries + 1
        if answer.status is not None and 200 <= answer.status < 300:
            self.failures, self.since, self.pause, self.asked_to_wait = 0, None, None, 0.0
            self.tried.append(Tried(delivery, answer, State.DONE))
            return
        if answer.status == GONE or tries >= schedule.TRIES:
            self.tried.append(Tried(delivery, answer, State.DEAD))
        else:
            asked = schedule.asked_for(answer.retry_after)
            self.tried.append(Tried(delivery, answer, State.WAITING, max(asked, schedule.wait(tries, DICE))))
            self.asked_to_wait = max(self.asked_to_wait, asked)
        if answer.status == GONE and not self.subscription.callbacks:
            self.pause = 0.0
            return
        if began >= self.failed_at:  # not one of those that were on the way together with the last
            self.failures, self.failed_at = self.failures + 1, time.monotonic()
            self.since = self.since or timezone.now()
        self.pause = max(self.asked_to_wait, schedule.pause(self.failures, DICE) or 0.0) or None

    async def _write(self) -> None:
        """Write down what was tried, if it is much, or a moment ago, or nothing else is to do."""
        now, idle = time.monotonic(), not self.sending and not self.waiting
        if not self.tried or not (idle or len(self.tried) >= WRITTEN or now - self.written_at > NOT_LATER):
            return
        self.written_at = now
        await self._keep(self.pause if not self.sending else None)
        self.more = True  # what comes after these in their streams

    async def _keep(self, pause: float | None) -> None:
        tried, self.tried = self.tried, []
        await _ask(deliveries.keep, self.subscription, self.holder, tried, Health(self.failures, self.since, pause))
        self.subscription.failures = self.failures
