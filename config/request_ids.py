"""Each request's id, taken from `X-Request-ID` or made, on its way in and in each answer.

It is the outermost of the web's layers, so that refusals have it as well.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from taskers.telemetry import request_ids

NAME = request_ids.HEADER.lower().encode()
STARTS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}


class RequestIds:
    """Says the id in whatever answer begins."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = next((value for name, value in scope["headers"] if name == NAME), b"")
        said = (NAME, request_ids.begin(asked.decode("latin-1")).encode())

        async def say(message: dict[str, Any]) -> None:
            if message["type"] in STARTS:
                message = message | {"headers": [*message.get("headers", ()), said]}
            await send(message)

        await self.app(scope, receive, say)
