"""Tasks that are skipped rather than done."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from projects.models.limits import SHARE
from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece


def measure(pieces: Sequence[Piece], window: int) -> float | None:
    """The share of what was skipped."""
    found = pieces[-window:]
    return sum(one.skipped for one in found) / window if len(found) == window else None


CONDITION = Condition(
    title=_("Skipped, more than"),
    said=_("Of the last %(window)s tasks, %(measured)s were skipped."),
    measure=measure,
    limit=SHARE,
    usual=0.5,
    unit="%",
    above=True,
)
