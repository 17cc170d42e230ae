"""Waiting for what comes true in another process or on another connection, which tells nobody when it does."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(found: Callable[[], Found | None], seconds: float = 60.0, why: Callable[[], object] = lambda: "") -> Found:
    """What `found` returns once it is true; an AssertionError with `why` when it isn't in so many seconds."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, f"it never came true: {why()}"
        time.sleep(0.02)
    return result
