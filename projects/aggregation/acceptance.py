"""May a model's answer stand alone? And does it still deserve to?

A model is a tasker. Its answer may decide alone where its calibrated confidence, learnt from blind work
only, reaches the project's target accuracy with a stated assurance. A random share of what it decides
always goes to people. Audits are summed up in a Beta posterior of the error rate; when that says the
target is likely missed, auto-accept is off, with the reason in words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from projects.aggregation.calibration import Calibration

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
    """Judge one answer of a model. `target` is the least accuracy wanted, as 0.97."""
    if calibration.known < FEWEST_KNOWN:
        return Ruling(False, f"Only {calibration.known} blind answers are known; {FEWEST_KNOWN} are needed.")
    sure = float(calibration.at_least(confidence, assurance))
    if sure < target:
        return Ruling(False, f"It is right at least {sure:.1%} of the time; {target:.1%} is wanted.")
    return Ruling(True, f"It is right at least {sure:.1%} of the time, with {assurance:.0%} assurance.")


def still_deserves(audited: int, wrong: int, target: float, assurance: float = 0.95) -> Ruling:
    """Judge the model by its audits. It is switched off when the accuracy is below the target with the
    given assurance. ValueError for more wrong than audited."""
    if not 0 <= wrong <= audited:
        raise ValueError("there can't be more wrong audits than audits")
    missed = float(beta.sf(1 - target, wrong + PRIOR_ERRORS, audited - wrong + PRIOR_HITS))
    said = f"{wrong} of {audited} audited answers were wrong"
    if missed >= assurance:
        return Ruling(False, f"Switched off: {said}; accuracy below {target:.1%} is {missed:.0%} likely.")
    return Ruling(True, f"{said[0].upper()}{said[1:]}; accuracy below {target:.1%} is {missed:.0%} likely.")


def to_audit(share: float, random: np.random.Generator) -> bool:
    """Whether this accepted answer goes to people as well; `share` in (0, 1]. ValueError for a share of
    zero: without audits nobody would notice."""
    if not 0 < share <= 1:
        raise ValueError("the audit share must be above 0 and at most 1")
    return bool(random.random() < share)
