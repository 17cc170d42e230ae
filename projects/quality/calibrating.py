"""How far a project's method is to be believed, learnt from known answers. The only writer of MethodCalibration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import scipy

from projects.configuration.terms import Terms
from projects.inference.calibration import Calibration, calibrate
from projects.models import MethodCalibration
from projects.quality.dataset import Judged

SAID = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)  # what a page speaks of
LEVEL = 0.9


@dataclass(frozen=True)
class Line:
    """When we say `said`, it is right between `low` and `high` of the time, with probability LEVEL."""

    said: float
    low: float
    high: float


def renew(terms: Terms, method: str, judged: Sequence[Judged], *, contradictory: int = 0) -> MethodCalibration:
    """Store what known answers teach of this method, by its own word on them; those that contradict each other teach
    nothing."""
    learnt = calibrate([one.confidence for one in judged], [one.right for one in judged])
    return MethodCalibration.objects.create(
        project=terms.project,
        method=method,
        mean=list(learnt.mean),
        covariance=[list(row) for row in learnt.covariance],
        known=learnt.known,
        right=sum(one.right for one in judged),
        sources=dict(Counter(one.source for one in judged)) | {"contradictory": contradictory},
    )


def latest(terms: Terms) -> MethodCalibration | None:
    """The newest for the method in force; None before any estimate."""
    rows = MethodCalibration.objects.filter(project=terms.project, method=terms.settings.aggregation)
    return rows.order_by("-pk").first()


def lines(calibration: Calibration) -> list[Line]:
    """What saying each of SAID is worth: bounds on the true share, from the calibration's own doubt.

    What the method is never so sure as to say is left out.
    """
    found = []
    for said in SAID:
        if said > float(calibration(1.0)):
            break
        raw = float(scipy.special.expit((scipy.special.logit(said) - calibration.mean[0]) / exp(calibration.mean[1])))
        low, high = calibration.bounds(raw, LEVEL)
        found.append(Line(said, float(low), float(high)))
    return found
