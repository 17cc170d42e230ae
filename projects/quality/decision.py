"""What is held right of a task, before it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

from projects.models import Annotation, AnswerTimes
from projects.quality.aggregation import Weighed
from projects.quality.effects import Compared
from projects.quality.votes import Vote
from taskers.models import Person


@dataclass(frozen=True)
class Decision:
    """What is held right of a task, by whose word, and how each answer compares with it."""

    answer: dict
    confidence: float
    method: str
    rests_on: Sequence[int]  # the keys of the annotations that say so
    answers: Sequence[Compared]  # all that were handed in and count
    graded: Sequence[Compared] = ()  # the same as they are graded, where that differs
    supports: Sequence[Vote] = ()  # those that decided; none where a reviewer, or a model alone, did
    weighed: Weighed | None = None  # how the method came to it
    decided_by: Person | None = None
    note: str = ""
    review: Annotation | None = None  # the reviewer's own work, which may be paid
    times: AnswerTimes = AnswerTimes()  # of an imported one
