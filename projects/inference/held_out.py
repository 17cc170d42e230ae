"""What speaks for a model of a crowd: how well it foretells labels that it wasn't told.

That needs no truth. It tells of a model that has gone astray, since what it takes for the truth foretells nothing; it
doesn't tell which of several sound models is nearer to the truth, for likings are easily foretold and say nothing of
the task. So it weighs no more than a handful of labels would, however many there are, and the median of all models is
taken with these weights (`median`).

The labels that are left out are drawn by what tasks and taskers look like (`colours`), so that no numbering matters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from projects.inference.colours import Colours, drawn

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]

# One label in so many is left out, so many times, of few labels and of more.
ONE_IN, TURNS, TURNS_OF_MANY, MANY = 5, 3, 1, 5_000
# Of more labels than that some tasks are enough to see what models are worth. Of no more, so many turns of a fit.
MOST, ROUNDS = 40_000, 15
# A model counts as much as so many labels speak for it; where few are left out, as if so many more told nothing.
WORTH, UNTOLD = 10.0, 100.0
# No label is held less likely: a single one that nobody expects is no reason to leave a model.
LEAST = 1e-4


def withheld(task: Ints, worker: Ints, told: Colours) -> Iterator[tuple[Bits, Bits]]:
    """Which labels are told, and which asked, for each turn; nothing where there are none to leave out."""
    some = np.ones(task.size, dtype=bool)
    if task.size > MOST:
        some = drawn(told.task, 0)[task] * task.size < MOST
    for turn in range(1, 1 + (TURNS if task.size <= MANY else TURNS_OF_MANY)):
        asked = some & (drawn(told.task[task] + told.worker[worker], turn) * ONE_IN < 1)
        if asked.any():
            yield some & ~asked, asked


def favours(logs: Floats, each: Floats) -> Floats:
    """(members,) how much speaks for each, at most 1, by the log chances (members, labels) of what was left out; `each`
    (labels,) is how much a label counts."""
    means = np.maximum(logs, np.log(LEAST)) @ each / (each.sum() + UNTOLD)
    return np.asarray(np.exp(WORTH * (means - means.max())), dtype=np.float64)
