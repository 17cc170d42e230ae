"""Work beside its known answer. How it is scored is plugged in; without a plug the type's own gold check counts."""

from collections.abc import Callable, Mapping

from projects.inference import deadline
from projects.inference.gold_check import GoldCheck
from projects.models import Task
from projects.task_types import TASK_TYPES

LONGEST = 10.0  # seconds

# A function of task, answer, known answer and thresholds that gives a number in [0, 1].
Scorer = Callable[[Task, dict, dict, Mapping], float]


def by_type(task: Task, answer: dict, known: dict, thresholds: Mapping) -> float:
    """The task type's own score, with partial credit."""
    return TASK_TYPES[task.project.task_type].gold_check(answer, known, thresholds).score


_scorers: list[Scorer] = [by_type]


def score_with(scorer: Scorer) -> None:
    """Plug in another scorer for the whole application."""
    _scorers[:] = [scorer]


def check(task: Task, answer: dict, known: dict, version: int) -> GoldCheck:
    """The score in [0, 1] and what is wrong, by the thresholds of that version of the project's settings.

    An answer that crosses the known one so often that comparing takes LONGEST seconds is another answer.
    """
    thresholds = task.project.settings.get(version=version).thresholds
    try:
        with deadline.within(LONGEST):
            found = TASK_TYPES[task.project.task_type].gold_check(answer, known, thresholds)
    except deadline.TooLong:
        return GoldCheck(0.0, [{"code": "choice", "label": ""}])
    score = found.score if _scorers[0] is by_type else _scorers[0](task, answer, known, thresholds)
    return GoldCheck(min(1.0, max(0.0, score)), found.differences, found.labels, found.close)
