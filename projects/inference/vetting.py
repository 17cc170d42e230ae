"""Who answers blindly, and who answers against the truth.

A tasker's worth is informedness (Youden 1950, Powers 2011): the chance of saying a class where it is
true less the chance of saying it where it is not, averaged over the classes; 1 for always right, 0 for
blind (whatever the favourite answer), below 0 for the contrary. Its uncertainty comes from the posterior
of the tasker's parameters, so that few labels flag nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.classification import Estimate
from projects.inference.dawid_skene import Fit, Member

Floats = NDArray[np.float64]
Finding = Literal["fine", "unsure", "blind", "against"]

# Less than this share of the crowd's median worth is called blind, at this assurance.
BLIND_SHARE = 0.25
ASSURANCE = 0.95


@dataclass(frozen=True)
class Worth:
    """`mean` and `deviation` of a tasker's informedness, and what to make of it: "against" and "blind"
    are said with `ASSURANCE`; "unsure" where a low worth is likely but not proven, or where the crowd doesn't tell
    who is contrary to whom."""

    mean: float
    deviation: float
    finding: Finding


def vet(estimate: Estimate) -> list[Worth]:
    """The worth of every tasker, by the member of the pool that knows likings for answers."""
    told = [
        (fit, member.bias)
        for fit, member in zip(estimate.fits, estimate.members, strict=True)
        if isinstance(fit, Fit) and isinstance(member, Member)
    ]
    if not told:
        raise ValueError("no member of the pool knows abilities")
    chosen = next((fit for fit, bias in told if bias), told[0][0])
    mean, deviation = informedness(chosen)
    bar = BLIND_SHARE * float(np.median(mean)) if mean.size else 0.0
    findings = [_finding(float(m), float(d), bar) for m, d in zip(mean, deviation, strict=True)]
    if not estimate.identified:
        findings = ["unsure" if one == "against" else one for one in findings]
    return [Worth(float(m), float(d), one) for m, d, one in zip(mean, deviation, findings, strict=True)]


def informedness(fit: Fit) -> tuple[Floats, Floats]:
    """Mean and standard deviation per tasker, the latter by the delta method from the parameters' spread."""
    base = _worth(fit, fit.parameters)
    slopes = np.zeros_like(fit.parameters)
    step = 1e-4
    for d in range(fit.parameters.shape[1]):
        moved = fit.parameters.copy()
        moved[:, d] += step
        slopes[:, d] = (_worth(fit, moved) - base) / step
    variance = np.einsum("wd,wde,we->w", slopes, fit.spread, slopes)
    return base, np.sqrt(np.maximum(variance, 0))


def _worth(fit: Fit, parameters: Floats) -> Floats:
    classes = fit.confusions.shape[0]
    logits = np.repeat(fit.confusions[None], len(parameters), axis=0)
    right = np.arange(classes)
    logits[:, right, right] = (fit.ability + parameters[:, 0])[:, None]
    if parameters.shape[1] > 1:
        logits = logits + parameters[:, None, 1:]
    chance = np.exp(logits - logits.max(2, keepdims=True))
    chance /= chance.sum(2, keepdims=True)
    hit = chance[:, right, right]
    if classes < 2:
        return np.ones(len(parameters))
    false = (chance.sum(1) - hit) / (classes - 1)
    return (hit - false).mean(1)


def _finding(mean: float, deviation: float, bar: float) -> Finding:
    if mean > bar:
        return "fine"
    reach = scipy.special.ndtri(ASSURANCE) * deviation
    if mean + reach < 0:
        return "against"
    return "blind" if mean + reach < bar else "unsure"
