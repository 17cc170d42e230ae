"""How sure a find is: by what verdicts say of the model's own word, once they say enough; else by that word. Pure."""

from projects.inference.calibration import Calibration

UNSAID = 0.5  # the word of a model that says none: it leaves all to the verdicts


def of(own: float | None, measured: Calibration | None) -> float | None:
    """`own`: the model's score, None where it gives none; `measured`: None where too little is decided. None: nobody
    knows."""
    if measured is None:
        return own
    return round(float(measured(UNSAID if own is None else own)), 4)
