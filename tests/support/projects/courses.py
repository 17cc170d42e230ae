"""A qualification test in force, and somebody who takes it."""

import random

from projects import queue
from projects.models import Annotation, Assignment
from projects.quality.qualification import qualification_tests
from projects.workflow import submission
from projects.workforce import rules
from tests.support import make

DICE = random.Random(7)


def course(batch, skill, cast, items: int = 2, *, shown: bool = True, **terms) -> list:
    """A course of items whose right answer is Maria, in force."""
    made = [
        qualification_tests.add(
            task, make.MARIA, by=cast.mina, dice=DICE, explanation=f"Names, part {number}", shown=shown
        )
        for number, task in enumerate(make.tasks(batch, items), 1)
    ]
    rules.change(batch.project, cast.mina, **{"training_tasks": items, "training_skill": skill} | terms)
    return made


def answered(tasker, project, answer) -> Annotation:
    mine = queue.claim(tasker, project, rng=DICE)
    assert isinstance(mine, Assignment) and mine.kind == "training", mine
    return submission.submit(mine, tasker, mine.token, answer)
