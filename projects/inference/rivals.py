"""Whether a crowd tells what is true, or tells two stories that could as well be true.

That most people are right is what every estimate rests on. Where a third or more of the labels come from people who
agree with each other and not with the rest (contrary to them, or colluding), the labels fit either story, however many
there are. Somebody outside must say which: a few known answers.

People are split in two camps (`camps`) on one half of the tasks, and on the other half it is asked how far pairs of
them agree beyond chance. Where all tell one story, and some better than others, the worse agree with each other no more
than with the better: the least of `one·one` and `other·other` is no more than `one·other` (one factor, Spearman 1904).
Only a second story turns that round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.camps import Labels, Sizes, by_agreement, by_residual
from projects.inference.colours import Colours
from projects.inference.distinct import distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]

# From here on the story is held told.
ENOUGH = 0.95
# Both camps must agree within by so many standard errors more than with each other (one crowd in a hundred does by
# chance), and by so much; and their stories must have less than this in common. Else the labels tell one story.
CLEAR, MARGIN, ALIKE = 2.33, 0.1, 0.5
# Nor do they where fewer voices than that tell the other: somebody who came twice, with whoever is like them by chance.
# People are one voice where they have so many tasks in common and answer all but this share of them alike.
FEWEST_VOICES, SHARED, DIFFERING = 4, 10, 0.03
# How likely people are contrary, before anything is seen: the share of them is drawn from Beta(1, 4), so the odds of
# two stories are the third power of the odds of their people.
POWER = 3.0
# However large the rival, the estimate is never held less likely: its order stands.
LEAST = 0.51
# A known answer tells no more than that, in natural log odds; asked for are so many times as many as would do on
# average, and no fewer than that.
LARGEST, SPARE, FEWEST = 3.0, 1.5, 3
# With more classes people are split by how far they agree alone.
MOST_CLASSES = 30
LEADING, RIVAL = 0, 1


@dataclass(frozen=True)
class Told:
    """`sure` is the chance that the estimate's story is the true one; `needed` how many known answers, drawn by chance,
    would be expected to say so or otherwise (0 where it is told); `rival` (taskers,) those who tell the other."""

    sure: float
    needed: int
    rival: Bits


@dataclass(frozen=True)
class _Agreement:
    """How far pairs agree beyond chance: two of the leading camp, one of each, two of the rival; `odd` by how many
    standard errors the least of both camps' is above that between them; `share` of the labels that the rival gave."""

    leading: float
    mixed: float
    rival: float
    odd: float
    share: float

    @property
    def is_rivalry(self) -> bool:
        """Whether there are two stories."""
        least = min(self.leading, self.rival)
        common = self.mixed < ALIKE * np.sqrt(max(self.leading * self.rival, 0))
        return bool(self.odd > CLEAR and least > 0 and least - self.mixed > MARGIN and common and self.share < 1)

    @property
    def followers(self) -> float:
        """The rival's people for each of the leading story's, the noise of both taken out; one at most."""
        return float(min(self.share / (1 - self.share) * np.sqrt(self.rival / self.leading), 1.0))


def weigh_rival(
    task: Ints,
    worker: Ints,
    label: Ints,
    sizes: Sizes,
    posterior: Floats,
    told: Colours,
    known: Ints | None = None,
) -> Told:
    """Whether the labels tell the story of `posterior`, or one against it as well; `told` is what
    all look like; `known[t]` is a class or -1."""
    nobody = np.zeros(sizes[1], dtype=bool)
    if sizes[2] < 2 or not task.size:
        return Told(1.0, 0, nobody)
    given = Labels(task, worker, label)
    found = [_split(given, sizes, posterior, told, residual) for residual in (False, True)[: _ways(sizes[2])]]
    rivalries = [
        (agreement, rival)
        for agreement, rival in found
        if agreement.is_rivalry and _voices(given, rival, sizes) >= FEWEST_VOICES
    ]
    if not rivalries:
        return Told(1.0, 0, nobody)
    agreement, rival = max(rivalries, key=lambda one: one[0].odd)
    odds, gains = -POWER * np.log(agreement.followers), _gains(agreement, sizes[2])
    if known is not None:
        odds += _told_by(given, known, rival[worker], gains)
    sure = float(1 / (1 + np.exp(-odds)))
    return Told(sure, 0 if sure >= ENOUGH else _needed(agreement, sizes[2], gains, odds), rival)


def tempered(posterior: Floats, sure: float) -> Floats:
    """The posterior (..., classes) where its story is true with chance `sure`, and else each other class is as likely
    as this one is unlikely: with two classes, the mirror."""
    if sure >= ENOUGH:
        return posterior
    kept, others = max(sure, LEAST), max(posterior.shape[-1] - 1, 1)
    return kept * posterior + (1 - kept) * (1 - posterior) / others


def _voices(given: Labels, rival: Bits, sizes: Sizes) -> int:
    """How many the rival's people are, those who say the same counted once."""
    some = given.only(rival[given.worker])
    people, who = np.unique(some.worker, return_inverse=True)
    ones = np.ones(who.size)
    on = scipy.sparse.csr_array((ones, (who, some.task)), shape=(people.size, sizes[0]))
    saying = scipy.sparse.csr_array(
        (ones, (who, some.task * sizes[2] + some.label)), shape=(people.size, sizes[0] * sizes[2])
    )
    shared = scipy.sparse.coo_array(on @ on.T)
    alike = scipy.sparse.csr_array(saying @ saying.T)[shared.row, shared.col] >= (1 - DIFFERING) * shared.data
    same = alike & (shared.data >= SHARED)
    pairs = scipy.sparse.csr_array(
        (np.ones(same.sum()), (shared.row[same], shared.col[same])), shape=(people.size, people.size)
    )
    return int(scipy.sparse.csgraph.connected_components(pairs, directed=False)[0])


def _ways(classes: int) -> int:
    return 1 if classes > MOST_CLASSES else 2


def _split(given: Labels, sizes: Sizes, posterior: Floats, told: Colours, residual: bool) -> tuple[_Agreement, Bits]:
    """How two camps agree, found on each half of the tasks for the other; and who the rival is, by all tasks."""
    even = (told.task >> np.uint64(20) & np.uint64(1)).astype(bool)[given.task]
    begin = (told.worker >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5

    def camp(here: Bits) -> Bits:
        some = given.only(here)
        return by_residual(some, sizes, posterior, begin) if residual else by_agreement(some, sizes, posterior)

    everywhere = np.ones(even.size, dtype=bool)
    rival = _less_agreed(camp(everywhere), given, posterior)
    seen = _agreement(given, sizes, [(rival, everywhere)])
    if not seen.is_rivalry:  # where they were found they look more apart than they are
        return seen, rival
    halves = [_facing(camp(here), rival, given.worker) for here in (even, ~even)]
    return _agreement(given, sizes, [(halves[0], ~even), (halves[1], even)]), rival


def _less_agreed(side: Bits, given: Labels, posterior: Floats) -> Bits:
    """The camp, or the other one, whichever agrees less with the posterior."""
    agreed, theirs = posterior[given.task, given.label], side[given.worker]
    if theirs.all() or not theirs.any():
        return np.zeros_like(side)
    return side if agreed[theirs].mean() <= agreed[~theirs].mean() else ~side


def _facing(side: Bits, like: Bits, worker: Ints) -> Bits:
    """The camp, or the other one, whichever has more labels in common with this."""
    return side if (side == like)[worker].mean() >= 0.5 else ~side


def _agreement(given: Labels, sizes: Sizes, parts: list[tuple[Bits, Bits]]) -> _Agreement:
    """From parts of the labels: who of the taskers is the rival, and which labels belong to the part."""
    tasks = sizes[0]
    beyond, room = np.zeros((3, len(parts), tasks)), np.zeros((3, len(parts), tasks))
    theirs = 0
    for n, (rival, here) in enumerate(parts):
        some = given.only(here)
        beyond[:, n], room[:, n] = _pairs(some, rival[some.worker], sizes)
        theirs += int(rival[some.worker].sum())
    total = np.maximum(room.sum((1, 2)), 1e-9)
    kappa = beyond.sum((1, 2)) / total
    least = 0 if kappa[0] < kappa[2] else 2
    rest = (beyond - kappa[:, None, None] * room) / total[:, None, None]
    # Where nobody errs all tasks are alike: what is seen on n of them is known no better than to one in n.
    error = max(float(np.sqrt(((rest[least] - rest[1]) ** 2).sum())), 1 / tasks)
    odd = float((kappa[least] - kappa[1]) / error) if (total > 1e-9).all() else 0.0
    return _Agreement(float(kappa[0]), float(kappa[1]), float(kappa[2]), odd, theirs / given.task.size)


def _pairs(given: Labels, rival: Bits, sizes: Sizes) -> tuple[Floats, Floats]:
    """(3, tasks) agreement beyond chance, and the room for it, of pairs within the leading camp, between, within the
    rival."""
    tasks, _, classes = sizes
    cells, at = distinct(given.task * classes + given.label, tasks * classes)
    sides = (~rival, rival)
    said = np.array([np.bincount(at, side, cells.size) for side in sides])
    answers = np.array([np.bincount(given.task, side, tasks) for side in sides])
    # Without any label a bincount is of whole numbers, whatever its weights.
    shares = np.array([np.bincount(given.label, side, classes) for side in sides], dtype=float)
    shares /= np.maximum(shares.sum(1, keepdims=True), 1)
    beyond, room = np.zeros((3, tasks)), np.zeros((3, tasks))
    for n, (one, other) in enumerate(((LEADING, LEADING), (LEADING, RIVAL), (RIVAL, RIVAL))):
        same = 0.5 * said[one] * (said[one] - 1) if one == other else said[one] * said[other]
        pairs = 0.5 * answers[one] * (answers[one] - 1) if one == other else answers[one] * answers[other]
        chance = float(shares[one] @ shares[other])
        beyond[n] = np.bincount(cells // classes, same, tasks) - chance * pairs
        room[n] = (1 - chance) * pairs
    return beyond, room


def _rights(agreement: _Agreement, classes: int) -> Floats:
    """(2, 2) the chance that the leading, and the rival, camp is right where the first, and the second, story is
    true."""
    leading, rival = np.sqrt(agreement.leading), np.sqrt(agreement.rival)
    skill = np.array([[leading, agreement.mixed / rival], [agreement.mixed / leading, rival]])
    return np.clip(1 / classes + (1 - 1 / classes) * skill, 0.05, 0.95)


def _gains(agreement: _Agreement, classes: int) -> Floats:
    """(2, 2) log odds of the first story against the second by a wrong, and by a right, answer of either camp."""
    right = _rights(agreement, classes)
    return np.log(np.stack([(1 - right[:, 0]) / (1 - right[:, 1]), right[:, 0] / right[:, 1]], axis=1))


def _told_by(given: Labels, known: Ints, rival: Bits, gains: Floats) -> float:
    """Log odds from known answers. People of one story err together: on each task they count as one."""
    here = known[given.task] >= 0
    right = (given.label == known[given.task]).astype(int)
    total = np.zeros(known.size)
    for side, camp in ((LEADING, ~rival), (RIVAL, rival)):
        at = given.task[here & camp]
        told = np.bincount(at, gains[side][right[here & camp]], known.size)
        total += told / np.maximum(np.bincount(at, minlength=known.size), 1)
    return float(np.clip(total, -LARGEST, LARGEST).sum())


def _needed(agreement: _Agreement, classes: int, gains: Floats, odds: float) -> int:
    """Known answers, besides those that are, after which the odds would be expected to be enough."""
    right = _rights(agreement, classes)[:, 0]
    each = float(((1 - right) * gains[:, 0] + right * gains[:, 1]).sum())
    missing = np.log(ENOUGH / (1 - ENOUGH)) - max(odds, 0.0)
    return max(int(np.ceil(SPARE * missing / max(min(each, LARGEST), 0.05))), FEWEST)
