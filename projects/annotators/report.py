"""How a project's models fare, for people and programs: reads only, over the newest answers of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Q

from projects.annotators.answers import calibration_of, cap_of
from projects.annotators.lifecycle import of_project
from projects.inference.acceptance import FEWEST_KNOWN, error_rate, may_decide
from projects.models import ModelAnswer, Project, Seat, SeatMove
from taskers.standing.grades import Estimate

NEWEST = 10_000  # answers of each model that are counted
MOVES = 10
CONFIDENCES = np.concatenate([np.arange(0.5, 0.99, 0.01), np.arange(0.99, 1.0, 0.001)])
KNOWN = Q(accepted=True, fate=ModelAnswer.Fate.KNOWN)


@dataclass(frozen=True)
class Line:
    """One model's state. Counts are of its newest answers; `error` is of those sure enough to decide alone."""

    seat: Seat
    answers: int
    accepted: int
    alone: int
    audits: int  # that came back
    waiting: int
    wrong: int  # of `compared`
    compared: int
    error: Estimate | None  # None while none was compared
    needs: float | None  # the confidence from which it is sure enough; None while nothing is
    lacking: int  # blind answers until anything may be accepted
    moves: Sequence[SeatMove]

    @property
    def share(self) -> float | None:
        """Of its answers, how many decided alone."""
        return self.alone / self.answers if self.answers else None

    @property
    def halted(self) -> bool:
        """Whether it decides nothing more until an audit comes back."""
        return self.seat.mode == Seat.Mode.DECIDE and self.seat.alone >= cap_of(self.seat)

    @property
    def state(self) -> str:
        """In one word: off, stopped (by itself), watch, count, learning, halted or decide."""
        if self.seat.mode == Seat.Mode.OFF:
            return "stopped" if self.seat.stopped_at else "off"
        if self.seat.mode != Seat.Mode.DECIDE:
            return self.seat.mode
        return "halted" if self.halted else "learning" if self.needs is None else "decide"


def of(project: Project) -> list[Line]:
    """Every model at work in a project."""
    return [line(seat) for seat in of_project(project)]


def line(seat: Seat) -> Line:
    """One model's."""
    newest = ModelAnswer.objects.filter(seat=seat).order_by("-pk").values("pk")[:NEWEST]
    audit = Q(drawn=True, accepted=True, mode=Seat.Mode.DECIDE)
    found = ModelAnswer.objects.filter(pk__in=newest).aggregate(
        answers=Count("pk"),
        sure=Count("pk", filter=Q(accepted=True)),
        alone=Count("pk", filter=Q(fate=ModelAnswer.Fate.ALONE)),
        audits=Count("pk", filter=audit & KNOWN),
        waiting=Count("pk", filter=audit & Q(fate=ModelAnswer.Fate.WAITING)),
        compared=Count("pk", filter=KNOWN),
        wrong=Count("pk", filter=KNOWN & Q(right=False)),
    )
    found["accepted"] = found.pop("sure")
    error = None
    if found["compared"]:
        error = Estimate(*error_rate(found["compared"], found["wrong"]), found["compared"])
    moves = SeatMove.objects.filter(seat=seat).select_related("by").order_by("-pk")[:MOVES]
    lacking = max(0, FEWEST_KNOWN - seat.known)
    return Line(seat, **found, error=error, needs=needs(seat), lacking=lacking, moves=list(moves))


def needs(seat: Seat) -> float | None:
    """The least confidence with which the model would decide alone, to a thousandth where it is close to one."""
    known, target = calibration_of(seat), 1 - seat.target_error
    for confidence in CONFIDENCES:
        if may_decide(float(confidence), known, target, seat.assurance).accept:
            return round(float(confidence), 3)
    return None
