"""Tasks of a project in groups of those that are alike; no model is asked: only what is kept already counts."""

from collections.abc import Sequence

import numpy as np
import scipy

from assist.alike import index
from projects.models import Project, Task

MOST = 24  # groups
TELLING = 0.05  # silhouette below which nothing speaks for more than one group


def of(project: Project, tasks: Sequence[Task]) -> list[list[Task]]:
    """These tasks in groups, the largest first; the last holds those of which nothing is kept yet, if there are any."""
    groups: list[list[Task]] = []
    rest = list(tasks)
    for kind, with_asset in ((index.TEXTS, False), (index.IMAGES, True)):
        some = [one for one in rest if (one.asset_id is not None) == with_asset]
        if not some:
            continue
        kept = index.vectors_of(project, index.chosen(project, kind))
        rows = [(one, kept.row(one.pk)) for one in some]
        told = [(one, row) for one, row in rows if row is not None]
        if not told:
            continue
        numbers = parted(np.stack([row for _, row in told]))
        found = [[one for (one, _), at in zip(told, numbers, strict=True) if at == n] for n in range(max(numbers) + 1)]
        groups += found
        seen = {one.pk for one, _ in told}
        rest = [one for one in rest if one.pk not in seen]
    groups.sort(key=len, reverse=True)
    return [*groups, rest] if rest else groups


def parted(rows: np.ndarray) -> list[int]:
    """The number of each row's group, from 0: unit vectors, joined by their mean distance, and cut where groups stand
    apart most clearly (Rousseeuw, "Silhouettes", 1987)."""
    if len(rows) < 3:
        return [0] * len(rows)
    far = np.clip(1.0 - rows @ rows.T, 0.0, 2.0)
    far = (far + far.T) / 2
    np.fill_diagonal(far, 0.0)
    apart = scipy.spatial.distance.squareform(far, checks=False)  # reading it first: scipy.cluster reads of it as well
    tree = scipy.cluster.hierarchy.linkage(apart, "average")
    best, clearest = np.zeros(len(rows), int), TELLING
    for count in range(2, min(MOST, len(rows) - 1) + 1):
        numbers = scipy.cluster.hierarchy.fcluster(tree, count, "maxclust") - 1
        clear = _silhouette(far, numbers)
        if clear > clearest:
            best, clearest = numbers, clear
    order = np.argsort(-np.bincount(best), kind="stable")
    return [int(place) for place in np.argsort(order)[best]]


def _silhouette(far: np.ndarray, numbers: np.ndarray) -> float:
    """How much nearer rows lie to their own group than to the next one, in the mean: at most 1."""
    member = np.eye(numbers.max() + 1)[numbers]
    sizes = member.sum(0)
    if len(sizes) < 2:
        return 0.0
    sums = far @ member
    mine = np.arange(len(far)), numbers
    own = sums[mine] / np.maximum(sizes[numbers] - 1, 1)
    other = sums / sizes
    other[mine] = np.inf
    next_one = other.min(1)
    largest = np.maximum(own, next_one)
    each = np.divide(next_one - own, largest, out=np.zeros(len(far)), where=largest > 0)
    return float(np.where(sizes[numbers] > 1, each, 0.0).mean())
