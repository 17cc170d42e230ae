"""Answers that don't agree with what is decided."""

from collections.abc import Sequence
from statistics import fmean

from django.utils.translation import gettext_lazy as _

from projects.models.limits import SHARE
from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece, newest


def measure(pieces: Sequence[Piece], window: int) -> float | None:
    """The mean of the agreements."""
    found = newest([one.agreement for one in pieces], window)
    return fmean(found) if found else None


CONDITION = Condition(
    title=_("Agreement with verdicts, less than"),
    said=_("The last %(window)s decided answers agree with the verdicts by %(measured)s."),
    measure=measure,
    limit=SHARE,
    usual=0.5,
    unit="%",
)
