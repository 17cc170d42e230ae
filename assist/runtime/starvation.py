"""Time as a process had it: one that waits for a processor isn't one that hangs.

Linux tells of each thread how long it was ready to run and wasn't let: the second figure of its `schedstat`, in
nanoseconds (the kernel's Documentation/scheduler/sched-stats). Elsewhere all time counts.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

MOST = 10  # an hour on the wall counts as six minutes at least: who hangs on a busy machine is found out too
PROCESSES = Path("/proc")


class OwnClock:
    """Seconds that a process could have used: those in which it was ready and waited for a processor don't count."""

    def __init__(self, pid: int, processes: Path = PROCESSES, wall: Callable[[], float] = time.monotonic) -> None:
        self._threads = processes / str(pid) / "task"
        self._wall = wall
        self._read_at, self._waited = wall(), self._delays()
        self._own = 0.0

    def now(self) -> float:
        """Its time since the clock was made. It never goes backwards."""
        read_at, waited = self._wall(), self._delays()
        passed = read_at - self._read_at
        # Others may wait for what one thread holds: as long as any was kept from running, all of it was.
        kept = max((waited[thread] - self._waited.get(thread, 0.0) for thread in waited), default=0.0)
        self._own += max(passed - kept, passed / MOST)
        self._read_at, self._waited = read_at, waited
        return self._own

    def _delays(self) -> dict[str, float]:
        """How long each of its threads has waited for a processor, ever; none where that isn't told."""
        delays = {}
        with contextlib.suppress(OSError):
            for thread in self._threads.iterdir():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    delays[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
        return delays
