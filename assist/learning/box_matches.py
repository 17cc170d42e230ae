"""Which boxes of a model are of something that people marked. Pure."""

from collections.abc import Sequence

import numpy as np

from assist.suggestions.seen_boxes import Seen
from projects.inference.geometry import box_ious

MEETS = 0.5  # IoU
UNSCORED = 1.0  # a box that comes without a score is offered always

Marked = tuple[str, tuple[float, ...]]  # a label and a box


def score_of(one: Seen) -> float:
    """How sure a box is, as they are put in order."""
    return UNSCORED if one.score is None else float(one.score)


def matched(found: Sequence[Seen], marked: Sequence[Marked]) -> list[tuple[Seen, float]]:
    """Each box with its IoU with the marked thing that it is of, 0 where it is of none: of its own label, from half an
    overlap on, the surest box first, each marked thing once."""
    surest = sorted(found, key=lambda one: -score_of(one))
    ious = box_ious([one.box for one in surest], [box for _, box in marked])
    names, free = np.array([label for label, _ in marked], object), np.ones(len(marked), bool)
    rows = []
    for one, shares in zip(surest, ious, strict=True):
        own = free & (names == one.label)
        best = int(np.where(own, shares, -1).argmax()) if own.any() else -1
        overlap = float(shares[best]) if best >= 0 and shares[best] >= MEETS else 0.0
        if overlap:
            free[best] = False
        rows.append((one, overlap))
    return rows
