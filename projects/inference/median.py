"""One posterior from several models': the one in the middle, so that a model that has gone astray carries nobody away.

The geometric median of posteriors (Minsker, Srivastava, Lin and Dunson 2014, "Robust and scalable Bayes via a median of
subset posterior measures") is the mean weighed by one over the distance to it (Weiszfeld 1937). Where something speaks
for one model more than for another, their distances count so much more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 25
# No model is taken for nearer than this: where all agree they count alike.
NEAREST = 0.003


def middle(posteriors: Sequence[Floats], favour: Floats | None = None) -> Floats:
    """(members,) what each posterior (tasks, classes) counts in the geometric median of all; they sum to one. `favour`
    (members,) is how much speaks for each, the same for all unless said.

    The distance of two is the root of the mean square over the tasks. It is found from the products of the
    posteriors alone, so that a round costs nothing.
    """
    members, tasks = len(posteriors), max(len(posteriors[0]), 1)
    products = np.array([[np.einsum("tk,tk->", one, other) for other in posteriors] for one in posteriors]) / tasks
    favoured = np.ones(members) if favour is None else favour
    weights = favoured / favoured.sum()
    for _ in range(ROUNDS):
        square = np.diag(products) - 2 * products @ weights + weights @ products @ weights
        weights = favoured / np.maximum(np.sqrt(np.maximum(square, 0)), NEAREST)
        weights /= weights.sum()
    return weights
