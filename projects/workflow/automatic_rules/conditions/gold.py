"""Answers to gold that are wrong."""

from collections.abc import Sequence
from statistics import fmean

from django.utils.translation import gettext_lazy as _

from projects.models.limits import SHARE
from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece, newest


def measure(pieces: Sequence[Piece], window: int) -> float | None:
    """The mean of the scores."""
    found = newest([one.gold for one in pieces], window)
    return fmean(found) if found else None


CONDITION = Condition(
    title=_("Gold right, less than"),
    said=_("Of the last %(window)s answers that could be checked, %(measured)s were right."),
    measure=measure,
    limit=SHARE,
    usual=0.6,
    unit="%",
)
