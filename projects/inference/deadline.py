"""Comparing answers ends in time, whatever people drew: `within` says when, and what takes long looks at the clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float] = ContextVar("ends", default=float("inf"))


class TooLong(Exception):
    """What was begun takes longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done inside raises TooLong soon after so many seconds. An outer, earlier end stays in force."""
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def check() -> None:
    """Raise TooLong if the time is over."""
    if time.monotonic() > _ends.get():
        raise TooLong
