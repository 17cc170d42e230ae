"""Which instances of N answers are the same thing.

Bottom-up: the most similar pair first, never two instances of one answer in one cluster, a cluster
joined only while its members' mean similarity stays at the threshold (constrained average linkage).
Nothing depends on the order of the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import arguments
from projects.inference.geometry import LARGEST_EXACT, Matrix, components


def cluster(similarity: Matrix | scipy.sparse.coo_array, owner: Sequence[int], threshold: float) -> list[list[int]]:
    """Clusters of instance indices. `similarity` is square and symmetric over all instances, `owner[i]`
    says whose instance i is. Ties go to the lowest indices, so list instances in a canonical order.

    Instances that hang together are clustered apart from the rest, which is exact: a mean reaches the
    threshold only where some pair does. Where more than LARGEST_EXACT hang together a cluster is joined
    by its most similar pair instead of the mean. BadArgument for a table that isn't square, or an owner too few.
    """
    grid: Any = scipy.sparse.coo_array(similarity)
    owners = np.asarray(owner, dtype=np.int64)
    if grid.shape != (owners.size, owners.size):
        raise arguments.BadArgument("owner", f"there must be one for each instance: {owners.size} of {grid.shape}")
    arguments.finite("similarity", grid.data)
    keep = (grid.row < grid.col) & (grid.data >= threshold) & (grid.data > 0)
    keep &= owners[grid.row] != owners[grid.col]
    row, column, value = grid.row[keep], grid.col[keep], grid.data[keep]
    table = grid.tocsr()
    groups: list[list[int]] = []
    for pairs in components(row, column, len(owners)):
        members = np.unique(np.concatenate([row[pairs], column[pairs]]))
        if members.size > LARGEST_EXACT:
            found = _by_best_pair(row[pairs], column[pairs], value[pairs], owners)
            groups += [group for group in found if len(group) > 1]
        else:
            block = table[members][:, members].toarray()
            groups += [[int(members[i]) for i in group] for group in _by_mean(block, owners[members], threshold)]
    clustered = {i for group in groups for i in group}
    groups += [[i] for i in range(len(owners)) if i not in clustered]
    return sorted(groups)


def _by_mean(similarity: Matrix, owner: NDArray[np.int64], threshold: float) -> list[list[int]]:
    count = len(owner)
    members: dict[int, list[int]] = {i: [i] for i in range(count)}
    owners = {i: {int(owner[i])} for i in range(count)}
    linkage = np.array(similarity, dtype=float)
    linkage[np.equal.outer(owner, owner)] = -1.0
    linkage[np.tril_indices(count)] = -1.0
    while count > 1:
        i, j = divmod(int(np.argmax(linkage)), count)
        if linkage[i, j] < threshold or linkage[i, j] <= 0:
            break
        size_i, size_j = len(members[i]), len(members[j])
        row_i = np.maximum(linkage[i], linkage[:, i])
        row_j = np.maximum(linkage[j], linkage[:, j])
        joined = (size_i * row_i + size_j * row_j) / (size_i + size_j)
        members[i] = sorted(members[i] + members.pop(j))
        owners[i] |= owners.pop(j)
        linkage[j, :] = linkage[:, j] = linkage[i, :] = linkage[:, i] = -1.0
        for k in members:
            if k != i and not owners[k] & owners[i]:
                linkage[min(i, k), max(i, k)] = joined[k]
    return sorted(members.values())


def _by_best_pair(
    row: NDArray[np.int64], column: NDArray[np.int64], value: NDArray[np.float64], owner: NDArray[np.int64]
) -> list[list[int]]:
    home: dict[int, list[int]] = {int(i): [int(i)] for i in np.unique(np.concatenate([row, column]))}
    for n in np.lexsort((column, row, -value)):
        first, second = home[int(row[n])], home[int(column[n])]
        if first is second or {int(owner[i]) for i in first} & {int(owner[i]) for i in second}:
            continue
        joined = sorted(first + second)
        for i in joined:
            home[i] = joined
    return sorted({tuple(group): group for group in home.values()}.values())
