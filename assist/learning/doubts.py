"""How likely each verdict is right, by a model that hadn't seen it and by the standing of who gave it. Pure numpy and
scikit-learn.

Each fold's shares come from a linear head that learnt from the other folds. A class's share is read against the mean
share among those verdicts that say this class (Northcutt, Jiang and Chuang, "Confident Learning", 2021), so that a
class that is always told with little confidence isn't doubted for that. Then two witnesses are weighed: the model, for
the verdict or for the class that it says instead, and the people, by the confidence that their standing gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

FOLDS = 5
TAUGHT = 20_000  # rows at most that one fold learns from
STEPS = 200  # of fitting a head
STRENGTH = 1.0
SUREST = 0.98  # what people's confidence counts for at most: they err as well
PARTS = (0.125, 0.25, 0.5, 1.0)  # of what may be learnt from, for the curve


@dataclass(frozen=True)
class Doubt:
    """For each row the chance that its class is right, and the class that speaks most against it."""

    right: np.ndarray
    instead: np.ndarray


def shares(vectors: np.ndarray, given: np.ndarray, folds: np.ndarray, classes: int, seed: int = 0) -> np.ndarray:
    """For each row a share for each class, by a head that never saw the row's fold. `given`, `folds`: whole numbers."""
    found = np.full((len(given), classes), 1.0 / classes)
    for fold in np.unique(folds):
        own = folds == fold
        head = _head(vectors, given, np.flatnonzero(~own), seed)
        if head is not None:
            told = np.zeros((int(own.sum()), classes))
            told[:, head.classes_] = head.predict_proba(vectors[own])
            found[own] = told
    return found


def doubt(told: np.ndarray, given: np.ndarray, confidence: np.ndarray) -> Doubt:
    """`told`: shares by row and class; `confidence`: of each row's verdict, in [0, 1]."""
    rows = np.arange(len(given))
    usual = np.array([_mean(told[given == one, one]) for one in range(told.shape[1])])
    against = told / np.maximum(usual, 1e-6)
    own = against[rows, given]
    against[rows, given] = -1.0
    instead = against.argmax(1)
    other = against[rows, instead]
    people = np.clip(confidence, 1 - SUREST, SUREST)
    right = own * people / np.maximum(own * people + other * (1 - people), 1e-12)
    return Doubt(right, instead)


def folds_of(groups: Sequence[str], seed: int = 0) -> np.ndarray:
    """A fold for each row; rows of one group lie in one."""
    names = sorted(set(groups))
    drawn = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    place = dict(zip(names, drawn.tolist(), strict=True))
    return np.array([place[one] for one in groups], dtype=int)


def curve(vectors: np.ndarray, given: np.ndarray, folds: np.ndarray, seed: int = 0) -> list[tuple[int, float]]:
    """How often a head is right on one fold, having learnt from more and more of the others."""
    held_out = folds == 0
    rest = np.random.default_rng(seed).permutation(np.flatnonzero(~held_out))
    found = []
    for part in PARTS:
        some = rest[: max(1, int(len(rest) * part))]
        head = _head(vectors, given, some, seed)
        if head is not None and held_out.any():
            found.append((len(some), float((head.predict(vectors[held_out]) == given[held_out]).mean())))
    return found


def gain(points: Sequence[tuple[int, float]]) -> float | None:
    """What twice as many verdicts are likely to bring: errors fall as a power of what is learnt from (Hestness and
    others, 2017). None where the curve tells nothing."""
    some = [(number, 1 - right) for number, right in points if right < 1]
    if len(some) < 3:
        return None
    slope = float(np.polyfit(np.log([one for one, _ in some]), np.log([error for _, error in some]), 1)[0])
    return max(0.0, some[-1][1] * (1 - 2 ** min(0.0, slope)))


def _head(vectors: np.ndarray, given: np.ndarray, rows: np.ndarray, seed: int) -> "LogisticRegression | None":
    """A head that learnt from these rows; None where they are of one class."""
    from sklearn.linear_model import LogisticRegression  # pages read a curve without it

    if len(rows) > TAUGHT:
        rows = np.random.default_rng(seed).choice(rows, TAUGHT, replace=False)
    if len(np.unique(given[rows])) < 2:
        return None
    return LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=1e-3).fit(vectors[rows], given[rows])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 1.0
