"""Websockets while the database is away: refused with 503 before the handshake, closed to be opened anew after it."""

from collections.abc import Awaitable, Callable
from typing import Any

from config.connections import refuse
from taskers.database.away import is_database_away
from taskers.errors import DatabaseAway

TRY_AGAIN_LATER = 1013  # RFC 6455's registry of close codes


class AwaySockets:
    """Around all that asks the database for whoever opens a socket."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        answered = heard = False

        async def note(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = True
            await send(message)

        async def hear() -> dict[str, Any]:
            nonlocal heard
            heard = True
            return await receive()

        try:
            await self.app(scope, hear, note)
        except Exception as error:
            if not is_database_away(error):
                raise
            if answered:
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            else:
                await refuse(scope, _heard if heard else receive, send, DatabaseAway())


async def _heard() -> None:
    """What is asked first was heard already."""
