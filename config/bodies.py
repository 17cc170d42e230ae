"""Bodies on their way in: bounded by address and by sender, in size, in time, and in how many are read at once.

Django writes a body to a temporary file before it asks who sent it. So this stands before Django: a stranger's body
ends at the smallest cap, and so does that of anybody whom the address would refuse (config/body_senders.py). What is
admitted beyond it is counted in the spool (taskers/files/spool.py), by person and in all, and leaves a reserve on the
disk. It is plain ASGI, and holds under any server.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from channels.db import database_sync_to_async
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from config import body_senders
from config.limits import SMALL, Limits, larger
from projects.data.connectors import disk_room
from taskers.audit.addresses import sender
from taskers.errors import Problem
from taskers.files.spool import OverShare, OverTotal, Spool
from taskers.web import problems

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

DRAIN_SECONDS = 2.0  # for a sender to hear that it was refused; a line cut at once may take the answer with it
STRICT = [
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
]
UNPARSED = (b"multipart/", b"application/x-ndjson", b"application/octet-stream")
GONE = {"type": "http.disconnect"}


class TooLarge(Problem):
    """What was sent is larger than this address takes."""

    code = "too-large"
    status = 413


class TooSlow(Problem):
    """What was sent came too slowly and was cut off; nothing of it was kept."""

    code = "too-slow"
    status = 408


class Busy(Problem):
    """Too much is being read at the same time; try again in a moment."""

    code = "busy"
    status = 503
    headers: Mapping[str, str] = {"Retry-After": "5"}


class SpoolFull(Problem):
    """So much is being sent to this server at the moment that there is no place for this; try again in a minute."""

    code = "spool-full"
    status = 503
    headers: Mapping[str, str] = {"Retry-After": "60"}


class ShareFull(Problem):
    """You are sending as much at the same time as one person may: wait until some of it has arrived."""

    code = "too-much-at-once"
    status = 429
    headers: Mapping[str, str] = {"Retry-After": "60"}


class Turns:
    """So many bytes may be in hand at once; who comes then waits, the first first."""

    def __init__(self, most: int) -> None:
        self.most = self.free = most
        self.waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int, seconds: float) -> int:
        """Bytes to give back, once there is room for them. Raises TimeoutError."""
        size = min(size, self.most)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((size, turn))
        self._call()
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give_back(size)
            else:
                self.waiting.remove((size, turn))
                self._call()
            raise
        return size

    def give_back(self, size: int) -> None:
        self.free += size
        self._call()

    def _call(self) -> None:
        while self.waiting and self.waiting[0][0] <= self.free:
            size, turn = self.waiting.popleft()
            self.free -= size
            turn.set_result(None)


class MemoryShares:
    """Bytes of unfinished bodies in this process, by whom they are of: network addresses, and people where those don't
    do."""

    def __init__(self, each: int, strangers: int) -> None:
        self.each, self.strangers = each, strangers
        self.of_addresses: Counter[str] = Counter()
        self.of_people: Counter[str] = Counter()

    def take(self, name: str, size: int, *, known: bool) -> bool:
        """Count so many bytes more, if there is room for them."""
        held = self.of_people if known else self.of_addresses
        if held[name] + size > self.each or (not known and held.total() + size > self.strangers):
            return False
        held[name] += size
        return True

    def give_back(self, name: str, size: int, *, known: bool) -> None:
        held = self.of_people if known else self.of_addresses
        held[name] -= size
        if held[name] <= 0:
            del held[name]


class BodyLimits:
    """Hands requests on with their bodies bounded; what is beyond is refused by name, mostly unread."""

    def __init__(self, app: Callable[..., Awaitable[None]], limits: Limits, spool: Spool) -> None:
        self.app = app
        self.limits = limits
        self.spool = spool
        self.caps = larger()
        self.turns = Turns(limits.in_hand)
        self.memory = MemoryShares(limits.memory_each, limits.stranger_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope) if scope["type"] == "http" else {}
        if not headers.get(b"transfer-encoding") and headers.get(b"content-length", b"0") == b"0":
            await self.app(scope, receive, send)
            return
        await _Body(self, scope, headers, receive, send).serve()


class _Body:
    """One request that has a body."""

    def __init__(self, at: BodyLimits, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        self.at, self.limits = at, at.limits
        self.scope, self.headers = scope, headers
        self.receive, self.send = receive, send
        self.content_type = headers.get(b"content-type", b"").lower()
        self.most = SMALL.of(self.content_type)
        self.declared = int(headers.get(b"content-length", b"0"))
        self.widened = self.whole = self.started = False
        self.seconds = self.limits.body_seconds
        self.begun = time.monotonic()
        self.got = self.in_hand = 0
        self.waited, self.got_before = 0.0, 0  # since when so much had come
        self.in_memory, self.memory_of, self.is_known = 0, sender((scope.get("client") or ("",))[0]), False
        self.spooled, self.spooled_of = 0, ""
        self.refusal: Problem | None = None

    async def serve(self) -> None:
        if self.declared > self.most and (problem := await self._wider(self.declared)):
            await self._refuse(problem)
            return
        try:
            await self.at.app(self.scope, self._hear, self._say)
        except OSError as error:
            full = problems.named(error)  # no room for the body itself
            if full is None or self.started:
                raise
            self.refusal = full
        finally:
            self.at.turns.give_back(self.in_hand)
            self.at.memory.give_back(self.memory_of, self.in_memory, known=self.is_known)
            if self.spooled:
                self.at.spool.give_back(self.spooled_of, self.spooled)
        if self.refusal and not self.started:
            await self._refuse(self.refusal)

    async def _hear(self) -> dict[str, Any]:
        if self.whole or self.refusal:
            return await self.receive() if self.whole else GONE
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._left()):
                message = await self.receive()
        except TimeoutError:
            return self._end(TooSlow())
        self.waited += time.monotonic() - began
        self.got += len(message.get("body", b""))
        if self.got - self.got_before >= self.limits.body_grace * self.limits.body_rate:
            self.waited, self.got_before = 0.0, self.got
        if self.got > self.most and (problem := await self._wider(self.got)):
            return self._end(problem)
        if problem := await self._no_room():
            return self._end(problem)
        if not message.get("more_body"):
            self.whole = True
            return await self._in_turn(message)
        return message

    async def _no_room(self) -> Problem | None:
        """Why what has come can't lie here; None where there is room, and it is counted."""
        if self.spooled_of:
            return self._no_room_in_spool() if self.got > self.spooled else None
        size = self.got - self.in_memory
        if self.got <= self.limits.small_body:
            return None
        if self.at.memory.take(self.memory_of, size, known=self.is_known):
            self.in_memory += size
            return None
        if self.is_known:
            return Busy()
        async with ThreadSensitiveContext():
            person = await database_sync_to_async(body_senders.known_sender)(self.headers)
        if person is None or not self.at.memory.take(str(person.pk), self.got, known=True):
            return Busy()
        self.at.memory.give_back(self.memory_of, self.in_memory, known=False)
        self.memory_of, self.in_memory, self.is_known = str(person.pk), self.got, True
        return None

    def _no_room_in_spool(self) -> Problem | None:
        """Why so much can't lie in the spool and on its disk; None where it can, and it is counted, a step ahead."""
        size = max(self.limits.spool_step, self.got - self.spooled)
        if self.declared:
            size = min(size, max(self.declared, self.got) - self.spooled)
        expected = max(self.declared, self.got + size)
        # A form's files are written out of its body, and lie there twice until it is answered.
        copies = expected if self.content_type.startswith(b"multipart/") else 0
        try:
            if expected > self.limits.spool_step:  # what is left to everything else is there for answers, above all
                disk_room.check(self.at.spool.folder, expected - self.got + copies)
            self.at.spool.take(self.spooled_of, size)
        except OverShare:
            return ShareFull()
        except OverTotal:
            return SpoolFull()
        except Problem as problem:
            return problem
        self.spooled += size
        return None

    async def _in_turn(self, message: dict[str, Any]) -> dict[str, Any]:
        """The last of a body, once there is room to parse it; a file is not parsed, so it waits for nobody."""
        if self.got < self.limits.small_body or self.content_type.startswith(UNPARSED):
            return message
        try:
            self.in_hand = await self.at.turns.take(self.got, self.limits.turn_seconds)
        except TimeoutError:
            return self._end(Busy())
        return message

    def _left(self) -> float:
        """Seconds in which something more must come."""
        overall = self.begun + self.seconds - time.monotonic()
        return max(0.0, min(self.limits.body_grace - self.waited, overall))

    async def _wider(self, size: int) -> Problem | None:
        """Why a body of this size isn't taken; None where the address and the sender make room for it."""
        if self.widened:
            return TooLarge()
        self.widened = True
        try:
            match = resolve(self.scope["path"])
        except Resolver404:
            return TooLarge()
        most = self.at.caps.get(match.view_name, SMALL).of(self.content_type)
        if size > most:
            return TooLarge()
        try:
            async with ThreadSensitiveContext():
                method = self.scope["method"]
                person = await database_sync_to_async(body_senders.admit)(match, method, self.headers)
        except Problem as problem:
            return problem
        self.most, self.seconds, self.spooled_of = most, self.limits.upload_seconds, str(person.pk)
        return self._no_room_in_spool()

    def _end(self, problem: Problem) -> dict[str, Any]:
        self.refusal = problem
        return GONE

    async def _say(self, message: dict[str, Any]) -> None:
        if self.refusal:  # whoever is behind us was told that the sender is gone
            return
        self.started = True
        await self.send(message)

    async def _refuse(self, problem: Problem) -> None:
        media_type, body = _said(self.scope, self.headers, problem)
        headers = [
            (b"content-type", media_type),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
            *STRICT,
        ]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": True})
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while (message := await self.receive())["type"] == "http.request" and message.get("more_body"):
                    pass
        except TimeoutError:
            pass
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


def _said(scope: Scope, headers: dict[bytes, bytes], problem: Problem) -> tuple[bytes, bytes]:
    """The media type and the body of a refusal, in the form that the asker reads."""
    if b"hx-request" in headers:
        return b"text/html; charset=utf-8", render_to_string("_problem.html", {"problem": problem}).encode()
    if scope["path"].startswith("/api/") or b"json" in headers.get(b"accept", b"") + headers.get(b"content-type", b""):
        return problems.MEDIA_TYPE.encode(), problems.as_json(problem).content
    return b"text/html; charset=utf-8", render_to_string("problem.html", {"problem": problem}).encode()
