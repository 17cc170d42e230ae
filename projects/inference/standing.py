"""standing_v1: majority with each tasker's standing, for answers of any kind.

Every answer is right with its tasker's probability, independently; right answers agree; wrong ones
agree with each other by accident only. The answers fall into groups that agree; Bayes' rule then weighs
"this group is right" for each group, and "nobody is". So one trusted tasker can outweigh two strangers,
the confidence is a probability, and it is what dynamic overlap needs for spans, masks and boxes too
(Toloka's dynamic overlap does this for classes only).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from projects.inference import arguments
from projects.inference.geometry import Matrix
from projects.inference.majority import largest_group, left_out, pairwise
from projects.inference.outcome import WHY, Agree, Answer, Merge, Outcome

# The chance that one more wrong answer agrees with a wrong one.
ACCIDENT = 0.1
# Standings are kept off 0 and 1: nobody is beyond doubt.
SURE = 0.99
# Where those who agree on the whole differ in a part, each counts by the log odds of being right, which is Bayes' rule
# between two ways to fill it in; who is wrong more often than right counts next to nothing.
LEAST_TRUST = 0.01


def standing_v1(
    answers: Sequence[Answer], agree: Agree, merge: Merge, threshold: float, standings: Sequence[float]
) -> Outcome:
    """Decide for the group that is more likely right than all else together.

    `standings[i]` is the probability that tasker i's answer is right (the mean of their standing), in
    [0, 1]. An answer that decides by itself grades nobody. BadArgument if there isn't one for each answer.
    """
    arguments.chance("threshold", threshold)
    given = arguments.chances("standings", standings, len(answers))
    count = len(answers)
    nobody: list[float | None] = [None] * count
    if not count:
        return Outcome(False, None, 0.0, [], [], WHY["none"])
    texts = [json.dumps(answer, sort_keys=True) for answer in answers]
    order = sorted(range(count), key=lambda i: (texts[i], standings[i]))
    groups = _groups(pairwise([answers[i] for i in order], agree), threshold)
    groups = [[order[i] for i in group] for group in groups]
    sure = np.clip(given, 1 - SURE, SURE)
    chances = _chances(groups, sure)
    best = max(range(len(groups)), key=lambda g: (round(float(chances[g]), 12), -g))
    confidence = float(chances[best])
    if confidence <= 0.5:
        return Outcome(False, None, 0.0, nobody, [], WHY["unlikely"] % {"count": count})
    group = groups[best]
    trust = np.maximum(np.log(sure / (1 - sure)), LEAST_TRUST).tolist()
    decided = merge([answers[i] for i in group], trust=[trust[i] for i in group])
    agreements = [
        None if len(group) == 1 else left_out(i, answers, group, decided, agree, merge, trust) for i in range(count)
    ]
    why = WHY["standing"] % {"group": len(group), "count": count, "sure": f"{confidence:.0%}"}
    return Outcome(True, decided, confidence, agreements, sorted(group), why)


def _groups(table: Matrix, threshold: float) -> list[list[int]]:
    """The largest group that agrees, then the largest among the rest, and so on."""
    left = list(range(len(table)))
    groups = []
    while left:
        found = largest_group(table[np.ix_(left, left)], threshold)
        groups.append([left[i] for i in found])
        left = [i for n, i in enumerate(left) if n not in set(found)]
    return groups


def _chances(groups: Sequence[Sequence[int]], standings: np.ndarray) -> np.ndarray:
    """Posterior of each group to be the right one; what is missing to 1 is "nobody is right"."""
    right = np.array([np.log(standings[list(group)]).sum() for group in groups])
    wrong = np.array(
        [np.log(1 - standings[list(group)]).sum() + (len(group) - 1) * np.log(ACCIDENT) for group in groups]
    )
    scores = np.append(wrong.sum() - wrong + right, wrong.sum())
    weights = np.exp(scores - scores.max())
    return (weights / weights.sum())[:-1]
