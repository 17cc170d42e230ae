"""Which tasks of a project teach no model any more, for all that learns from verdicts or judges by them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from assist.models import ErasedTask, Evaluation
from projects.models import Project


def tasks(project: Project) -> QuerySet[ErasedTask, Any]:
    """Their keys, as a part of a query."""
    return ErasedTask.objects.filter(erasure__project=project).values("task")


def judged(evaluation: Evaluation) -> int:
    """How many of the tasks that an evaluation was judged on were erased since it ended: its figures count them."""
    return evaluation.scores.filter(task__in=tasks(evaluation.project)).count()


def among(project: Project, keys: Iterable[int]) -> set[int]:
    """Those of these. Asked in the transaction that writes what was learnt: until its end none is added, for
    erasure.begin takes the same lock."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    return set(ErasedTask.objects.filter(task__in=list(keys)).values_list("task", flat=True))
