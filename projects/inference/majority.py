"""majority_v1: the largest group of answers that all agree with each other decides, if it is more
than half of them.

The oldest rule there is, and the yardstick of the others. It needs nothing known of the taskers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from projects.inference import arguments, deadline
from projects.inference.geometry import Matrix
from projects.inference.outcome import WHY, Agree, Answer, Merge, Outcome

# The prior counts as much as this many answers when a group's share becomes a confidence.
PRIOR_WEIGHT = 2.0
# From this many answers on, groups are grown from each answer in turn instead of searched for exactly.
EXACT_UP_TO = 16


# The chance that a lone answer is right.
PRIOR = 0.7


def share(group: int, count: int, prior: float = PRIOR) -> float:
    """How sure the method is where so many of all agree; it grows with both."""
    return (PRIOR_WEIGHT * prior + group - 1) / (PRIOR_WEIGHT + count - 1)


def majority_v1(
    answers: Sequence[Answer], agree: Agree, merge: Merge, threshold: float, prior: float = PRIOR
) -> Outcome:
    """Decide by the largest group with pairwise agreement ≥ threshold holding more than half of all.

    Of two groups of one size the one that agrees more within itself wins. A lone answer decides with
    the prior as confidence and grades nobody. BadArgument for a threshold or prior outside [0, 1].
    """
    arguments.chance("threshold", threshold), arguments.chance("prior", prior)
    count = len(answers)
    nobody: list[float | None] = [None] * count
    if count == 0:
        return Outcome(False, None, 0.0, [], [], WHY["none"])
    if count == 1:
        return Outcome(True, merge(answers), prior, nobody, [0], WHY["alone"])
    texts = [json.dumps(answer, sort_keys=True) for answer in answers]
    order = sorted(range(count), key=lambda i: texts[i])
    table = pairwise([answers[i] for i in order], agree)
    group = [order[i] for i in largest_group(table, threshold)]
    if 2 * len(group) <= count:
        why = WHY["split"] % {"group": len(group), "count": count}
        return Outcome(False, None, 0.0, nobody, [], why)
    supports = sorted(group)
    decided = merge([answers[i] for i in group])
    agreements: list[float | None] = [left_out(i, answers, group, decided, agree, merge) for i in range(count)]
    why = WHY["agree"] % {"group": len(group), "count": count}
    return Outcome(True, decided, share(len(group), count, prior), agreements, supports, why)


def pairwise(answers: Sequence[Answer], agree: Agree) -> Matrix:
    """The symmetric table of agreements, ones on the diagonal."""
    table = np.eye(len(answers))
    for i, j in combinations(range(len(answers)), 2):
        deadline.check()
        table[i, j] = table[j, i] = agree(answers[i], answers[j])
    return table


def largest_group(table: Matrix, threshold: float) -> list[int]:
    """Indices of the largest set in which every pair reaches the threshold; among equals the one with
    the highest total agreement, then the lowest indices."""
    count = len(table)
    friends = [{j for j in range(count) if j != i and table[i, j] >= threshold} for i in range(count)]
    groups: list[tuple[int, ...]] = _cliques(friends) if count <= EXACT_UP_TO else _grown(friends, table)

    def rank(group: tuple[int, ...]) -> tuple[int, float, tuple[int, ...]]:
        within = sum(float(table[i, j]) for i, j in combinations(group, 2))
        return (-len(group), -round(within, 9), group)

    best = min(groups, key=rank)
    return list(best)


def _cliques(friends: list[set[int]]) -> list[tuple[int, ...]]:
    """All maximal groups (Bron and Kerbosch 1973, with a pivot)."""
    found: list[tuple[int, ...]] = []

    def grow(group: set[int], open_to: set[int], done: set[int]) -> None:
        if not open_to and not done:
            found.append(tuple(sorted(group)))
            return
        pivot = min(open_to | done, key=lambda i: (-len(friends[i] & open_to), i))
        for i in sorted(open_to - friends[pivot]):
            grow(group | {i}, open_to & friends[i], done & friends[i])
            open_to = open_to - {i}
            done = done | {i}

    grow(set(), set(range(len(friends))), set())
    return found


def _grown(friends: list[set[int]], table: Matrix) -> list[tuple[int, ...]]:
    """One group per answer, taking the closest friend that fits each time: fast for many answers."""
    groups = []
    for seed in range(len(friends)):
        group, fits = [seed], set(friends[seed])
        while fits:
            best = min(fits, key=lambda j: (-float(table[j, group].sum()), j))
            group.append(best)
            fits = fits & friends[best]
        groups.append(tuple(sorted(group)))
    return groups


def left_out(
    i: int,
    answers: Sequence[Answer],
    group: list[int],
    decided: Answer,
    agree: Agree,
    merge: Merge,
    trust: Sequence[float] | None = None,
) -> float:
    """How far answer i agrees with the merge of the group without it; `trust` is that of all answers."""
    if i not in group:
        return agree(answers[i], decided)
    others = [j for j in group if j != i]
    rest = [answers[j] for j in others]
    return agree(answers[i], merge(rest) if trust is None else merge(rest, trust=[trust[j] for j in others]))
