"""What to believe of taskers before anything is estimated, and an estimate of them for answers of any kind.

Where answers are classes, `classification` estimates everybody. Spans, masks and boxes have no classes, but answers
still fall into groups that agree; `estimate_chances` asks of each tasker how often their group is the right one, told
by the *others* of each task (as in `standing.py`, in turn until both agree: expectation maximisation, Dempster, Laird
and Rubin 1977), beginning from what known answers say of them. Nobody is judged by their own vote.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from projects.inference.classification import pool_of
from projects.inference.dawid_skene import Member
from projects.inference.incremental import AccuracyModel
from projects.inference.standing import ACCIDENT, SURE

Who = TypeVar("Who", bound=Hashable)

# The ability of a crowd of which nothing is known (82 % right among two), and how widely its people differ.
FIRST_ABILITY, FIRST_VARIANCES = 1.5, (1.0, 0.5)
STILL = 1e-4


def first_accuracy_model(classes: int) -> AccuracyModel:
    """The population before any estimate: classes equally common, mistakes spread evenly. ValueError below one."""
    if classes < 1:
        raise ValueError("there must be at least one class")
    # Nobody is known to be like anybody else, nor what they take for what: abilities and likings say all there is.
    pool = [one for one in pool_of(classes) if isinstance(one, Member) and not one.alike and not one.popular]
    groups = [len(member.ease) for member in pool]
    confusions = np.full((classes, classes), -math.log(max(classes - 1, 1)))
    np.fill_diagonal(confusions, 0.0)
    variances = np.zeros((len(pool), 1 + (classes if any(member.bias for member in pool) else 0)))
    for row, member in zip(variances, pool, strict=True):
        row[0] = FIRST_VARIANCES[0]
        row[1:] = FIRST_VARIANCES[1] if member.bias else 0.0
    shares = np.log(np.concatenate([member.shares for member in pool]))
    return AccuracyModel(
        np.concatenate([member.ease for member in pool]),
        np.repeat(np.arange(len(pool)), groups),
        np.full(len(pool), FIRST_ABILITY),
        np.repeat(confusions[None], len(pool), axis=0),
        np.repeat(shares[None], classes, axis=0) - math.log(classes),
        variances,
    )


def gain(confidence: float, helper: float = 0.75) -> float:
    """Bits that one more answer would be expected to tell of whether the leading answer is right.

    `confidence` in [0, 1] is the chance that it is; `helper` the chance that the next tasker is right. An answer
    agrees with a right one when it is right itself, and with a wrong one by accident only.
    """
    agrees = confidence * helper + (1 - confidence) * ACCIDENT
    told = confidence * _bits(helper) + (1 - confidence) * _bits(ACCIDENT)
    return max(_bits(agrees) - told, 0.0)


def estimate_chances(
    ballots: Sequence[Sequence[Sequence[Who]]],
    known: Mapping[Who, tuple[float, float]],
    prior: tuple[float, float] = (3.0, 1.0),
    weight: float = 0.5,
    rounds: int = 50,
) -> dict[Who, float]:
    """Each tasker's chance to be right: the mean of a Beta posterior.

    A ballot is one task: its taskers in the groups that agree. `known` are weights of evidence (good, poor) from known
    answers; `prior` the same for a stranger; the others' word counts `weight`, since people err alike. The order of
    ballots and of groups changes nothing.
    """
    everybody = sorted({one for ballot in ballots for group in ballot for one in group} | set(known), key=str)
    good = {one: prior[0] + known.get(one, (0.0, 0.0))[0] for one in everybody}
    poor = {one: prior[1] + known.get(one, (0.0, 0.0))[1] for one in everybody}
    chance = {one: good[one] / (good[one] + poor[one]) for one in everybody}
    telling = [ballot for ballot in ballots if sum(map(len, ballot)) > 1]
    for _ in range(rounds):
        right: dict[Who, list[float]] = {one: [] for one in everybody}
        for ballot in telling:
            for one, value in _without_own_vote(ballot, chance):
                right[one].append(value)
        before, chance = chance, {}
        for one, values in right.items():
            # Summed exactly, so that the order of the tasks is nothing.
            told = math.fsum(values)
            chance[one] = (good[one] + weight * told) / (good[one] + poor[one] + weight * len(values))
        if all(abs(chance[one] - before[one]) < STILL for one in everybody):
            break
    return chance


def _without_own_vote(ballot: Sequence[Sequence[Who]], chance: Mapping[Who, float]) -> list[tuple[Who, float]]:
    """For each tasker of a task the chance that their group is right, by all the others."""
    yes = [[_sure(chance[one]) for one in group] for group in ballot]
    found = []
    for g, group in enumerate(ballot):
        for i, one in enumerate(group):
            left = [[p for j, p in enumerate(row) if (h, j) != (g, i)] for h, row in enumerate(yes)]
            found.append((one, _chance_of(left, g)))
    return found


def _chance_of(groups: Sequence[Sequence[float]], which: int) -> float:
    """Posterior of one group to be the right one, against each other group and nobody."""
    wrong = [
        math.fsum(math.log(1 - p) for p in row) + max(len(row) - 1, 0) * math.log(ACCIDENT) for row in groups
    ]  # fmt: skip
    none = math.fsum(wrong)
    # A group that is empty without its one member may still be right; it then has nothing for or against it.
    scores = [none - wrong[g] + math.fsum(math.log(p) for p in row) for g, row in enumerate(groups)]
    top = max([*scores, none])
    total = math.fsum(math.exp(score - top) for score in [*scores, none])
    return math.exp(scores[which] - top) / total


def _sure(chance: float) -> float:
    return min(max(chance, 1 - SURE), SURE)


def _bits(chance: float) -> float:
    return -sum(p * math.log2(p) for p in (chance, 1 - chance) if p > 0)
