"""Websockets are opened by this site's own pages, as forms are: on one host other ports may be somebody else's."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings

PORTS = {"http": "80", "https": "443"}


class SameOrigin:
    """Refuses a websocket whose Origin is neither that of the Host it asks nor one of CSRF_TRUSTED_ORIGINS.

    One without an Origin is no browser's page; AllowedHostsOriginValidator refuses it.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        headers = {name: value.decode("latin1") for name, value in scope.get("headers", [])}
        origin = headers.get(b"origin")
        if origin is None or is_own(origin, headers.get(b"host", "")):
            await self.app(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def is_own(origin: str, host: str) -> bool:
    """Whether a page of this origin may open a websocket at this host, as its Host header names it."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        page, server = urlsplit(origin), urlsplit(f"//{host}")
        same = _place(page, page.scheme) == _place(server, page.scheme)
    except ValueError:  # a port that is no number, a bracket that isn't closed
        return False
    schemes = ("https",) if settings.SESSION_COOKIE_SECURE else ("http", "https")
    return same and bool(page.hostname) and page.scheme in schemes


def _place(parts: SplitResult, scheme: str) -> tuple[str | None, str]:
    return parts.hostname, str(parts.port or PORTS.get(scheme, ""))
