"""May a model's answer stand alone?

A model is a tasker. Its answer may decide alone where its calibrated confidence, learnt from blind work
only, reaches the project's target accuracy with a stated assurance. A random share of what it would decide
always goes to people; whether it still deserves to decide is watched over in sequential_test.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import scipy

from projects.inference import arguments
from projects.inference.calibration import Calibration

# With fewer known answers than this nothing is accepted alone, however sure the model is.
FEWEST_KNOWN = 30
# The error rate before any audit: as if half an error in one audit had been seen (Jeffreys 1946).
PRIOR_ERRORS, PRIOR_HITS = 0.5, 0.5


@dataclass(frozen=True)
class Ruling:
    """Whether the answer may decide alone, and the sentence that says why."""

    accept: bool
    why: str


def may_decide(confidence: float, calibration: Calibration, target: float, assurance: float = 0.95) -> Ruling:
    """Judge one answer of a model. `target` is the least accuracy wanted, as 0.97. BadArgument for one of the three
    outside [0, 1]."""
    for name, value in (("confidence", confidence), ("target", target), ("assurance", assurance)):
        arguments.chance(name, value)
    if calibration.known < FEWEST_KNOWN:
        return Ruling(False, f"Only {calibration.known} blind answers are known; {FEWEST_KNOWN} are needed.")
    sure = float(calibration.at_least(confidence, assurance))
    if sure < target:
        return Ruling(False, f"It is right at least {sure:.1%} of the time; {target:.1%} is wanted.")
    return Ruling(True, f"It is right at least {sure:.1%} of the time, with {assurance:.0%} assurance.")


def error_rate(audited: int, wrong: int, level: float = 0.9) -> tuple[float, float, float]:
    """What is known of the error rate after so many audits: mean of its posterior, and its interval of this level.

    BadArgument for more wrong than audited.
    """
    if not 0 <= wrong <= audited:
        raise arguments.BadArgument("wrong", "there can't be more wrong audits than audits")
    errors, hits = wrong + PRIOR_ERRORS, audited - wrong + PRIOR_HITS
    low, high = scipy.special.betaincinv(errors, hits, [(1 - level) / 2, (1 + level) / 2])
    return errors / (errors + hits), float(low), float(high)
