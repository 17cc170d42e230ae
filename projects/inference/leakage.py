"""Whether a known answer is known outside, or wrong itself: two tests whose false alarms are bounded. Pure.

Each is asked at most len(LOOKS) times in the life of a known answer, when so many uses have been scored, at a level of
ALPHA / len(LOOKS): by Bonferroni at most ALPHA of the sound ones are ever called leaked, and at most ALPHA doubtful.

*Leaked*: a use counts as telling when it was right and took less than FAST of the person's usual time. While nothing
leaks, the order of uses says nothing: however easy the item and whoever comes, each order is as likely as any other.
So the greatest jump over all points in time is compared with the jumps of shuffled orders (a permutation test; exact).

*Doubtful*: if the known answer is right, people give it at least as often as any one other answer. The commonest other
answer is set against it by a sign test, times the number of other answers, since the commonest one was picked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

ALPHA = 0.01
LOOKS = (12, 24, 48, 96, 192, 384)
LEVEL = ALPHA / len(LOOKS)
SHUFFLES = 4_999
FAST = 0.6  # of the usual time
RIGHT = 0.9  # of the score
NEARLY_ALL = 0.8  # of the uses since the jump are telling; what jumps to less isn't known by heart
LEAST = 5  # uses on either side of the jump, and answers alike


@dataclass(frozen=True)
class Use:
    """One scored use, in the order of handing in. Times in any unit; a time of 0 or None wasn't measured."""

    score: float  # in [0, 1]
    time: float
    usual_time: float | None


@dataclass(frozen=True)
class Jump:
    """From which use on nearly all are telling, how many of how many before and since, and how odd that is."""

    at: int
    before: int
    since: int
    number: int
    p: float


def due(scored: int, looks: int) -> bool:
    """Whether it is time to look again after so many scored uses and so many looks."""
    return looks < len(LOOKS) and scored >= LOOKS[looks]


def telling(use: Use) -> bool:
    """Right, and much faster than this person usually is."""
    if not use.usual_time or use.time <= 0:
        return False
    return use.score >= RIGHT and use.time < FAST * use.usual_time


def leak(uses: Sequence[Use], dice: np.random.Generator, *, level: float = LEVEL) -> Jump | None:
    """The jump of a known answer that leaked, or None."""
    told = np.array([telling(use) for use in uses], dtype=np.float64)
    if len(told) < 2 * LEAST or not 0 < told.sum() < len(told):
        return None
    jumps = _jumps(told[None, :])[0]
    at = int(jumps.argmax()) + LEAST
    since, before = int(told[at:].sum()), int(told[:at].sum())
    if since < NEARLY_ALL * (len(told) - at):
        return None
    shuffled = dice.permuted(np.tile(told, (SHUFFLES, 1)), axis=1)
    as_great = int((_jumps(shuffled).max(axis=1) >= jumps.max() - 1e-12).sum())
    p = (1 + as_great) / (1 + SHUFFLES)
    return Jump(at, before, since, len(told), p) if p <= level else None


def doubt(known: int, others: Sequence[int], *, level: float = LEVEL) -> float | None:
    """How odd it is that the commonest of the other answers (`others`: how many gave each) beats the known one.

    `known` is how many gave the known answer. None while that isn't odd enough to doubt it.
    """
    commonest = max(others, default=0)
    if commonest < LEAST:
        return None
    p = min(1.0, len(others) * float(scipy.special.bdtrc(commonest - 1, known + commonest, 0.5)))
    return p if p <= level else None


def _jumps(told: np.ndarray) -> np.ndarray:
    """(orders, uses) -> (orders, points): how far the mean rises at each point, in units of its own scatter."""
    number = told.shape[1]
    points = np.arange(LEAST, number - LEAST + 1)
    sums = told.cumsum(axis=1)
    before = sums[:, points - 1]
    since = sums[:, -1:] - before
    return (since / (number - points) - before / points) * np.sqrt(points * (number - points) / number)
