"""From which score on suggestions of a label have been right so often that they may be called so. Pure.

The evidence is finds in texts that people decided without any help. All finds of a label are tried, the surer half, the
surest quarter and eighth: the largest part in which the rate that a band states is reached with 95 % assurance gives
the band's threshold (Wilson's bound, the error divided among the four by Bonferroni). Finds in one text go together, so
the bound counts texts, not finds. A label with too few texts has no bands: nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

Band = Literal["high", "medium", "low"]

HIGH_RATE = 0.9  # of suggestions in the band that are decided just so, at least
MEDIUM_RATE = 0.7
MIN_TEXTS = 20  # different ones in which a label was found, before it has bands
PARTS = (1, 2, 4, 8)  # all of a label's finds, the surer half, ...
ASSURANCE = 0.95
DEVIATIONS = NormalDist().inv_cdf(1 - (1 - ASSURANCE) / len(PARTS))


class Finding(NamedTuple):
    """A find of a label: the score that people would be shown, whether it was decided just so, and its text."""

    score: float
    right: bool
    text: str


@dataclass(frozen=True)
class Thresholds:
    """The least scores of the bands of a label; None: no score is known to be enough."""

    high: float | None
    medium: float | None

    def band(self, score: float) -> Band:
        """The band of a suggestion with this score."""
        if self.high is not None and score >= self.high:
            return "high"
        return "medium" if self.medium is not None and score >= self.medium else "low"


def thresholds(findings: Sequence[Finding]) -> Thresholds | None:
    """Those of a label, by all that was found of it; None where that is too little to tell."""
    if _texts(findings) < MIN_TEXTS:
        return None
    return Thresholds(_least_score(findings, HIGH_RATE), _least_score(findings, MEDIUM_RATE))


def lower_bound(rate: float, number: int) -> float:
    """Wilson's lower bound of a rate that was seen in so many cases."""
    if not number:
        return 0.0
    square = DEVIATIONS**2
    middle = rate + square / (2 * number)
    reach = DEVIATIONS * sqrt(rate * (1 - rate) / number + square / (4 * number**2))
    return (middle - reach) / (1 + square / number)


def _least_score(findings: Sequence[Finding], rate: float) -> float | None:
    scores = sorted((finding.score for finding in findings), reverse=True)
    for part in PARTS:
        least = scores[ceil(len(scores) / part) - 1]
        surest = [finding for finding in findings if finding.score >= least]
        right = sum(finding.right for finding in surest) / len(surest)
        if lower_bound(right, _texts(surest)) >= rate:
            return least
    return None


def _texts(findings: Sequence[Finding]) -> int:
    return len({finding.text for finding in findings})
