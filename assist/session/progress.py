"""How far a search for everything in an image is, told while it goes on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assist.errors import CopilotError
from assist.runtime.client import RuntimeClient

SECONDS = 1.0  # between two reports


@dataclass(frozen=True)
class SearchProgress:
    """How far the search for everything is: things found, and how many of its places it looked at; 0 of 0 at first."""

    id: str
    found: int
    done: int
    of: int


async def report(
    runtime: RuntimeClient,
    model: str,
    asker: str,
    id: str,
    tell: Callable[[SearchProgress], Awaitable[None]],
) -> None:
    """Tell once a second how far the search for everything is, until cancelled; not where the runtime can't say."""
    with contextlib.suppress(CopilotError):
        while True:
            await asyncio.sleep(SECONDS)
            await tell(SearchProgress(id, **await runtime.progress(model, f"all:{asker}")))
