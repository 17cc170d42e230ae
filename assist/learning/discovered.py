"""Slices that nobody declared where a model does much worse than elsewhere: proposed, never asked for. Pure.

The largest traits and all pairs of them are looked at that enough groups have (the lattice of Chung and others, "Slice
Finder", 2019, two deep). How large the largest difference would be by chance is read off the very scores, dealt out
anew to the groups again and again (Westfall and Young, 1993): so it is charged for all that is looked at, and traits
that go together are charged for once. What a first slice explains is taken out before the next one is looked for, so
that its parts and its wholes don't follow it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from assist.learning.traits import DECLARED, Trait

LEAST = 20  # groups that a slice has, and that lack it
LOOKED_AT = 2_000  # slices at most, the largest first
PAIRED = 200  # traits at most, the largest
MOST = 5  # proposed
WORSE = 0.1  # of a score in [0, 1], at least
LEVEL = 0.03  # the chance that anything at all is proposed where nothing is
DEALS = 500
MANY = "meta"  # a feature that a task has several values of


@dataclass(frozen=True)
class Proposed:
    """A slice by its traits, which of the two models is worse there, and how much."""

    traits: tuple[Trait, ...]
    side: str  # candidate | champion
    tasks: int
    groups: int
    score: float  # there
    elsewhere: float
    chance: float  # that the largest difference anywhere is as large, where there is none

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        rounded = {name: round(getattr(self, name), 6) for name in ("score", "elsewhere", "chance")}
        return asdict(self) | rounded | {"traits": [list(one) for one in self.traits]}


@dataclass(frozen=True)
class _Looked:
    """The slices that are looked at, and which groups are in each: bool [slices, groups]."""

    traits: Sequence[tuple[Trait, ...]]
    member: np.ndarray


def propose(
    traits: Sequence[frozenset[Trait]],
    groups: Sequence[str],
    scores: Mapping[str, Sequence[float]],
    chance: np.random.Generator,
) -> list[Proposed]:
    """The slices where one of the models is much worse than elsewhere, the clearest first: of tasks with these traits,
    of these groups, and with these scores by each of them."""
    names, at = np.unique(np.asarray(groups, object).astype(str), return_inverse=True)
    looked = _looked_at(traits, at, len(names))
    if not looked.traits:
        return []
    sides = list(scores)
    sizes = np.bincount(at)
    means = np.stack([np.bincount(at, np.asarray(scores[side], float)) / sizes for side in sides])
    dealt = _dealt(looked.member, means, chance)
    found, left = list[Proposed](), np.ones(len(names), bool)
    while len(found) < MOST:
        worse = _worse(looked.member[:, left], means[:, left])
        side, which = divmod(int(worse.argmax()), len(looked.traits))
        by_chance = (1 + int((dealt >= worse[side, which]).sum())) / (1 + len(dealt))
        if not np.isfinite(worse[side, which]) or by_chance > LEVEL:
            break
        inside = looked.member[which] & left
        own, rest = means[side, inside].mean(), means[side, left & ~inside].mean()
        if rest - own >= WORSE:
            tasks = int(sizes[inside].sum())
            told = (tasks, int(inside.sum()), float(own), float(rest), by_chance)
            found.append(Proposed(looked.traits[which], sides[side], *told))
        left &= ~inside
    return found


def _looked_at(traits: Sequence[frozenset[Trait]], at: np.ndarray, groups: int) -> _Looked:
    """Traits and pairs of them that enough groups have and enough lack; what the gate asks for by itself isn't one."""
    known, rows = _largest(traits, at, groups)
    sizes = (rows.astype(np.float32) @ rows.T.astype(np.float32)).astype(int)  # of pairs; of each with itself its own
    own = sizes.diagonal()
    found: dict[tuple[int, ...], int] = {
        (one,): own[one] for one, trait in enumerate(known) if trait[0] not in DECLARED
    }
    for one, other in combinations(range(len(known)), 2):
        apart = known[one][0] != known[other][0] or known[one][0] == MANY
        if apart and LEAST <= sizes[one, other] < min(own[one], own[other]):
            found[one, other] = sizes[one, other]
    largest = sorted(found, key=lambda some: (-found[some], len(some), some))[:LOOKED_AT]
    member = np.stack([rows[list(some)].all(0) for some in largest]) if largest else rows[:0]
    return _Looked([tuple(known[one] for one in some) for some in largest], member)


def _largest(traits: Sequence[frozenset[Trait]], at: np.ndarray, groups: int) -> tuple[list[Trait], np.ndarray]:
    """The traits that are paired, in their order, and which groups have them. Of those that too few have, as where each
    task has a value of its own, no row is made."""
    members = defaultdict[Trait, set[int]](set)
    for own, group in zip(traits, at.tolist(), strict=True):
        for trait in own:
            members[trait].add(group)
    fit = [one for one, own in members.items() if LEAST <= len(own) <= groups - LEAST]
    known = sorted(sorted(fit, key=lambda one: (-len(members[one]), one))[:PAIRED])
    rows = np.zeros((len(known), groups), bool)
    for row, one in zip(rows, known, strict=True):
        row[list(members[one])] = True
    return known, rows


def _worse(member: np.ndarray, means: np.ndarray) -> np.ndarray:
    """By how many standard errors the mean outside of each slice lies above that inside: [sides, slices]. −inf of a
    slice with too few groups left, and where all scores are the same."""
    groups = means.shape[1]
    inside = member.sum(1).astype(float)
    spread = means.std(1, keepdims=True)
    enough = (inside >= LEAST) & (groups - inside >= LEAST)
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = means - means.mean(1, keepdims=True)
        sums = centred.astype(np.float32) @ member.T.astype(np.float32)
        worse = -sums * np.sqrt(groups / (inside * (groups - inside))) / spread
    return np.where(enough & (spread > 0), worse, -np.inf)


def _dealt(member: np.ndarray, means: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The largest difference anywhere, each time the groups are dealt anew; both models' scores are dealt together."""
    deals = [chance.permutation(means.shape[1]) for _ in range(DEALS)]
    worse = _worse(member, np.concatenate([means[:, one] for one in deals]))
    return worse.reshape(DEALS, -1).max(1)
