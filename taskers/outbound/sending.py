"""One request to a host outside, within limits: to the address that the guard found, no redirect followed, and only the
beginning of what comes back read. Proxies that the environment names are not used: they would look names up again."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import certifi

from taskers.outbound.guard import Route

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Limits:
    """Seconds for all of it and for connecting, bytes of the answer that are read."""

    seconds: float = 10.0
    connect: float = 4.0
    read: int = 1024


@dataclass(frozen=True)
class Answer:
    """What came back, or why nothing did: then `status` is None and `fault` says it."""

    status: int | None
    beginning: bytes = b""
    fault: str = ""
    took: float = 0.0  # seconds
    retry_after: str = ""


def connection() -> httpx.AsyncHTTPTransport:
    """A connection to one host: it is kept by address, so another host must never share it.

    One alone: a pool of httpcore looks at each of its connections for every request. And no client stands over it:
    nothing that follows redirects, keeps cookies, asks a proxy or logs addresses.
    """
    import httpx  # a tenth of what a process takes to start, and few ever ask a host

    one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    return httpx.AsyncHTTPTransport(verify=trust(), trust_env=False, limits=one)


async def post(
    over: httpx.AsyncHTTPTransport, route: Route, headers: Mapping[str, str], body: bytes, limits: Limits
) -> Answer:
    """Send a body and read the beginning of the answer. Raises nothing that the network may do."""
    return await _ask("POST", over, route, headers, body, limits)


async def get(over: httpx.AsyncHTTPTransport, route: Route, headers: Mapping[str, str], limits: Limits) -> Answer:
    """The same without a body."""
    return await _ask("GET", over, route, headers, b"", limits)


async def _ask(
    method: str, over: httpx.AsyncHTTPTransport, route: Route, headers: Mapping[str, str], body: bytes, limits: Limits
) -> Answer:
    import httpx

    began = time.monotonic()
    said = {**headers, "Host": route.destination.authority, "Accept-Encoding": "identity"}
    each = {"connect": limits.connect, "read": limits.seconds, "write": limits.seconds, "pool": limits.seconds}
    extensions = {"sni_hostname": route.destination.host, "timeout": each}
    request = httpx.Request(method, route.url, headers=said, content=body, extensions=extensions)
    try:
        # Each wait is limited, and so is all of it: a host that sends a byte now and then would never end.
        async with asyncio.timeout(limits.seconds):
            answer = await over.handle_async_request(request)
            try:
                beginning = await _beginning(answer, limits.read)
            finally:
                await answer.aclose()
    except (TimeoutError, httpx.TimeoutException):
        return Answer(None, fault="timed-out", took=time.monotonic() - began)
    except (httpx.HTTPError, ssl.SSLError, OSError, ValueError) as error:
        return Answer(None, fault=_named(error), took=time.monotonic() - began)
    retry_after = answer.headers.get("retry-after", "")[:40]
    return Answer(answer.status_code, beginning, "", time.monotonic() - began, retry_after)


async def _beginning(answer: httpx.Response, most: int) -> bytes:
    found = b""
    async for piece in answer.aiter_raw():
        found += piece
        if len(found) >= most:
            break
    return found[:most]


def _named(error: Exception) -> str:
    import httpx

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls-failed"
        cause = cause.__cause__ or cause.__context__
    return "no-connection" if isinstance(error, httpx.ConnectError | OSError) else "broken-answer"


@cache
def trust() -> ssl.SSLContext:
    """The system's authorities, its operator's own among them, and certifi's, for systems without any."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
