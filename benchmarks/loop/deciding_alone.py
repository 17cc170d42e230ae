"""Who may decide alone: how often the full gate lets a model through that is better on the whole and worse in one
slice, and what it says of one that is as good, or for which there is too little evidence.

Digits of scikit-learn, from four sources, of which one holds its pictures turned by a quarter. The model in place is a
linear one that learnt from few; candidates see how like pictures are (random Fourier features; Rahimi and Recht, 2007)
and learn from many, so that all are better but for what is planted. Seconds are made up.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_approximation import RBFSampler

from assist.learning import deciding_gate, gate
from assist.learning.costs import Cost, Meter, cost_of, within
from assist.learning.deciding_gate import Floors, Ruling
from assist.learning.gate import Outcome, Pair
from benchmarks.loop.planted import DROPPED, SOURCES, TURNED, digits
from benchmarks.loop.row import Row

SEEDS = 200
BEFORE, LEARNT, JUDGED, FEW = 150, 800, 900, 60  # pictures: the champion's, the candidate's, and those that judge
USUAL, SLOW = 0.05, 3.0  # seconds of an answer
MEMORY = 300  # MB


@dataclass(frozen=True)
class Offered:
    """What a model says of the pictures that judge: labels, how sure it is, and how long each took."""

    said: np.ndarray
    sure: np.ndarray
    seconds: np.ndarray


class Game:
    """One seed: what is learnt from and what judges, drawn anew, and the model in place."""

    def __init__(self, seed: int) -> None:
        images, self.true, self.sources = digits(np.random.default_rng(seed))
        self.images, self.judges = images, slice(LEARNT, LEARNT + JUDGED)
        like = RBFSampler(gamma=0.03, n_components=300, random_state=0).fit(images[:LEARNT])
        self.like = like.transform(images)
        self.champion = self.plain(np.arange(LEARNT) < BEFORE)

    def plain(self, kept: np.ndarray) -> Offered:
        """A linear model of these of what may be learnt from."""
        return self._taught(0.2, self.images, kept, self.true[:LEARNT])

    def taught(self, kept: np.ndarray, labels: np.ndarray) -> Offered:
        """What sees how like pictures are, of these of what may be learnt from, under these labels."""
        return self._taught(0.05, self.like, kept, labels)

    @cached_property
    def better(self) -> Offered:
        """It learnt from all there is."""
        return self.taught(self.true[:LEARNT] >= 0, self.true[:LEARNT])

    def _taught(self, shrinkage: float, rows: np.ndarray, kept: np.ndarray, labels: np.ndarray) -> Offered:
        head = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
        shares = head.fit(rows[:LEARNT][kept], labels[kept]).predict_proba(rows[self.judges])
        return Offered(head.classes_[shares.argmax(1)], shares.max(1), np.full(len(shares), USUAL))


Candidate = Callable[[Game], Offered]


def flipped(game: Game) -> Offered:
    """Somebody at one source labelled every second picture by another table."""
    true, sources = game.true[:LEARNT], game.sources[:LEARNT]
    bad = (sources == TURNED) & (np.arange(LEARNT) % 2 == 0)
    return game.taught(true >= 0, np.where(bad, (true + 1) % 10, true))


def dropped(game: Game) -> Offered:
    """One class was left out of what it learnt from."""
    return game.taught(game.true[:LEARNT] != DROPPED, game.true[:LEARNT])


def boastful(game: Game) -> Offered:
    """In one source it errs in every fourth picture, and is sure of each."""
    made, true, own = game.better, game.true[game.judges], game.sources[game.judges] == TURNED
    wrong = own & (np.arange(len(own)) % 4 == 0)
    said = np.where(wrong, (true + 1) % 10, np.where(own, true, made.said))
    return Offered(said, np.where(own, 0.995, made.sure), made.seconds)


def slow(game: Game) -> Offered:
    """Of one source's pictures each sixth takes long: one in twenty-four of all."""
    own = (game.sources[game.judges] == TURNED) & (np.arange(JUDGED) % 6 == 0)
    return replace(game.better, seconds=np.where(own, SLOW, USUAL))


def equal(game: Game) -> Offered:
    """It learnt from nine of ten of what the champion learnt from."""
    return game.plain((np.arange(LEARNT) < BEFORE) & (np.arange(LEARNT) % 10 > 0))


def offered(game: Game, ours: Offered, most: int = JUDGED, **terms: bool) -> tuple[Ruling, ...]:
    """What the gate rules of one candidate beside the champion, by so many tasks."""
    true, sources = (one[game.judges][:most] for one in (game.true, game.sources))
    right, before = (one.said[:most] == true for one in (ours, game.champion))
    names = [frozenset({f"label {label}", f"source {one}"}) for label, one in zip(true, sources, strict=True)]
    rows = [
        Pair(str(at), str(at), float(one), float(other), own)
        for at, (one, other, own) in enumerate(zip(right, before, names, strict=True))
    ]
    said = {at: [(float(ours.sure[at]), bool(right[at]))] for at in range(most)}
    meter = Meter(ours.seconds[:most].tolist(), MEMORY, said)
    meter.took = {at: [float(ours.seconds[at])] for at in range(most)}
    judgement = gate.judge(rows, slices=frozenset[str]().union(*names))
    return deciding_gate.decide(rows, judgement, _costs(meter, names), Floors(), **terms)


def _costs(meter: Meter, names: list[frozenset[str]]) -> dict[str, Cost]:
    groups = {at: str(at) for at in range(len(names))}
    own = {name: {at: str(at) for at in groups if name in names[at]} for name in sorted(frozenset[str]().union(*names))}
    return {gate.EVERYTHING: cost_of(meter, groups)} | {name: within(meter, some) for name, some in own.items()}


KINDS: dict[str, tuple[Candidate, float | None]] = {
    f"better, but for half of the labels of one of {SOURCES} sources": (flipped, 0.05),
    "better, but for one class dropped": (dropped, 0.05),
    "better, but too sure in one source": (boastful, 0.05),
    "better, but slow with one in six of one source’s pictures": (slow, 0.05),
    "as good as the one in place": (equal, 0.05),
    "better everywhere": (lambda game: game.better, None),
}


def rows(seeds: int = SEEDS) -> Iterable[Row]:
    """Each kind of candidate, as often, and an equal one with few tasks."""
    found: dict[str, list[tuple[Ruling, ...]]] = {what: [] for what in KINDS}
    few = []
    for seed in range(seeds):
        game = Game(seed)
        for what, (candidate, _) in KINDS.items():
            found[what].append(offered(game, candidate(game)))
        few.append(offered(game, equal(game), FEW, refresh=True))
    for what, (_, most) in KINDS.items():
        yield _passed(f"{what}: may decide alone, of {seeds} seeds", found[what], most)
    held = [one for one in few if deciding_gate.answer(one) == Outcome.CANNOT_TELL]
    missing = [max(one.missing for one in own) for own in held]
    named = sum(all(one.missing for one in own if one.outcome == Outcome.CANNOT_TELL) for own in held)
    told = f"{len(held) / seeds:.1%} held back, {named} of {len(held)} with a number; half ≥ {np.median(missing):.0f}"
    what = f"as good, a refresh declared, {FEW} tasks: says how much is missing"
    yield Row(what, "all that are held back", told, named == len(held))


def _passed(what: str, found: list[tuple[Ruling, ...]], most: float | None) -> Row:
    """How many passed, and by which rules the others didn't, the commonest first."""
    ends = [deciding_gate.answer(one) for one in found]
    passed = ends.count(Outcome.PASSED) / len(ends)
    broken = Counter(rule for one in found for rule in {str(r.rule) for r in one if r.outcome == Outcome.REFUSED})
    why = ", ".join(f"{rule} {number / len(ends):.0%}" for rule, number in broken.most_common(3))
    told = f"{passed:.1%}; refused {ends.count(Outcome.REFUSED) / len(ends):.1%}" + (f" (by {why})" if why else "")
    return Row(what, "" if most is None else f"≤ {100 * most:g} %", told, None if most is None else passed <= most)
