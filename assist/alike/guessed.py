"""What verdicts would call a group of tasks that are alike: the likeliest label of each field, by the labels' examples
(assist/suggestions/prototypes.py). No model is asked."""

from collections import Counter
from typing import Any

import numpy as np

from assist.models import LabelVectors
from assist.suggestions import choices, prototypes
from assist.suggestions.prototypes import Learnt
from projects.models import Project

MOST = 100  # tasks of a group that are asked about: those nearest to its middle
LEAST = 0.6  # share of them that must have the same label


def of(project: Project, model: str, rows: np.ndarray) -> list[dict[str, Any]]:
    """Field, label and share of the tasks that it is the likeliest of; nothing where verdicts taught nothing of this
    model's vectors, or the group is mixed."""
    name, _, version = model.rpartition("@")
    taught = LabelVectors.objects.filter(project=project, version__name=name, version__version=version)
    learnt = {row.field: _learnt(row) for row in taught}
    fields = choices.of(project, project.settings_now()) if learnt and len(rows) else []
    if fields:  # what is kept of a model has zeros behind, up to a width that can be
        rows = rows[:, : next(iter(learnt.values())).sums.shape[1]]
    counts: dict[str, Counter[str]] = {one.field: Counter() for one in fields}
    for row in rows if fields else ():
        for guess in prototypes.by_examples(fields, learnt, row):
            counts[guess.field][guess.label] += 1
    found = []
    for field, counted in counts.items():
        if counted and (best := counted.most_common(1)[0])[1] >= LEAST * len(rows):
            found.append({"field": field, "label": best[0], "share": round(best[1] / len(rows), 3)})
    return found


def _learnt(row: LabelVectors) -> Learnt:
    sums = np.frombuffer(bytes(row.sums), "<f4")
    return Learnt(tuple(row.labels), sums.reshape(len(row.labels), -1), row.temperature)
