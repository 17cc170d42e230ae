"""Whether what a model said before will do: where it is measured, only what it says now.

Whoever calls an adapter says so around the call, in the same thread; an adapter that keeps answers asks `wanted`.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


@dataclass
class Anew:
    """Answers that were kept before `since`, in seconds since 1970, won't do; `kept`: how many later ones did."""

    since: float = 0.0
    kept: int = 0

    @classmethod
    def of(cls, question: Mapping[str, Any]) -> "Anew":
        """As a question to the runtime has it."""
        return cls(float(question.get("since") or 0.0))

    def asking(self, ask: Callable[P, T]) -> Callable[P, T]:
        """The same, with what will do."""

        def asked(*said: P.args, **named: P.kwargs) -> T:
            before = _wanted.set(self)
            try:
                return ask(*said, **named)
            finally:
                _wanted.reset(before)

        return asked

    def told(self) -> dict[str, int]:
        """What goes with the answer: such as were kept say nothing of how long the model takes."""
        return {"kept": self.kept} if self.since and self.kept else {}


_wanted: ContextVar[Anew | None] = ContextVar("wanted", default=None)


def wanted() -> Anew:
    """What will do here; usually whatever was kept."""
    return _wanted.get() or Anew()
