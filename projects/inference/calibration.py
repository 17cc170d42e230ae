"""Confidence that means what it says, from a few tasks whose answer is known.

A method's own confidence c is over-confident where people's errors go together. The chance that the
answer is right is modelled as logistic(α + exp(γ) logit c), a Bayesian logistic regression (Platt 1999;
normal priors and Laplace's approximation, MacKay 1992) that can't turn the order of confidences round,
so that ten known answers move it a little and a hundred a lot, and so that it knows how sure it is of
itself. Only answers known independently of the method count: gold, audits, blind work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from projects.inference import arguments

Floats = NDArray[np.float64]

# Before any known answer: unbiased on the whole, and over-confident by about a quarter of the logit,
# give or take. Round numbers on purpose, see docs/truth.md.
PRIOR_MEAN = (0.0, float(np.log(0.75)))
PRIOR_DEVIATION = (0.5, 0.5)
# A confidence beyond this logit (0.9975) carries no more evidence: models are never surer than that.
LARGEST_LOGIT = 6.0


@dataclass(frozen=True)
class Calibration:
    """What `known` answers taught: mean (α, γ) and their covariance."""

    mean: tuple[float, float] = PRIOR_MEAN
    covariance: tuple[tuple[float, float], tuple[float, float]] = (
        (PRIOR_DEVIATION[0] ** 2, 0.0),
        (0.0, PRIOR_DEVIATION[1] ** 2),
    )
    known: int = 0

    def __call__(self, confidence: ArrayLike, floor: float = 0.0) -> Floats:
        """Calibrated confidence, growing with the method's own; never below `floor` (1 / classes, for the
        most probable class)."""
        return np.maximum(scipy.special.expit(self._logit(confidence)[0]), floor)

    def bounds(self, confidence: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
        """The central interval that holds the true chance of being right with probability `level`, as
        far as the two-parameter form holds."""
        middle, deviation = self._logit(confidence)
        reach = scipy.special.ndtri((1 + level) / 2) * deviation
        return scipy.special.expit(middle - reach), scipy.special.expit(middle + reach)

    def at_least(self, confidence: ArrayLike, assurance: float = 0.95) -> Floats:
        """The chance of being right that is reached with probability `assurance` (a one-sided bound):
        what an auto-accept must compare with its target."""
        middle, deviation = self._logit(confidence)
        return scipy.special.expit(middle - scipy.special.ndtri(assurance) * deviation)

    def _logit(self, confidence: ArrayLike) -> tuple[Floats, Floats]:
        x = np.exp(self.mean[1]) * _logits(confidence)
        (aa, ab), (_, bb) = self.covariance
        variance = aa + 2 * x * ab + x**2 * bb
        return self.mean[0] + x, np.sqrt(np.maximum(variance, 0))


def calibrate(confidence: Sequence[float] | Floats, right: Sequence[bool] | NDArray[np.bool_]) -> Calibration:
    """Learn from known answers: the method's confidence on each, and whether its answer was right.

    BadArgument if the two differ in length, a confidence is outside [0, 1] or something is neither right nor wrong. The
    order is nothing.
    """
    values = arguments.chances("confidence", confidence)
    hits = arguments.chances("right", np.asarray(right, dtype=float), values.size)
    order = np.lexsort((hits, values))
    x, hits = _logits(values[order]), hits[order]
    start, precision = np.array(PRIOR_MEAN), np.diag(1 / np.array(PRIOR_DEVIATION) ** 2)
    mean, curve = start.copy(), precision
    for _ in range(100):
        # Gauss-Newton: the expected curvature is positive whatever the data.
        design = np.column_stack([np.ones(x.size), np.exp(mean[1]) * x])
        chance = scipy.special.expit(mean[0] + design[:, 1])
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + precision
        move = np.linalg.solve(curve, design.T @ (hits - chance) - precision @ (mean - start))
        mean = mean + np.clip(move, -0.5, 0.5)
        if np.abs(move).max() < 1e-9:
            break
    cover = np.linalg.inv(curve)
    rows = ((float(cover[0, 0]), float(cover[0, 1])), (float(cover[1, 0]), float(cover[1, 1])))
    return Calibration((float(mean[0]), float(mean[1])), rows, values.size)


def calibrated_posterior(posterior: Floats, calibration: Calibration) -> Floats:
    """A posterior (tasks, classes) whose highest entry is calibrated and whose rest keeps its ratios."""
    tasks, classes = posterior.shape
    if classes < 2:
        return posterior
    top = posterior.argmax(1)
    rows = np.arange(tasks)
    best = calibration(posterior[rows, top], 1 / classes)
    rest = posterior.copy()
    rest[rows, top] = 0
    left = rest.sum(1, keepdims=True)
    rest = np.where(left > 0, rest / np.where(left > 0, left, 1), 1 / (classes - 1))
    out = rest * (1 - best)[:, None]
    out[rows, top] = best
    return out


def calibration_error(confidence: Floats, right: NDArray[Any] | Floats, bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017): |mean confidence - accuracy| in equally wide bins,
    weighted by the bins' sizes."""
    at = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    size = np.bincount(at, minlength=bins)
    gap = np.bincount(at, weights=np.asarray(confidence) - np.asarray(right, dtype=float), minlength=bins)
    return float(np.abs(gap).sum() / max(size.sum(), 1))


def _logits(confidence: ArrayLike) -> Floats:
    values = np.clip(np.asarray(confidence, dtype=float), 1e-9, 1 - 1e-9)
    return np.clip(np.log(values / (1 - values)), -LARGEST_LOGIT, LARGEST_LOGIT)
