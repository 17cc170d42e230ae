"""Gold among a batch's work, dice that deal it, and who meets it."""

import random

from projects import queue
from projects.models import Assignment, PooledGold
from projects.quality.gold import grading
from projects.workflow import submission
from tests.support import make

DICE = random.Random(7)


class Always(random.Random):
    """Dice that always fall for gold."""

    def random(self) -> float:
        return 0.0


def stocked(batch, number: int = 1) -> list[PooledGold]:
    tasks = make.tasks(batch, number)
    for task in tasks:
        queue.set_aside(task, by=None)
    return [grading.stock(task, make.MARIA, by=None, dice=DICE) for task in tasks]


def done(tasker, project, answer, dice) -> Assignment:
    mine = queue.claim(tasker, project, rng=dice)
    assert isinstance(mine, Assignment), mine
    submission.submit(mine, tasker, mine.token, answer)
    return mine
