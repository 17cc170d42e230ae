"""Shares with the interval that their evidence allows. Pure."""

from typing import NamedTuple

import scipy

MILLION = 1_000_000
CONFIDENT = (0.025, 0.975)  # 95 %


class Share(NamedTuple):
    """A share in [0, 1] with its 95 % interval; None where nothing tells."""

    value: float | None
    low: float | None
    high: float | None
    number: int


def share(total: int, number: int, evidence: int) -> Share:
    """A mean of values in [0, 1], given as their sum in millionths, with the interval that so many of them allow."""
    if not number:
        return Share(None, None, None, 0)
    value = min(1.0, total / MILLION / number)
    good = value * evidence
    low, high = scipy.special.betaincinv(good + 0.5, evidence - good + 0.5, CONFIDENT)
    return Share(value, min(value, float(low)), max(value, float(high)), number)
