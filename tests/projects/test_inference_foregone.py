"""What is lost by asking no further: nothing where all is asked or sure, and about as much as it turns out to be."""

import numpy as np
import pytest

from projects.inference.arguments import BadArgument
from projects.inference.classification import estimate
from projects.inference.foregone import foregone


def asked_of(votes: int, seed: int, tasks: int = 800, right: float = 0.7):
    """Tasks of seven labels by forty people who are all alike, and the first so many of them."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, tasks)
    task, turn = np.repeat(np.arange(tasks), 7), np.tile(np.arange(7), tasks)
    worker = random.integers(0, 40, task.size)
    label = np.where(random.random(task.size) < right, truth[task], random.integers(0, 3, task.size))
    here = turn < votes
    return truth, (task[here], worker[here], label[here]), (tasks, 40, 3)


@pytest.mark.parametrize("votes", [3, 5])
def test_the_forecast_holds_what_asking_to_the_end_shows(votes):
    held = []
    for seed in range(5):
        truth, some, sizes = asked_of(votes, seed)
        _, everything, _ = asked_of(7, seed)
        now, then = (estimate(*one, sizes) for one in (some, everything))
        told = foregone(now.posterior, (some[0], some[2]), np.full(truth.size, 7 - votes))
        gained = float((then.answer == truth).mean() - (now.answer == truth).mean())
        held.append(told.low <= gained <= told.high)
    assert sum(held) >= 4


def test_nothing_is_lost_where_nothing_is_left_or_all_is_sure():
    truth, some, sizes = asked_of(3, 0)
    found = estimate(*some, sizes).posterior
    done = foregone(found, (some[0], some[2]), np.zeros(truth.size, dtype=np.int64))
    sure = foregone(np.eye(3)[truth], (some[0], some[2]), np.full(truth.size, 4))
    assert done.expected == sure.expected == 0
    assert done.high < 0.01
    more = [foregone(found, (some[0], some[2]), np.full(truth.size, left)).expected for left in (1, 8)]
    assert 0 < more[0] < more[1]


def test_each_task_has_a_number_of_its_own_and_none_is_no_crash():
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(BadArgument, match="one for each task"):
        foregone(np.eye(3), (none, none), np.zeros(2, dtype=np.int64))
    assert foregone(np.zeros((0, 3)), (none, none), none).expected == 0
