"""How a project's models fare, for people and programs: reads only, over the newest answers of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Q

from projects.annotators import second_person
from projects.annotators.answers import calibration_of, cap_of
from projects.annotators.lifecycle import of_project
from projects.inference.acceptance import FEWEST_KNOWN, error_rate, may_decide
from projects.models import DecidingRequest, ModelAnnotator, ModelAnnotatorChange, ModelAnswer, Project
from taskers.standing.grades import Estimate

NEWEST = 10_000  # answers of each model that are counted
MOVES = 10
CONFIDENCES = np.concatenate([np.arange(0.5, 0.99, 0.01), np.arange(0.99, 1.0, 0.001)])
KNOWN = Q(accepted=True, outcome=ModelAnswer.Outcome.KNOWN)


@dataclass(frozen=True)
class Line:
    """One model's state. Counts are of its newest answers; `error` is of those sure enough to decide alone."""

    annotator: ModelAnnotator
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
    moves: Sequence[ModelAnnotatorChange]
    from_elsewhere: bool  # it answers by a token, and nobody here can evaluate it
    asked: DecidingRequest | None  # that it decides alone: what waits for a second person, or the word that stands

    @property
    def share(self) -> float | None:
        """Of its answers, how many decided alone."""
        return self.alone / self.answers if self.answers else None

    @property
    def halted(self) -> bool:
        """Whether it decides nothing more until an audit comes back."""
        return self.annotator.mode == ModelAnnotator.Mode.DECIDE and self.annotator.alone >= cap_of(self.annotator)

    @property
    def state(self) -> str:
        """In one word: off, stopped (by itself), watch, count, learning, halted or decide."""
        if self.annotator.mode == ModelAnnotator.Mode.OFF:
            return "stopped" if self.annotator.stopped_at else "off"
        if self.annotator.mode != ModelAnnotator.Mode.DECIDE:
            return self.annotator.mode
        return "halted" if self.halted else "learning" if self.needs is None else "decide"


def of(project: Project) -> list[Line]:
    """Every model at work in a project."""
    return [line(annotator) for annotator in of_project(project)]


def line(annotator: ModelAnnotator) -> Line:
    """One model's."""
    newest = ModelAnswer.objects.filter(annotator=annotator).order_by("-pk").values("pk")[:NEWEST]
    audit = Q(drawn=True, accepted=True, mode=ModelAnnotator.Mode.DECIDE)
    found = ModelAnswer.objects.filter(pk__in=newest).aggregate(
        answers=Count("pk"),
        sure=Count("pk", filter=Q(accepted=True)),
        alone=Count("pk", filter=Q(outcome=ModelAnswer.Outcome.ALONE)),
        audits=Count("pk", filter=audit & KNOWN),
        waiting=Count("pk", filter=audit & Q(outcome=ModelAnswer.Outcome.WAITING)),
        compared=Count("pk", filter=KNOWN),
        wrong=Count("pk", filter=KNOWN & Q(right=False)),
    )
    found["accepted"] = found.pop("sure")
    error = None
    if found["compared"]:
        error = Estimate(*error_rate(found["compared"], found["wrong"]), found["compared"])
    moves = ModelAnnotatorChange.objects.filter(annotator=annotator).select_related("by").order_by("-pk")[:MOVES]
    lacking = max(0, FEWEST_KNOWN - annotator.known)
    outside = second_person.from_elsewhere(annotator)
    asked = (second_person.waiting(annotator) or second_person.said(annotator)) if outside else None
    known: dict[str, Any] = {"error": error, "needs": needs(annotator), "lacking": lacking, "moves": list(moves)}
    return Line(annotator, **found, **known, from_elsewhere=outside, asked=asked)


def needs(annotator: ModelAnnotator) -> float | None:
    """The least confidence with which the model would decide alone, to a thousandth where it is close to one."""
    known, target = calibration_of(annotator), 1 - annotator.target_error
    for confidence in CONFIDENCES:
        if may_decide(float(confidence), known, target, annotator.assurance).accept:
            return round(float(confidence), 3)
    return None
