"""What an aggregation says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Answer = dict[str, Any]
Agree = Callable[[Answer, Answer], float]
Merge = Callable[[Sequence[Answer]], Answer]


@dataclass(frozen=True)
class Outcome:
    """The decision about one task.

    `confidence` is the probability in [0, 1] that `answer` is right, 0 where undecided. `agreements[i]`
    is how far answer i agrees with the merge of the *other* answers that decide, None where that would
    grade an answer by itself or where nothing is decided. `supports` are the indices of the answers the
    decision rests on. `why` is one sentence for a reviewer.
    """

    decided: bool
    answer: Answer | None
    confidence: float
    agreements: list[float | None]
    supports: list[int]
    why: str


class Aggregate(Protocol):
    """A method: answers in, outcome out. `threshold` is the agreement from which two answers say the
    same; `prior` the probability that one answer by itself is right."""

    def __call__(
        self, answers: Sequence[Answer], agree: Agree, merge: Merge, threshold: float, prior: float = 0.7
    ) -> Outcome: ...


class Weigh(Protocol):
    """A method that takes each tasker's chance to be right (the mean of their standing) as well."""

    def __call__(
        self, answers: Sequence[Answer], agree: Agree, merge: Merge, threshold: float, standings: Sequence[float]
    ) -> Outcome: ...
