"""What an aggregation says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# Why, in a sentence as it is kept; pages say it in the reader's language.
WHY = {
    "none": "No answers yet.",
    "no-labels": "The project has no labels.",
    "alone": "The only answer.",
    "split": "At most %(group)s of %(count)s answers agree; more than half are needed.",
    "agree": "%(group)s of %(count)s answers agree.",
    "unlikely": "No group of the %(count)s answers is likely right.",
    "standing": "%(group)s of %(count)s answers agree, and their taskers' standing makes them %(sure)s likely right.",
    "alone-as-a-whole": "The only answer is %(sure)s likely right as a whole.",
    "as-a-whole": "What the %(count)s answers have in common is %(sure)s likely right as a whole.",
    "part": "%(parts)s part kept; together they are %(sure)s likely right.",
    "parts": "%(parts)s parts kept; together they are %(sure)s likely right.",
    "label": "%(label)s is %(sure)s likely.",
}
Answer = dict[str, Any]
Agree = Callable[[Answer, Answer], float]


class Merge(Protocol):
    """One answer from several; `trust` is how much each counts where they differ, equal by default."""

    def __call__(self, answers: Sequence[Answer], trust: Sequence[float] | None = None) -> Answer: ...


@dataclass(frozen=True)
class Part:
    """One thing of an answer that is decided part by part: the chance in [0, 1] that it is there and is what it is
    called, and by how many pixels people's outlines lie beside its edge, where it has one that several drew."""

    label: str
    likely: float
    edge: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The decision about one task.

    `confidence` is the probability in [0, 1] that `answer` is right, 0 where undecided. `agreements[i]`
    is how far answer i agrees with the merge of the *other* answers that decide; None for all where nothing
    is decided or the decision rests on one answer alone, which grades nobody. `supports` are the indices of
    the answers the decision rests on. `why` is one sentence for a reviewer. `parts` are those of what was merged,
    decided or not, the most doubtful first, where a method knows parts.
    """

    decided: bool
    answer: Answer | None
    confidence: float
    agreements: list[float | None]
    supports: list[int]
    why: str
    parts: Sequence[Part] = ()


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
