"""Which instances of N answers are the same thing.

Bottom-up: the most similar pair first, never two instances of one answer in one cluster, a cluster
joined only while its members' mean similarity stays at the threshold (constrained average linkage).
Nothing depends on the order of the answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from projects.geometry import Matrix


def cluster(similarity: Matrix, owner: Sequence[int], threshold: float) -> list[list[int]]:
    """Clusters of instance indices. `similarity` is square and symmetric over all instances, `owner[i]`
    says whose instance i is. Ties go to the lowest indices, so list instances in a canonical order."""
    count = len(owner)
    members: dict[int, list[int]] = {i: [i] for i in range(count)}
    owners = {i: {owner[i]} for i in range(count)}
    linkage = np.array(similarity, dtype=float)
    same = np.equal.outer(np.asarray(owner), np.asarray(owner))
    linkage[same] = -1.0
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
