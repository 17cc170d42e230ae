"""What lies near each other, as traits of tasks: by vectors that are kept already; no model is asked.

Tasks are parted into groups of those that are alike, and each group stands for itself by the one in its middle and by
how near the others lie to that: whoever lies as near is in it, today or later.
"""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import numpy as np

from assist.alike import groups, index
from assist.learning.traits import LIKE, Trait
from projects.models import Project, Task

WITHIN = 0.9  # of a group lies as near to its middle as is asked for

Told = Callable[[Task], frozenset[Trait]]


def among(project: Project, tasks: Sequence[Task]) -> Told:
    """The groups into which these fall, and who is in them."""
    values = list[str]()
    for model in (index.TEXTS, index.IMAGES):
        kept = [(one, row) for one in tasks if (row := _row(project, one, model)) is not None]
        if not kept:
            continue
        rows = np.stack([row for _, row in kept])
        numbers = np.asarray(groups.parted(rows))
        for number in range(numbers.max() + 1):
            own = np.flatnonzero(numbers == number)
            near = rows[own] @ rows[own].T
            middle = int(near.mean(1).argmax())
            bound = np.floor(100 * np.quantile(near[middle], 1 - WITHIN)) / 100
            values.append(f"{kept[own[middle]][0].public_id} {bound:.2f}")
    return of(project, values)


def of(project: Project, values: Iterable[str]) -> Told:
    """Who is in the groups that these values stand for."""
    bounds = {value: (UUID(value.split()[0]), float(value.split()[1])) for value in values}
    middles = {one.public_id: one for one in project.tasks.filter(public_id__in=[key for key, _ in bounds.values()])}
    known = [
        (value, model, row, bound)
        for value, (key, bound) in bounds.items()
        for model in (index.TEXTS, index.IMAGES)
        if key in middles and (row := _row(project, middles[key], model)) is not None
    ]

    def told(task: Task) -> frozenset[Trait]:
        own = {model: _row(project, task, model) for model in {model for _, model, _, _ in known}}
        return frozenset(
            (LIKE, value)
            for value, model, middle, bound in known
            if (row := own[model]) is not None and float(row @ middle) >= bound
        )

    return told


def _row(project: Project, task: Task, model: str) -> np.ndarray | None:
    """Where a task lies by this model, as far as that is kept."""
    if (task.asset_id is not None) != (model == index.IMAGES):
        return None
    return index.vectors_of(project, model).row(task.pk)
