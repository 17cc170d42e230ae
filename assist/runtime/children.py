"""What keeping child processes alive comes down to: started again after pauses that grow, asked to stop before killed.

For all who do so: the runtime with a process per model (supervisor.py), and whatever starts the runtime, the web
processes and the workers. Standard library only.
"""

import asyncio
import contextlib
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

Ending = TypeVar("Ending")


@dataclass(frozen=True)
class Pauses:
    """Seconds between a death and the next start: `first`, doubled while a child keeps dying, up to `longest`.

    A child that has lived for `steady` seconds hasn't kept dying.
    """

    first: float = 0.5
    longest: float = 30.0
    steady: float = 30.0

    def after(self, lived: float, before: float | None) -> float:
        """The pause after a life of so many seconds that followed the pause `before`, if any did."""
        return self.first if before is None or lived >= self.steady else min(2 * before, self.longest)


async def keep(
    live: Callable[[], Awaitable[Ending]],
    pauses: Pauses,
    told: Callable[[Ending, float], None],
    stopping: asyncio.Event,
) -> None:
    """Have one life follow another until `stopping` is set or the task is cancelled.

    `live` runs a child from start to death and gives how it ended; `told` hears that, and the pause that follows.
    """
    pause: float | None = None
    while not stopping.is_set():
        born = time.monotonic()
        ending = await live()
        if stopping.is_set():
            return
        pause = pauses.after(time.monotonic() - born, pause)
        told(ending, pause)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)


async def end(process: Process, grace: float, kill: Callable[[], object], hurry: asyncio.Event | None = None) -> None:
    """Ask a process to stop, and `kill` it after `grace` seconds or once there is a `hurry`. Returns when it ended."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    ended = asyncio.create_task(process.wait())
    hurried = asyncio.create_task((hurry or asyncio.Event()).wait())
    await asyncio.wait({ended, hurried}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            kill()
    await ended
