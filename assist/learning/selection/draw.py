"""Which tasks are put first, by hash, and with which chance. Pure.

Each group lies in the *random stream* or not, by a hash that knows nothing of what is in it. What chooses between
models and what judges them is in it always, by its split: so no label that teaches nothing is chosen, and as much comes
in that may judge as without any of this. In the random stream each task has the same chance to be put first; of the
others those have more that the model is less sure of, by the cube of their rank, and on average the same. So the chance
of each, given its split, is known to the last digit, is never 0, and no task is sure to be passed by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assist.learning.splits import SHARES, TRAIN, split_of
from assist.registry.hash_bucket import lot

POWER = 3  # of the rank: the least sure quarter gets 68 % of what is chosen, the surest half 6 %
JUDGES = 1 - SHARES[TRAIN]  # of all groups


@dataclass(frozen=True)
class Drawn:
    """For each task, in their order: the chance that it is put first at this look, given its split and nothing else of
    its hash; whether it is in the random stream; whether it is put first."""

    propensity: np.ndarray
    random: np.ndarray
    first: np.ndarray


def draw(
    project_key: str,
    number: int,
    tasks: Sequence[tuple[str, str, float | None]],
    *,
    share: float,
    random_share: float,
) -> Drawn:
    """`tasks`: the public id, the group and the model's doubt of each, None where it says nothing: that one is chosen
    like the mean. `number`: of the round, so that each has lots of its own."""
    chosen = np.minimum(1.0, share * weights([doubt for *_, doubt in tasks]))
    random = np.array([in_random_stream(project_key, group, random_share) for _, group, _ in tasks], dtype=bool)
    lots = np.array([lot(f"first {project_key} {number} {task}") for task, *_ in tasks])
    first = lots < np.where(random, share, chosen)
    teaches = np.array([split_of(project_key, group) == TRAIN for _, group, _ in tasks], dtype=bool)
    by_lot = np.where(teaches, _of_train(random_share), 1.0)
    return Drawn(by_lot * share + (1 - by_lot) * chosen, random, first)


def weights(doubts: Sequence[float | None]) -> np.ndarray:
    """How often each is chosen beside the mean, which is 1; equals get the same."""
    known = np.array([one is not None for one in doubts], dtype=bool)
    found = np.ones(len(doubts))
    if known.any():
        _, at, times = np.unique([one for one in doubts if one is not None], return_inverse=True, return_counts=True)
        ranks = (np.cumsum(times) - times / 2)[at] / known.sum()
        found[known] = ranks**POWER / (ranks**POWER).mean()
    return found


def in_random_stream(project_key: str, group: str, random_share: float) -> bool:
    """Whether nothing but a hash says when this group's turn comes; of all groups `random_share`, at least those that
    choose between models and judge them."""
    if split_of(project_key, group) != TRAIN:
        return True
    return lot(f"stream {project_key} {group}") < _of_train(random_share)


def _of_train(random_share: float) -> float:
    """The share of the groups that teach which lies in the random stream."""
    return max(0.0, (random_share - JUDGES) / (1 - JUDGES))
