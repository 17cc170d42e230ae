"""How well classes are told apart, the rare ones as much as the common: macro F1, told beside the scores. Pure numpy.

A task's own score is the share of its fields that are guessed right, which common classes make up. This is the mean of
each class's F1, over the classes that people decided: who never guesses a rare one loses all of it.
"""

import math
from collections.abc import Sequence

import numpy as np

from assist.learning.figures import Kind, Value

Guess = tuple[str, str, str | None]  # of a field: its key, the label that was decided, the one that was guessed


def macro_f1(evidence: Sequence[Sequence[Guess]]) -> Value:
    """Of the fields of many tasks; a class is a label of a field. NaN where nothing was decided."""
    rows = [(at, *guess) for at, guesses in enumerate(evidence) for guess in guesses]
    classes = {one for _, field, true, said in rows for one in ((field, true), (field, said))}
    numbers = {one: number for number, one in enumerate(classes)}
    task = np.array([at for at, *_ in rows], int)
    decided = np.array([numbers[field, true] for _, field, true, _ in rows], int)
    guessed = np.array([numbers[field, said] for _, field, _, said in rows], int)

    def value(counts: np.ndarray) -> float:
        weights = counts[task]
        wanted, said = (np.bincount(one, weights, len(numbers)) for one in (decided, guessed))
        right = np.bincount(decided, weights * (decided == guessed), len(numbers))
        known = wanted > 0
        return float((2 * right[known] / (wanted + said)[known]).mean()) if known.any() else math.nan

    return value


FIGURES = (Kind("macro-f1", macro_f1),)
