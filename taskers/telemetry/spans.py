"""Spans of a trace, where traces are kept: who calls a verb that is `traced` needs not know whether they are."""

import functools
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import ParamSpec, Protocol, TypeVar

logger = logging.getLogger(__name__)

Terms = ParamSpec("Terms")
Answer = TypeVar("Answer")


class Span(Protocol):
    """One part of a trace."""

    def say(self, name: str, **said: str | int) -> None:
        """What it turned out to be."""


class Tracer(Protocol):
    """Whoever keeps traces (taskers/telemetry/export.py). Nothing but its end waits for anybody."""

    def span(self, name: str) -> AbstractContextManager[Span]:
        """While it is open, what begins is a part of it."""

    def going_on(self) -> bool:
        """Whether this lies in a trace that is kept."""

    def place(self) -> str:
        """Where in which trace this is, as a W3C `traceparent`; "" outside of any."""

    def resume(self, place: str) -> None:
        """What begins from here on lies there."""

    def stop(self) -> None:
        """Send nothing more; what waits to be sent is lost."""


_kept: list[Tracer] = []  # none or one


class _Nothing:
    def say(self, name: str, **said: str | int) -> None:
        pass


_NOTHING = nullcontext(_Nothing())


def keep(tracer: Tracer) -> None:
    """From here on this process keeps traces."""
    _kept[:] = [tracer]


def stop() -> None:
    """Keep none any more, and send none."""
    while _kept:
        _kept.pop().stop()


def span(name: str) -> AbstractContextManager[Span]:
    """A part of the trace, while it is open; the whole of a new one where there is none."""
    return _kept[0].span(name) if _kept else _NOTHING


def step(name: str) -> AbstractContextManager[Span]:
    """The same inside of a trace that is kept; elsewhere nothing begins."""
    return _kept[0].span(name) if _kept and _kept[0].going_on() else _NOTHING


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


def begin_through(kind: str, send: Callable[[bytes], object]) -> None:
    """Keep traces where TANDEM_TRACES_SHARE is set, in a process that reaches no collector: `send` takes them."""
    if not os.environ.get("TANDEM_TRACES_SHARE"):
        return
    try:
        export = import_module("taskers.telemetry.export")
        keep(export.through(os.environ.get("TANDEM_PROCESS") or kind, send))
    except (ImportError, ValueError) as problem:
        logger.error("No traces can be kept (%s): see Traces in docs/operate.md.", problem)


def begin(kind: str) -> None:
    """Keep traces in this process if TANDEM_TRACES names a collector. Where they can't be kept the work goes on.

    `kind` is the process's name where whoever started it gave it none.
    """
    if not os.environ.get("TANDEM_TRACES"):
        return
    try:
        export = import_module("taskers.telemetry.export")  # of an extra: most don't have it
        keep(export.to_collector(os.environ.get("TANDEM_PROCESS") or kind))
    except (ImportError, ValueError) as problem:
        logger.error("TANDEM_TRACES is set, and no traces can be kept (%s): see Traces in docs/operate.md.", problem)
