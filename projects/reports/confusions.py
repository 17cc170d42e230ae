"""Which labels are taken for each other in a project: what was decided, against what people said, of a sample."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from projects.configuration import methods
from projects.configuration.terms import terms_of
from projects.inference import label_confusion
from projects.models import AgreementReport, Annotation, Project, Task, Verdict, VerdictEntry
from projects.quality.votes import VOTELESS, as_it_counts
from projects.task_types import TASK_TYPES

SAMPLE = 400  # decided tasks, the newest
OF_PARTS = {"spans": label_confusion.of_spans, "regions": label_confusion.of_regions}
BETWEEN = "~"  # in an address, between what was decided and what was said


def of(project: Project) -> dict[str, Any]:
    """The table, worked out anew; nothing for types whose answers have no labels to compare."""
    compare = _comparing(project)
    if compare is None:
        return {"cells": []}
    newest = VerdictEntry.objects.filter(project=project, label="").order_by("-pk")
    keys = list(newest.values_list("task", flat=True)[:SAMPLE])
    decided = dict(Verdict.objects.current().filter(task__in=keys).values_list("task", "answer"))
    tasks = {one.pk: one for one in Task.objects.filter(pk__in=keys).only("pk", "payload")}
    terms, answers = terms_of(project), defaultdict[int, list[dict]](list)
    rows = Annotation.objects.counting().filter(task__in=keys).order_by("pk")
    for task, stored in rows.values_list("task", "answer"):
        answer, why = as_it_counts(terms, tasks[task], stored)
        if why not in VOTELESS:
            answers[task].append(answer)
    known = [(key, decided[key], answers[key]) for key in keys if key in decided]
    return label_confusion.confusion(known, compare)


def tasks_of(project: Project, cell: str) -> list[int] | None:
    """The tasks of one cell, named as in an address; None for no such cell."""
    decided, between, said = cell.partition(BETWEEN)
    report = AgreementReport.objects.filter(project=project).values_list("numbers", flat=True).first()
    cells = (report or {}).get("confusion", {}).get("cells", [])
    found = (one["tasks"] for one in cells if between and (one["decided"], one["said"]) == (decided, said))
    return next(found, None)


def _comparing(project: Project) -> Callable[..., Any] | None:
    room = TASK_TYPES[project.task_type]
    if choice := methods.choice_in(project.task_type):
        return label_confusion.of_choice(choice)
    return OF_PARTS.get(room.answer_list)
