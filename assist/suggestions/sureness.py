"""How sure a find is: by what verdicts say of the model's own word, once they say enough; else by that word. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assist.suggestions.score_bands import Band, Thresholds
from projects.inference.calibration import Calibration

UNSAID = 0.5  # the word of a model that says none: it leaves all to the verdicts


@dataclass(frozen=True)
class Measured:
    """How far a model's scores may be believed: under a label of which enough is known by itself, by that, and under
    the others by all that the model finds."""

    of_all: Calibration
    of_labels: Mapping[str, Calibration] = field(default_factory=dict)
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)  # of labels whose bands are known


def of(own: float | None, measured: Measured | None, label: str) -> float | None:
    """`own`: the model's score of what it finds under this label of the project, None where it gives none; `measured`:
    None where too little is decided. None: nobody knows."""
    if measured is None:
        return own
    calibration = measured.of_labels.get(label, measured.of_all)
    return round(float(calibration(UNSAID if own is None else own)), 4)


def band_of(score: float | None, measured: Measured | None, label: str) -> Band | None:
    """The band of a suggestion that is so sure (`of`); None where verdicts don't tell yet."""
    thresholds = measured.thresholds.get(label) if measured is not None else None
    return thresholds.band(score) if thresholds is not None and score is not None else None


def suffices(
    measured: Measured | None, minimums: Mapping[str, float], least: float, label: str, own: float | None
) -> bool:
    """Whether it is as sure as is asked for: `minimums` of single labels, before `least`. What nobody knows is."""
    sure = of(own, measured, label)
    return sure is None or sure >= minimums.get(label, least)


def known_from(least: float, score: float | None) -> bool:
    """Whether a class is as sure as is asked for: where anything is, what nobody knows is not."""
    return least <= 0 or (score is not None and score >= least)
