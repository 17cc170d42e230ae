"""Work that steps back: a process for the others of the machine, a thread for the others of its process, where the
system can do that."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

BACK = 9  # steps of niceness: a tenth of the processor where somebody else wants it, all of it where nobody does


OWN_SESSION = Path("/proc/self/autogroup")
_own = threading.local()


def lower(steps: int) -> None:
    """This process lets others go first, by so many steps of niceness.

    Linux may share the processor between sessions first (autogroup), and then niceness counts within a session alone:
    where we are a session of our own, all of it steps back. A container may forbid that.
    """
    os.nice(steps)
    if steps and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            OWN_SESSION.write_text(str(os.nice(0)))


def step_back() -> None:
    """The calling thread, and those that it starts from now on, let the others of this process go first."""
    _own.back = True
    if sys.platform == "linux":  # where a thread has a niceness of its own
        # 0 is the calling thread. The sandbox denies every other number, since it could be another process.
        os.setpriority(os.PRIO_PROCESS, 0, min(19, os.getpriority(os.PRIO_PROCESS, 0) + BACK))


def in_the_way() -> bool:
    """Whether the calling thread lets nobody go first: False in one that stepped back."""
    return not getattr(_own, "back", False)


class Aside:
    """One thread that steps back, and whatever threads are started in it: work in nobody's way."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aside", initializer=step_back)

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, waited for."""
        return self._thread.submit(work).result()
