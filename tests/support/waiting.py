"""Waiting for what comes true in another process or on another connection, which tells nobody when it does."""

import time
from collections.abc import Callable
from typing import TypeVar

import psutil

Found = TypeVar("Found")


def until(found: Callable[[], Found | None], seconds: float = 60.0, why: Callable[[], object] = lambda: "") -> Found:
    """What `found` returns once it is true; an AssertionError with `why` when it isn't in so many seconds."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, f"it never came true: {why()}"
        time.sleep(0.02)
    return result


def gone(pid: int) -> bool:
    """Whether that process has ended, asked for its end or not; it may go while it is looked at."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
