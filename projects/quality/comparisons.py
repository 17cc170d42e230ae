"""Answers beside what was decided, where that wasn't reckoned by the method itself."""

from collections.abc import Sequence

from projects.inference import deadline
from projects.inference.deadline import TooLong
from projects.quality.aggregation import agreement_in
from projects.quality.effects import Compared
from projects.quality.votes import RETIRED, TAMPERED, Case, Vote

LONGEST_LOOK = 10.0  # seconds of comparing with what a reviewer decided


def beside(case: Case, votes: Sequence[Vote], answer: dict) -> list[Compared]:
    """Each beside an answer that isn't theirs; nobody's to say is what has become of one by no fault of its tasker's,
    and all of it where comparing takes too long."""
    agree = agreement_in(case.terms)
    try:
        with deadline.within(LONGEST_LOOK):
            return [
                Compared(one, None if one.why in {TAMPERED, RETIRED} else agree(one.answer, answer)) for one in votes
            ]
    except TooLong:
        return uncompared(votes)


def uncompared(votes: Sequence[Vote]) -> list[Compared]:
    """Each without a word on how far it agrees."""
    return [Compared(one, None) for one in votes]
