"""Spans of a trace, where traces are kept: who calls a verb that is `traced` needs not know whether they are."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import ParamSpec, Protocol, TypeVar

Terms = ParamSpec("Terms")
Answer = TypeVar("Answer")


class Tracer(Protocol):
    """Whoever keeps traces (taskers/tracing/export.py). None of this waits for anybody."""

    def span(self, name: str, **said: str | int) -> AbstractContextManager[object]:
        """While it is open, what begins is a part of it. What is `said` tells nothing of people or their work."""

    def place(self) -> str:
        """Where in which trace this is, as a W3C `traceparent`; "" outside of any."""

    def resume(self, place: str) -> None:
        """What begins from here on lies there."""


_kept: list[Tracer] = []  # none or one
_NOTHING = nullcontext()


def keep(tracer: Tracer) -> None:
    """From here on this process keeps traces."""
    _kept[:] = [tracer]


def stop() -> None:
    """Keep none any more."""
    _kept.clear()


def span(name: str, **said: str | int) -> AbstractContextManager[object]:
    """A part of the trace, while it is open; the whole of a new one where there is none."""
    return _kept[0].span(name, **said) if _kept else _NOTHING


def step(name: str, **said: str | int) -> AbstractContextManager[object]:
    """The same inside of a trace; outside of any, nothing begins."""
    return _kept[0].span(name, **said) if _kept and _kept[0].place() else _NOTHING


def place() -> str:
    """Where in which trace this is; "" outside of any."""
    return _kept[0].place() if _kept else ""


def resume(place: str) -> None:
    """Go on where another process was."""
    if _kept and place:
        _kept[0].resume(place)


def traced(verb: Callable[Terms, Answer]) -> Callable[Terms, Answer]:
    """A verb whose calls are spans with its name."""
    name = f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}"

    @functools.wraps(verb)
    def within(*args: Terms.args, **named: Terms.kwargs) -> Answer:
        if not _kept:
            return verb(*args, **named)
        with step(name):
            return verb(*args, **named)

    return within
