"""What stands behind the runtime's socket, and all that the rest of Tandem needs of it: one engine for another.

Here it is a process for each model (supervisor.py). One that spreads models over many machines has the same four
methods, and is chosen in server.py; web processes and workers go on speaking to the socket.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from assist.runtime.operations import OPERATIONS, Answers


class Engine(Protocol):
    """Whoever has models asked. Questions and answers are those of operations.py: plain values, images as bytes."""

    async def status(self, question: dict[str, Any]) -> dict[str, Any]:
        """{"models": {key: {"capability", "state", "text", "device", "load_seconds", "waiting", ...}}, "disk_faults",
        "store"}; "state" is one of "ready", "loading", "restarting", "failed"."""
        ...

    async def pin(self, question: dict[str, Any]) -> dict[str, Any]:
        """Whoever keeps embeddings lets go last of those of question["images"]. It is asked every minute, so whoever is
        away hears of it later."""
        ...

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the model says that the question names, which is loaded if need be. Raises CopilotError."""
        ...

    async def close(self) -> None:
        """End all that it started."""
        ...


@contextlib.asynccontextmanager
async def opened(make: Callable[[], Engine]) -> AsyncIterator[Answers]:
    """The answers of an engine, which is made inside the running loop and closed at the end."""
    engine = make()
    try:
        yield {one.name: engine.answer if one.of_a_model else getattr(engine, one.name) for one in OPERATIONS.values()}
    finally:
        await engine.close()
