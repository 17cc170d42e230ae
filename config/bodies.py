"""Bodies on their way in: bounded by address and by sender, in size, in time, and in how many are read at once.

Django writes a body to a temporary file before it asks who sent it. So this stands before Django: a stranger's body
ends at the smallest cap, and nobody's goes beyond that of its address. It is plain ASGI, and holds under any server.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from rest_framework.exceptions import APIException

from config.limits import SMALL, Limits, larger
from taskers.credentials.sign_in_state import signed_in_by
from taskers.credentials.tokens import TokenAuthentication
from taskers.errors import Problem
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


class SignInFirst(Problem):
    """So much is taken from people who signed in alone."""

    code = "not-signed-in"
    status = 401


class TooSlow(Problem):
    """What was sent came too slowly and was cut off; nothing of it was kept."""

    code = "too-slow"
    status = 408


class Busy(Problem):
    """Too much is being read at the same time; try again in a moment."""

    code = "busy"
    status = 503


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


class BodyLimits:
    """Hands requests on with their bodies bounded; what is beyond is refused by name, mostly unread."""

    def __init__(self, app: Callable[..., Awaitable[None]], limits: Limits) -> None:
        self.app = app
        self.limits = limits
        self.caps = larger()
        self.turns = Turns(limits.in_hand)

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
        self.widened = self.whole = self.started = False
        self.begun = time.monotonic()
        self.got = self.in_hand = 0
        self.refusal: Problem | None = None

    async def serve(self) -> None:
        declared = self.headers.get(b"content-length", b"0")
        if int(declared) > self.most and (problem := await self._wider(int(declared))):
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
        if self.refusal and not self.started:
            await self._refuse(self.refusal)

    async def _hear(self) -> dict[str, Any]:
        if self.whole:
            return await self.receive()
        try:
            async with asyncio.timeout(self._left()):
                message = await self.receive()
        except TimeoutError:
            return self._end(TooSlow())
        self.got += len(message.get("body", b""))
        if self.got > self.most and (problem := await self._wider(self.got)):
            return self._end(problem)
        if not message.get("more_body"):
            self.whole = True
            return await self._in_turn(message)
        return message

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
        allowed = max(self.limits.body_grace, self.got / self.limits.body_rate + self.limits.body_grace)
        return max(0.0, self.begun + allowed - time.monotonic())

    async def _wider(self, size: int) -> Problem | None:
        """Why a body of this size isn't taken; None where the address and the sender make room for it."""
        if self.widened:
            return TooLarge()
        self.widened = True
        try:
            name = resolve(self.scope["path"]).view_name
        except Resolver404:
            return TooLarge()
        most = self.at.caps.get(name, SMALL).of(self.content_type)
        if size > most:
            return TooLarge()
        async with ThreadSensitiveContext():
            if not await database_sync_to_async(_is_known)(self.headers):
                return SignInFirst()
        self.most = most
        return None

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


def _is_known(headers: dict[bytes, bytes]) -> bool:
    """Whether somebody who may sign in sends this: by their session, or by a token."""
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    if signed_in_by(cookies.get(settings.SESSION_COOKIE_NAME)).is_authenticated:
        return True
    request = HttpRequest()
    request.META["HTTP_AUTHORIZATION"] = headers.get(b"authorization", b"").decode("latin-1")
    try:
        return TokenAuthentication().authenticate(request) is not None
    except APIException:
        return False


def _said(scope: Scope, headers: dict[bytes, bytes], problem: Problem) -> tuple[bytes, bytes]:
    """The media type and the body of a refusal, in the form that the asker reads."""
    if b"hx-request" in headers:
        return b"text/html; charset=utf-8", render_to_string("_problem.html", {"problem": problem}).encode()
    if scope["path"].startswith("/api/") or b"json" in headers.get(b"accept", b"") + headers.get(b"content-type", b""):
        return problems.MEDIA_TYPE.encode(), problems.as_json(problem).content
    return b"text/html; charset=utf-8", render_to_string("problem.html", {"problem": problem}).encode()
