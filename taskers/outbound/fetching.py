"""A file from a host outside, within limits: to the address that the guard found, each redirect asked of it anew."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin

from taskers.errors import Problem
from taskers.outbound.guard import guard
from taskers.outbound.sending import trust

if TYPE_CHECKING:
    import httpx

PIECE = 256 * 1024
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5


class Unreachable(Problem):
    """The place could not be asked just now."""

    code = "no-connection"
    status = 502


class NotFetched(Problem):
    """The place did not give the file."""

    code = "not-fetched"
    status = 422


@dataclass(frozen=True)
class Fetching:
    """Seconds for all of it and for each wait, bytes that are read at most."""

    seconds: float = 600.0
    wait: float = 20.0
    most: int = 1024**3


def fetch(url: str, into: IO[bytes], limits: Fetching, headers: Mapping[str, str] | None = None) -> int:
    """Write what lies at an address into a file; how many bytes. Raises BadAddress, OutboundRefused, Unreachable, or
    NotFetched, none of which repeats the address."""
    began = time.monotonic()
    for _ in range(MOST_REDIRECTS + 1):
        with _answer(url, limits, headers or {}) as answer:
            if answer.status_code in REDIRECTS and "location" in answer.headers:
                url = urljoin(url, answer.headers["location"])
                headers = None  # what one host may know, the next needn't
                continue
            if answer.status_code != 200:
                raise NotFetched("The place answered with the status %(answer)s.", answer=answer.status_code)
            return _copied(answer.iter_raw(), into, limits, began)
    raise NotFetched("The place sends from address to address.", code="too-many-redirects")


def _copied(pieces: Iterator[bytes], into: IO[bytes], limits: Fetching, began: float) -> int:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > limits.most:
            raise NotFetched(
                "The file has more than the %(most)s bytes that are allowed.", code="too-large", most=limits.most
            )
        if time.monotonic() - began > limits.seconds:
            raise Unreachable("The file took too long.", code="timed-out")
        into.write(piece)
    return length


@contextmanager
def _answer(url: str, limits: Fetching, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
    import httpx  # a tenth of what a process takes to start, and few ever ask a host

    route = guard().route(url)
    said = {**headers, "Host": route.destination.authority, "Accept-Encoding": "identity"}
    each = {"connect": limits.wait, "read": limits.wait, "write": limits.wait, "pool": limits.wait}
    extensions = {"sni_hostname": route.destination.host, "timeout": each}
    request = httpx.Request("GET", route.url, headers=said, extensions=extensions)
    try:
        # Neither proxies of the environment nor cookies: a connection of its own for each.
        with httpx.HTTPTransport(verify=trust(), trust_env=False) as over:
            answer = over.handle_request(request)
            try:
                yield answer
            finally:
                answer.close()
    except httpx.TimeoutException:
        raise Unreachable("The place didn't answer in time.", code="timed-out") from None
    except (httpx.HTTPError, ssl.SSLError, OSError, ValueError):
        raise Unreachable() from None
