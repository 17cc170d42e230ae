"""Answers that come too fast."""

from collections.abc import Sequence
from statistics import median

from django.utils.translation import gettext_lazy as _

from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece, newest
from taskers.models.limits import Between


def measure(pieces: Sequence[Piece], window: int) -> float | None:
    """The median of the seconds."""
    found = newest([one.seconds for one in pieces], window)
    return median(found) if found else None


CONDITION = Condition(
    title=_("Faster than"),
    said=_("The last %(window)s answers took %(measured)s seconds, half of them less."),
    measure=measure,
    limit=Between(0.1, 3600),
    usual=3.0,
    unit="s",
)
