"""What conditions are told of somebody's work, and what they answer. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from taskers.models.limits import Between


@dataclass(frozen=True)
class Piece:
    """One piece of work: handed in, with what is known of it by now, or skipped."""

    at: datetime
    seconds: float | None = None  # of active work
    gold: float | None = None  # how it scored beside a known answer
    agreement: float | None = None  # with what was decided
    reviewed: float | None = None  # with what a reviewer decided: by this it is known whether a rule was right
    skipped: bool = False


@dataclass(frozen=True)
class Condition:
    """`measure` gives a number for the last `window` pieces that concern it, None where there are fewer; the condition
    is met below the threshold, or above it where `above`. `unit` is what the threshold counts in: "%", or "s"."""

    title: object  # lazy, as are the words; both take %(window)s, `said` also %(measured)s
    said: object
    measure: Callable[[Sequence[Piece], int], float | None]
    limit: Between
    usual: float
    unit: str
    above: bool = False
    stride: int = 1  # a preview looks after every so many pieces: for what takes long to measure

    def met(self, pieces: Sequence[Piece], threshold: float, window: int) -> float | None:
        """What was measured, where the condition is met."""
        found = self.measure(pieces, window)
        if found is None:
            return None
        return found if (found > threshold if self.above else found < threshold) else None


def newest(values: Sequence[float | None], window: int) -> list[float] | None:
    """The last `window` that are known; None where there are fewer."""
    known = [one for one in values if one is not None][-window:]
    return known if len(known) == window else None
