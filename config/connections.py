"""Who is connected: so many in all and of each address, each with a time to say what it wants.

uvicorn leaves these to a proxy in front. Its protocols are taken as they are; what is added is who may come in, and two
clocks. A connection that has said nothing yet, or nothing since its last answer, is *idle*: it gives way first.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from config.limits import Limits
from taskers.audit.addresses import sender
from taskers.errors import MEDIA_TYPE, Problem

LINGER_SECONDS = 1.0  # for who was turned away to hear why
MOST_LINGERING = 100


class Crowded(Problem):
    """Too many connections are open from your address; close some and try again."""

    code = "too-many-connections"
    status = 429


class Full(Problem):
    """Too many people are connected at the moment; try again soon."""

    code = "full"
    status = 503


class LateHead(Problem):
    """The request's head did not come in time."""

    code = "too-slow"
    status = 408


class LongHead(Problem):
    """The request's head is too long."""

    code = "head-too-large"
    status = 431


class Connections:
    """Those that one web process has open, websockets among them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.proxies = _TrustedHosts(limits.proxies)
        self.open: dict[Connection, str] = {}
        self.idle: dict[Connection, None] = {}  # the one that has been so for longest comes first
        self.by_address: Counter[str] = Counter()
        self.lingering = 0

    def come(self, connection: "Connection", address: str) -> Problem | None:
        """Why a connection can't stay; None, and it is counted, where it can. A proxy's are counted in all alone."""
        counted = "" if address in self.proxies else sender(address)
        if counted and self.by_address[counted] >= self.limits.per_address:
            return Crowded()
        if len(self.open) >= self.limits.connections:
            if not self.idle:
                return Full()
            next(iter(self.idle)).give_way()
        self.open[connection] = counted
        self.by_address[counted] += 1
        return None

    def go(self, connection: "Connection") -> None:
        """It is closed. Said twice, it counts once."""
        self.idle.pop(connection, None)
        counted = self.open.pop(connection, None)
        if counted is None:
            return
        self.by_address[counted] -= 1
        if not self.by_address[counted]:
            del self.by_address[counted]


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP, for those who may come in, and who say what they want in time."""

    all: Connections  # of this process

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.deaf = False  # turned away: what still comes is not heard
        self.clock: asyncio.TimerHandle | None = None
        self.in_head = False
        self.head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if problem := self.all.come(self, self.client[0] if self.client else ""):
            self.turn_away(problem)
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            return
        began = self.in_head
        super().data_received(data)
        if began and self.in_head:
            self.head_bytes += len(data)
            if self.head_bytes > self.all.limits.head_bytes:
                self.turn_away(LongHead())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head, self.head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self.in_head = False
        self._stop_clock()
        self.all.idle.pop(self, None)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline and not self.transport.is_closing():
            self._await_head()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        if isinstance(socket, Socket):
            socket.connection = self  # it keeps its place

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        if self.deaf:
            self.all.lingering -= 1
        self.all.go(self)
        super().connection_lost(exc)

    def turn_away(self, problem: Problem) -> None:
        """Say why, hear no more, and cut the line a moment later."""
        self._stop_clock()
        self.all.go(self)
        body = json.dumps(problem.as_json()).encode()
        head = b"content-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[problem.status] + head % (MEDIA_TYPE.encode(), len(body)) + body)
        self.deaf = True
        self.all.lingering += 1
        if self.all.lingering > MOST_LINGERING:
            self.transport.close()
        else:
            self.clock = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def give_way(self) -> None:
        """Be cut, so that somebody else can come in."""
        self.all.go(self)
        self.transport.abort()

    def _await_head(self) -> None:
        self._stop_clock()
        self.all.idle[self] = None
        self.clock = self.loop.call_later(self.all.limits.head_seconds, self._late)

    def _late(self) -> None:
        if self.in_head:
            self.turn_away(LateHead())
        else:
            self.transport.close()

    def _stop_clock(self) -> None:
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's websockets, counted as the connections that they came from."""

    connection: Connection | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.connection is not None:
            self.connection.all.go(self.connection)
        super().connection_lost(exc)


def bounded(limits: Limits) -> tuple[type[Connection], type[Socket]]:
    """uvicorn's protocols for a process with these limits."""
    return type("Bounded", (Connection,), {"all": Connections(limits)}), Socket


class RequestsPerAddress:
    """Behind a proxy all connections are its own: there, what each address asks at the same time is counted."""

    def __init__(self, app: Callable[..., Awaitable[None]], limits: Limits) -> None:
        self.app = app
        self.most = limits.per_address
        self.proxies = _TrustedHosts(limits.proxies)
        self.asking: Counter[str] = Counter()

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        address = (scope.get("client") or ("",))[0]
        if scope["type"] not in ("http", "websocket") or not address or address in self.proxies:
            await self.app(scope, receive, send)
            return
        address = sender(address)
        if self.asking[address] >= self.most:
            await refuse(scope, receive, send, Crowded())
            return
        self.asking[address] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.asking[address] -= 1
            if not self.asking[address]:
                del self.asking[address]


async def refuse(scope: dict[str, Any], receive: Callable, send: Callable, problem: Problem) -> None:
    """Answer a request, or a websocket before its handshake, with a named error."""
    body = json.dumps(problem.as_json()).encode()
    kind = "http" if scope["type"] == "http" else "websocket.http"
    if kind == "websocket.http":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 4000 + problem.status})
            return
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": f"{kind}.response.start", "status": problem.status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
