"""What lies near each other, as traits of tasks: by vectors that are kept already; no model is asked.

Tasks are parted into groups of those that are alike, and each group stands for itself by the one in its middle and by
how near the others lie to that: whoever lies as near is in it, today or later.
"""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import numpy as np

from assist.alike import groups, index
from assist.learning.traits import LIKE, Trait
from projects.models import ArchivedTask, Project, Task

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
    middles = _middles(project, [key for key, _ in bounds.values()])
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


def unread(project: Project, values: Iterable[str]) -> set[str]:
    """Those of which nobody can tell who is in them: where their middle lies isn't kept."""
    keys = {value: UUID(value.split()[0]) for value in values}
    middles = _middles(project, keys.values())
    read = {
        key
        for key, one in middles.items()
        if any(_row(project, one, model) is not None for model in (index.TEXTS, index.IMAGES))
    }
    return {value for value, key in keys.items() if key not in read}


def _middles(project: Project, keys: Iterable[UUID]) -> dict[UUID, Task | ArchivedTask]:
    """By their public ids, those in an archive as well: where they lie stays."""
    own = {"project": project, "public_id__in": list(keys)}
    archived: dict[UUID, Task | ArchivedTask] = {one.public_id: one for one in ArchivedTask.objects.filter(**own)}
    return archived | {one.public_id: one for one in Task.objects.filter(**own)}


def _row(project: Project, task: Task | ArchivedTask, model: str) -> np.ndarray | None:
    """Where a task lies by this model, as far as that is kept."""
    if (task.asset_id is not None) != (model == index.IMAGES):
        return None
    return index.vectors_of(project, model).row(task.pk)
