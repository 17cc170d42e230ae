"""More for each task to whoever is shown to be good: so many percent of the rate, where the lower end of the interval
of their accuracy in the project is at a mark or above.

By what they are told of their standing themselves, as of the same moment: so the rate gives away nothing of a grade.
What is promised when the work is taken is paid; whoever is not known well is promised the rate.
"""

from typing import Protocol

from taskers.standing.grades import Estimate


class Rates(Protocol):
    """What of a project's terms is needed here."""

    @property
    def rate(self) -> int: ...
    @property
    def raise_percent(self) -> int: ...
    @property
    def raise_from(self) -> float: ...


def rate_for(terms: Rates, known: Estimate | None) -> int:
    """The rate for somebody of whom this is known, None being nothing: millionths, rounded down."""
    return highest(terms) if known is not None and known.low >= terms.raise_from else terms.rate


def highest(terms: Rates) -> int:
    """The most that anybody is promised for a task, millionths."""
    return terms.rate + terms.rate * terms.raise_percent // 100


def part_of(terms: Rates, promised: int) -> int:
    """How much of a rate that was promised under these terms is the rise."""
    return max(0, promised - terms.rate) if terms.raise_percent else 0
