"""Time as a process had it: one that waits for a processor isn't one that hangs.

Linux tells of each thread how long it was ready to run and wasn't let: the second figure of its `schedstat`, in
nanoseconds (the kernel's Documentation/scheduler/sched-stats). It tells that once the thread runs again, so what is
not told yet counts until then. Elsewhere all time counts.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

MOST = 10  # an hour on the wall counts as six minutes at least: who hangs on a busy machine is found out too
PROCESSES = Path("/proc")


class OwnTime:
    """Since it was made, the time that a process could have used: what it waited for a processor doesn't count."""

    def __init__(self, pid: int, processes: Path = PROCESSES, wall: Callable[[], float] = time.monotonic) -> None:
        self._threads = processes / str(pid) / "task"
        self._wall = wall
        self._began, self._waited = wall(), self._waits()

    def seconds(self) -> float:
        """How much of it there was."""
        # Others may wait for what one thread holds: while any was kept from running, all of it was.
        kept = max((waited - self._waited.get(thread, 0.0) for thread, waited in self._waits().items()), default=0.0)
        passed = self._wall() - self._began
        return max(passed - kept, passed / MOST)

    def _waits(self) -> dict[str, float]:
        """How long each of its threads has waited for a processor, ever; none where that isn't told."""
        waits = {}
        with contextlib.suppress(OSError):
            for thread in self._threads.iterdir():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    waits[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
        return waits
