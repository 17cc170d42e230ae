"""How many of the machine's cores one call of torch takes: all of them alone, its share beside others, one where nobody
waits for it.

Work that is cut over several threads waits for the slowest of them at the end of each step, and threads that wait spin.
Alone that is the quickest way to one answer; with more calls than cores it is the slowest way to all of them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assist.adapters.devices import usable_cores
from assist.adapters.priority import in_the_way


class Cores:
    """Shared between the calls of one model; each asks for its share when it begins and keeps it until it ends."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or usable_cores()
        self._at_work = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator[int]:
        """Let torch take so many threads for what this thread does now; gives their number."""
        counts = in_the_way()  # what steps back takes nothing from a click that comes meanwhile
        with self._lock:
            self._at_work += counts
            threads = max(1, self.count // self._at_work) if counts else 1
            # Torch keeps this number for each thread, but its library of products has one for all: the newest counts.
            torch.set_num_threads(threads)
        try:
            yield threads
        finally:
            with self._lock:
                self._at_work -= counts
