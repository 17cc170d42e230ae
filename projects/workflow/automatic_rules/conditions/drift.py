"""Work that has become worse since some point."""

from collections.abc import Sequence

import numpy as np
from django.utils.translation import gettext_lazy as _

from projects.inference import change_point
from projects.models.limits import SHARE
from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece, newest

SEED = 11  # the orders that a change is compared with are the same at every look


def measure(pieces: Sequence[Piece], window: int) -> float | None:
    """How far the mean fell at the likeliest change; 0 where none is told, None of fewer than can tell one."""
    known = [one.gold if one.agreement is None else one.agreement for one in pieces]
    found = newest(known, max(window, 2 * change_point.LEAST))
    if found is None:
        return None
    if not _may_have_fallen(np.array(found)):
        return 0.0
    change = change_point.change(found, np.random.default_rng(SEED))
    return max(0.0, change.before - change.after) if change else 0.0


def _may_have_fallen(values: np.ndarray) -> bool:
    """Whether any split is far enough apart to be told: quick, and true of few."""
    splits = np.arange(change_point.LEAST, len(values) - change_point.LEAST + 1)
    sums = np.cumsum(values)
    left, right = sums[splits - 1] / splits, (sums[-1] - sums[splits - 1]) / (len(values) - splits)
    return bool((left - right).max() >= change_point.WORTH)


CONDITION = Condition(
    title=_("Worse since a change, by more than"),
    said=_("Among the last %(window)s judged answers, those since a change are worse by %(measured)s."),
    measure=measure,
    limit=SHARE,
    usual=0.15,
    unit="%",
    above=True,
    stride=20,
)
