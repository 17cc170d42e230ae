"""Making known answers: of a verdict, of what a manager answered in the studio, of a loaded row.

They are mixed in unseen (grading.py), or become the items of a course, shown afterwards (qualification_tests.py).
"""

import random

from django.db import transaction
from django.db.models import Q

from projects import queue
from projects.errors import Refused
from projects.models import Gold, PooledGold, Project, Task, Verdict
from projects.models.limits import GOLD_AT_ONCE, SHARE, check
from projects.quality.audits import REVIEW
from projects.quality.gold import grading, kept_words
from projects.quality.qualification import qualification_tests
from projects.queue.answer_check import check_for
from taskers.errors import Problem, StateConflict
from taskers.models import Person

NEWEST = 20_000  # verdicts


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


def keep_many(project: Project, number: int, least: float, *, by: Person, dice: random.Random) -> int:
    """Mix decided tasks in as gold, by lot among those whose verdict a reviewer gave or is at least so sure.

    Returns how many; those that can't be are left out. Raises Refused with the place of the fault.
    """
    check("number", number, GOLD_AT_ONCE, "bad-number")
    check("least", least, SHARE, "bad-number")
    grading.refuse_in_file_order(project)
    sure = Q(method=REVIEW) | Q(confidence__gte=least)
    rows = Verdict.objects.current().filter(sure, task__project=project, task__batch__state="live")
    keys = list(
        rows.exclude(task__in=Gold.objects.values("task")).order_by("-pk").values_list("task", flat=True)[:NEWEST]
    )
    dice.shuffle(keys)
    made = 0
    for task in Task.objects.filter(pk__in=keys[:number]).select_related("project__organization"):
        try:
            keep_decided(task, by=by, dice=dice)
        except Problem:
            continue
        made += 1
    return made


@transaction.atomic
def answer_anew(kept: PooledGold, answer: object, *, by: Person, dice: random.Random) -> PooledGold:
    """Hold another answer to a gold task right; its uses start afresh. Nobody is graded anew by it.

    Raises Refused with the place of the fault.
    """
    task = kept.gold.task
    checked = check_for(task, answer)
    if checked == kept.gold.answer:
        raise Refused("This is its answer already.", code="same-answer", place="answer")
    if kept.retired_at is None:
        grading.retire(kept, kept_words.ANSWERED_ANEW, by=by)
    return grading.stock(task, checked, by=by, pool=kept.pool, dice=dice)
