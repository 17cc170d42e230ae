"""People who say the same whatever is true, and so have one voice between them.

Three colluders agree on every task they share, outvote the honest and prove each other right: an estimate by their
labels holds them to be the best of all. Who is merely good agrees with the others as well. So the agreement of a group
is compared with what the group's agreement with everybody else lets expect (one factor, Spearman 1904): if `s` is their
share of the common story and `chance` how often they would say the same by their liking for answers,

    two of them say the same with probability  chance + (1 - chance) s²

Groups are sought by pairs who differ hardly ever on tasks enough, and all of a group must. Since they are found by
looking for them, so much surprise is asked for that of all groups of that size none would be found in nineteen of
twenty crowds that have no clique (Bonferroni).
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.camps import Labels
from projects.inference.distinct import distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# They differ on no more than this share of what two of them answered.
DIFFERING = 0.03
# Surprise in natural logs, one in twenty: of a pair, to be looked at; of a group, beyond all that could be looked at.
LINKED = CERTAIN = 3.0
# How far their share of the common story is taken to be above what was seen, in standard errors.
DOUBT = 2.0
# Crowds in which more pairs of labels on a task than that would have to be compared are left alone.
MOST_PAIRS = 20_000_000


def find_cliques(task: Ints, worker: Ints, label: Ints, sizes: tuple[int, int, int]) -> list[Ints]:
    """Groups of taskers who say the same whatever is true; `sizes` = (tasks, taskers, classes)."""
    tasks, workers, classes = sizes
    if float((np.bincount(task, minlength=1).astype(float) ** 2).sum()) > MOST_PAIRS or classes < 2:
        return []
    given = Labels(task, worker, label)
    groups, found = _linked(given, sizes), []
    if not groups:
        return []
    of_task, of_worker = _places(task, tasks), _places(worker, workers)
    for group in groups:
        answered, _ = distinct(task[of_worker[group].indices], tasks)
        said, rest = _said(given.only(of_task[answered].indices), group, sizes)
        if _differ(said) <= DIFFERING and _surprise(said, rest) >= _looked_at(group.size, workers) + CERTAIN:
            found.append(group)
    return found


def _places(of: Ints, size: int) -> scipy.sparse.csr_array:
    """Row by row, where the labels of each task or tasker stand."""
    return scipy.sparse.csr_array((np.ones(of.size, dtype=bool), (of, np.arange(of.size))), shape=(size, of.size))


def one_voice(task: Ints, worker: Ints, cliques: list[Ints], workers: int) -> Floats:
    """How much each label counts: those that one clique gave to one task count one together."""
    voice = np.arange(workers)
    for group in cliques:
        voice[group] = group[0]
    if not cliques:
        return np.ones(task.size)
    _, at, times = np.unique(task * workers + voice[worker], return_inverse=True, return_counts=True)
    return np.asarray(1 / times[at], dtype=np.float64)


def _linked(given: Labels, sizes: tuple[int, int, int]) -> list[Ints]:
    """Groups that hang together by pairs who differ hardly ever, where people of this crowd would."""
    tasks, workers, classes = sizes
    ones = np.ones(given.task.size)
    answered = scipy.sparse.csr_array((ones, (given.worker, given.task)), shape=(workers, tasks))
    saying = scipy.sparse.csr_array(
        (ones, (given.worker, given.task * classes + given.label)), shape=(workers, tasks * classes)
    )
    shared, same = scipy.sparse.coo_array(answered @ answered.T), scipy.sparse.csr_array(saying @ saying.T)
    first, second = shared.coords
    often = float(same.sum() - same.diagonal().sum()) / max(float(shared.data[first != second].sum()), 1)
    usual = float(np.clip(often, 1 / classes, 1 - 1e-9))
    enough = (first < second) & (-np.log(usual) * shared.data >= LINKED)
    first, second, together = first[enough], second[enough], shared.data[enough]
    close = np.asarray(same[first, second]).ravel() >= (1 - DIFFERING) * together
    pairs = scipy.sparse.csr_array((np.ones(close.sum()), (first[close], second[close])), shape=(workers, workers))
    _, of = scipy.sparse.csgraph.connected_components(pairs, directed=False)
    return [np.flatnonzero(of == one) for one in np.flatnonzero(np.bincount(of) >= 2)]


def _differ(said: Floats) -> float:
    """The share of a group's pairs of answers to one task that aren't the same."""
    pairs = (said.sum(1) * (said.sum(1) - 1)).sum()
    return float(1 - (said * (said - 1)).sum() / max(pairs, 1))


def _said(given: Labels, group: Ints, sizes: tuple[int, int, int]) -> tuple[Floats, Floats]:
    """(tasks, classes) how many of the group said what, and how many of the others, of the tasks the group answered."""
    _, workers, classes = sizes
    theirs = np.zeros(workers, dtype=bool)
    theirs[group] = True
    who = theirs[given.worker]
    answered = np.zeros(sizes[0], dtype=bool)
    answered[given.task[who]] = True
    place = np.cumsum(answered) - 1
    counts = []
    for part in (who, ~who & answered[given.task]):
        cells = place[given.task[part]] * classes + given.label[part]
        counts.append(np.bincount(cells, minlength=int(answered.sum()) * classes).reshape(-1, classes).astype(float))
    return counts[0], counts[1]


def _surprise(said: Floats, rest: Floats) -> float:
    """How odd it is that these people differ hardly ever, in natural logs, by what they and the others (tasks, classes)
    said of their tasks. Nothing where nobody else tells a story, or one that they contradict: then they may tell
    another (`rivals`)."""
    mixed, mixed_room = _beyond(said, rest)
    among, among_room = _beyond_themselves(rest)
    story = among.sum() / max(among_room.sum(), 1e-9)
    if story <= 0:
        return 0.0
    common = mixed.sum() / max(mixed_room.sum(), 1e-9)
    share = common / np.sqrt(story)
    # The error of that share: how much each task moves it.
    moved = (mixed - common * mixed_room) / max(mixed_room.sum(), 1e-9) / np.sqrt(story)
    moved -= 0.5 * share / story * (among - story * among_room) / among_room.sum()
    most = min(float(share + DOUBT * np.sqrt((moved**2).sum())), 1.0)
    if most <= 0:
        return 0.0
    liked = said.sum(0) / said.sum()
    expected = float(liked @ liked + (1 - liked @ liked) * most**2)
    times = said.sum(1)
    return float(-np.log(min(expected, 1.0)) * (times - (said > 0).sum(1))[times > 1].sum())


def _beyond(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """(tasks,) by how much pairs of one's and the other's labels agree beyond chance, and the room for it."""
    chance = float(one.sum(0) @ other.sum(0)) / max(one.sum() * other.sum(), 1)
    pairs = one.sum(1) * other.sum(1)
    return (one * other).sum(1) - chance * pairs, (1 - chance) * pairs


def _beyond_themselves(one: Floats) -> tuple[Floats, Floats]:
    """The same of pairs of one's labels."""
    chance = float((one.sum(0) ** 2).sum()) / max(one.sum() ** 2, 1)
    pairs = one.sum(1) * (one.sum(1) - 1)
    return (one * (one - 1)).sum(1) - chance * pairs, (1 - chance) * pairs


def _looked_at(size: int, workers: int) -> float:
    """The log of how many groups of that size there could be."""
    return float(
        scipy.special.gammaln(workers + 1) - scipy.special.gammaln(size + 1) - scipy.special.gammaln(workers - size + 1)
    )
