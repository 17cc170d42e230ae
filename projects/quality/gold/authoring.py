"""Making known answers: of a verdict, of what a manager answered in the studio, of a loaded row.

They are mixed in unseen (grading.py), or become the items of a course, shown afterwards (qualification_tests.py).
"""

import random

from django.db import transaction

from projects import queue
from projects.models import PooledGold, Task, Verdict
from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from projects.queue.answer_check import check_for
from taskers.errors import StateConflict
from taskers.models import Person


@transaction.atomic
def keep(
    task: Task,
    answer: object,
    *,
    by: Person | None,
    dice: random.Random,
    course: bool = False,
    explanation: str = "",
    shown: bool = True,
) -> PooledGold:
    """Keep the right answer to a task: at the end of the project's course, or in the stock that is mixed in unseen.

    Raises Refused with the place of the fault, or StateConflict when the task is in work or in the stock already.
    """
    if course:
        return qualification_tests.add(task, answer, by=by, dice=dice, explanation=explanation, shown=shown)
    checked = check_for(task, answer)
    queue.set_aside(task, by=by)
    return grading.stock(task, checked, by=by, dice=dice)


def keep_decided(
    task: Task,
    *,
    by: Person,
    dice: random.Random,
    course: bool = False,
    explanation: str = "",
    shown: bool = True,
) -> PooledGold:
    """The same with the verdict that stands for an answer. Raises StateConflict when the task isn't decided."""
    verdict = Verdict.objects.current().filter(task=task).first()
    if verdict is None:
        raise StateConflict("This task isn't decided yet.", code="not-decided")
    return keep(task, verdict.answer, by=by, dice=dice, course=course, explanation=explanation, shown=shown)
