"""Classes of texts by their words alone: the nearer a text lies to a label's words, the likelier the label.

Nothing is learnt here, so the shares are only as good as the words; calibration is the truth engine's.
"""

from collections.abc import Callable, Sequence

import numpy as np

REMEMBERED = 4096  # labels whose vectors are kept


class LabelWords:
    """For a model that gives unit vectors. The labels' are kept, since they come with each text. `sharpness` spreads
    cosines, which lie close together, before the softmax."""

    def __init__(self, vectors: Callable[[Sequence[str]], np.ndarray], sharpness: float) -> None:
        self._vectors, self._sharpness = vectors, sharpness
        self._labels: dict[str, np.ndarray] = {}

    def shares(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        if not labels:
            return []
        cosines = self._of_labels(labels) @ self._vectors([text])[0]
        shares = np.exp(self._sharpness * (cosines - cosines.max()))
        return [float(one) for one in shares / shares.sum()]

    def _of_labels(self, labels: Sequence[str]) -> np.ndarray:
        known = self._labels  # which others may replace meanwhile: a host is asked by several threads
        new = [one for one in dict.fromkeys(labels) if one not in known]
        if new:
            if len(known) + len(new) > REMEMBERED:
                known, new = {}, list(dict.fromkeys(labels))
            self._labels = known = known | dict(zip(new, self._vectors(new), strict=True))
        return np.stack([known[one] for one in labels])
