"""Work beside its known answer."""

from projects.inference import deadline
from projects.inference.gold_check import GoldCheck
from projects.models import Task
from projects.task_types import TASK_TYPES

LONGEST = 10.0  # seconds


def check(task: Task, answer: dict, known: dict, version: int) -> GoldCheck:
    """The score in [0, 1] and what is wrong, by the thresholds of that version of the project's settings.

    An answer that crosses the known one so often that comparing takes LONGEST seconds is another answer.
    """
    thresholds = task.project.settings.get(version=version).thresholds
    try:
        with deadline.within(LONGEST):
            return TASK_TYPES[task.project.task_type].gold_check(answer, known, thresholds)
    except deadline.TooLong:
        return GoldCheck(0.0, [{"code": "choice", "label": ""}])
