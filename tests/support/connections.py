"""Threads that keep a database connection each, for calls that must happen at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


class Connections:
    """So many threads, each with one connection for as long as this lives."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._pools = [ThreadPoolExecutor(1) for _ in range(number)]

    def at_once(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run the calls together, each on a connection of its own; what they return, in their order."""
        assert len(calls) <= self.number
        barrier = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            connection.ensure_connection()
            barrier.wait(20)
            return call()

        futures = [pool.submit(run, call) for pool, call in zip(self._pools, calls, strict=False)]
        return [future.result(60) for future in futures]

    def close(self) -> None:
        """Give all connections back."""
        for pool in self._pools:
            pool.submit(lambda: connection.close()).result(20)  # looked up in that thread: each has its own
            pool.shutdown()


def all_at_once(calls: list[Callable]) -> list:
    """Run every call on a thread and a connection of its own, started together."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable):
        try:
            connection.ensure_connection()
            barrier.wait(20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(run, call) for call in calls]]
