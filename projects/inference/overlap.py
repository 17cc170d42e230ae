"""How many judgements a task should have, and which task another judgement would help most.

Dynamic overlap: after each submission one more judgement is wanted only while the calibrated confidence
is below the project's target and the most allowed is not reached (`wanted_after`). A project that fixes
what it can spend rather than how sure it must be spreads that over the tasks that need it (`least_sure`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from projects.inference import arguments
from projects.inference.incremental import (
    AccuracyModel,
    AnnotatorParameters,
    chances_of_next,
    newcomer,
    posterior,
    posteriors_after,
)

Floats = NDArray[np.float64]


def wanted_after(confidence: float, submitted: int, wanted: int, target: float, most: int) -> int:
    """The new `wanted` after a submission; never lower than before and never above max(most, wanted).

    Nothing is raised while judgements asked for are still out (submitted < wanted): they may decide.
    """
    if submitted < wanted or confidence >= target or wanted >= most:
        return wanted
    return wanted + 1


def least_sure(
    confidence: Floats, wanted: NDArray[np.int64], most: NDArray[np.int64] | int, votes: int
) -> NDArray[np.int64]:
    """Where a budget of `votes` more judgements goes: the tasks of lowest confidence that may have
    another, one each, in order of need. Whatever the confidences are worth, this spends exactly the
    budget, where it matters most; ties go to the task with fewer judgements, then to the first. BadArgument for
    confidences outside [0, 1], or where not every task has one and judgements."""
    confidence = arguments.chances("confidence", confidence)
    if np.shape(wanted) != confidence.shape:
        raise arguments.BadArgument("wanted", f"there must be {confidence.size}, one for each task")
    open_to = np.flatnonzero(wanted < most)
    order = np.lexsort((open_to, wanted[open_to], np.round(confidence[open_to], 9)))
    return open_to[order[:votes]]


def gain_of_next(
    accuracy_model: AccuracyModel,
    parameters: list[AnnotatorParameters],
    labels: list[int],
    candidate: AnnotatorParameters | None = None,
) -> float:
    """How much one more label (of `candidate`, by default a stranger) would be expected to sharpen a
    task: the mutual information between that label and the class, in bits. Zero for a settled task and
    for a tasker who answers blindly; the task, or the tasker, with the highest is the best to ask."""
    asked = newcomer(accuracy_model) if candidate is None else candidate
    now = posterior(accuracy_model, parameters, labels)
    after = posteriors_after(accuracy_model, parameters, labels, asked)
    alone = (
        len(accuracy_model.ability) == 1
    )  # a single member knows the chances of its answers; the pool must find them
    chance = chances_of_next(accuracy_model, parameters, labels, asked)[0] if alone else _answer_chances(after, now)
    return max(_entropy(now) - float(chance @ [_entropy(row) for row in after]), 0.0)


def _answer_chances(after: Floats, now: Floats) -> Floats:
    """Chances of the answers, from the fact that the posteriors to come average to the present one."""
    chance, *_ = np.linalg.lstsq(np.vstack([after.T, np.ones(len(now))]), np.append(now, 1.0), rcond=None)
    chance = np.clip(chance, 0, None)
    return chance / chance.sum()


def _entropy(chance: Floats) -> float:
    inside = chance[chance > 0]
    return float(-(inside * np.log2(inside)).sum())
