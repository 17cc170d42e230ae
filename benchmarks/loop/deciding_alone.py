"""Who may decide alone: how often the full gate lets a model through that is better on the whole and worse in one
slice, and what it says of one that is as good, or for which there is too little evidence.

Digits of scikit-learn, from four sources, of which one holds its pictures turned by a quarter. The model in place is a
linear one that learnt from few; candidates see how like pictures are (random Fourier features; Rahimi and Recht, 2007)
and learn from many, so that all are better but for what is planted. Seconds are made up.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_approximation import RBFSampler

from assist.learning import gate
from assist.learning.costs import Cost, Meter, cost_of, within
from assist.learning.gate import Floors, Outcome, Pair, Ruling
from benchmarks.loop.planted import DROPPED, SOURCES, TURNED, digits
from benchmarks.loop.row import Row

SEEDS = 200
BEFORE, LEARNT, JUDGED, FEW = 150, 800, 900, 60  # pictures: the champion's, the candidate's, and those that judge
USUAL, SLOW = 0.05, 3.0  # seconds of an answer
MEMORY = 300  # MB
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Offered:
    """What a candidate says of the pictures that judge: labels, how sure it is, and how long each took."""

    said: np.ndarray
    sure: np.ndarray
    seconds: np.ndarray


Candidate = Callable[[Rows, Rows], Offered]


def plain(learnt: Rows, judged: Rows, kept: np.ndarray) -> Offered:
    """A linear model of these of what it may learn from."""
    return _taught(0.2, learnt[0][kept], learnt[1][kept], judged[0])


def taught(learnt: Rows, judged: Rows, kept: np.ndarray, labels: np.ndarray) -> Offered:
    """What sees how like pictures are, of these of what it may learn from, under these labels."""
    like = RBFSampler(gamma=0.03, n_components=300, random_state=0).fit(learnt[0])
    return _taught(0.05, like.transform(learnt[0][kept]), labels[kept], like.transform(judged[0]))


def _taught(shrinkage: float, rows: np.ndarray, labels: np.ndarray, judged: np.ndarray) -> Offered:
    head = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(rows, labels)
    shares = head.predict_proba(judged)
    return Offered(head.classes_[shares.argmax(1)], shares.max(1), np.full(len(judged), USUAL))


def better(learnt: Rows, judged: Rows) -> Offered:
    """It learnt from all there is."""
    return taught(learnt, judged, learnt[1] >= 0, learnt[1])


def flipped(learnt: Rows, judged: Rows) -> Offered:
    """Somebody at one source labelled every second picture by another table."""
    _, true, sources = learnt
    bad = (sources == TURNED) & (np.arange(len(true)) % 2 == 0)
    return taught(learnt, judged, true >= 0, np.where(bad, (true + 1) % 10, true))


def dropped(learnt: Rows, judged: Rows) -> Offered:
    """One class was left out of what it learnt from."""
    return taught(learnt, judged, learnt[1] != DROPPED, learnt[1])


def boastful(learnt: Rows, judged: Rows) -> Offered:
    """In one source it errs in every fourth picture, as the champion does there, and is sure of each."""
    made, own = better(learnt, judged), judged[2] == TURNED
    wrong = own & (np.arange(len(own)) % 4 == 0)
    said = np.where(wrong, (judged[1] + 1) % 10, np.where(own, judged[1], made.said))
    return Offered(said, np.where(own, 0.995, made.sure), made.seconds)


def slow(learnt: Rows, judged: Rows) -> Offered:
    """The pictures of one source and class take long: three in a hundred of all."""
    made, own = better(learnt, judged), (judged[2] == TURNED) & (judged[1] == DROPPED)
    return Offered(made.said, made.sure, np.where(own | (judged[2] == TURNED) & (judged[1] == 4), SLOW, USUAL))


def equal(learnt: Rows, judged: Rows) -> Offered:
    """It learnt from nine of ten of what the champion learnt from."""
    return plain(learnt, judged, (np.arange(len(learnt[1])) < BEFORE) & (np.arange(len(learnt[1])) % 10 > 0))


def offered(candidate: Candidate, rng: np.random.Generator, most: int = JUDGED, **terms: bool) -> tuple[Ruling, ...]:
    """What the gate rules of one candidate beside a champion."""
    images, true, sources = digits(rng)
    learnt = (images[:LEARNT], true[:LEARNT], sources[:LEARNT])
    judged = tuple(one[LEARNT : LEARNT + most] for one in (images, true, sources))
    champion = plain(learnt, judged, np.arange(LEARNT) < BEFORE).said == judged[1]
    ours = candidate(learnt, judged)
    right = ours.said == judged[1]
    names = [frozenset({f"label {label}", f"source {one}"}) for label, one in zip(*judged[1:], strict=True)]
    rows = [
        Pair(str(at), str(at), float(one), float(other), own)
        for at, (one, other, own) in enumerate(zip(right, champion, names, strict=True))
    ]
    meter = Meter(ours.seconds.tolist(), MEMORY, {at: [(float(ours.sure[at]), bool(right[at]))] for at in range(most)})
    meter.took = {at: [float(one)] for at, one in enumerate(ours.seconds)}
    judgement = gate.judge(rows, slices=frozenset[str]().union(*names))
    return gate.decide(rows, judgement, _costs(meter, names), Floors(), **terms)


def _costs(meter: Meter, names: list[frozenset[str]]) -> dict[str, Cost]:
    groups = {at: str(at) for at in range(len(names))}
    own = {name: {at: str(at) for at in groups if name in names[at]} for name in sorted(frozenset[str]().union(*names))}
    return {gate.EVERYTHING: cost_of(meter, groups)} | {name: within(meter, some) for name, some in own.items()}


PLANTED: dict[str, Candidate] = {
    f"better, but for bad labels of one of {SOURCES} sources": flipped,
    "better, but for one class dropped": dropped,
    "better, but too sure in one source": boastful,
}


def rows(seeds: int = SEEDS) -> Iterable[Row]:
    """Each kind, as often."""
    for what, candidate in PLANTED.items():
        yield _passed(f"{what}: may decide, of {seeds} seeds", _ends(candidate, seeds), "≤ 5 %", 0.05)
    yield _passed(f"as good as the one in place, {JUDGED} tasks: may decide", _ends(equal, seeds), "≤ 5 %", 0.05)
    yield _passed(f"better everywhere, {JUDGED} tasks: may decide", _ends(better, seeds), "")
    yield _passed("better, and slow with 5 % of the pictures, all of one source", _ends(slow, seeds), "≤ 5 %", 0.05)
    held = [
        found
        for seed in range(seeds)
        if gate.answer(found := offered(equal, np.random.default_rng(seed), FEW, refresh=True)) == Outcome.CANNOT_TELL
    ]
    missing = [max(one.missing for one in found) for found in held]
    named = sum(all(one.missing for one in found if one.outcome == Outcome.CANNOT_TELL) for found in held)
    told = f"{len(held) / seeds:.1%} held back, {named} of {len(held)} with a number; half ≥ {np.median(missing):.0f}"
    what = f"as good, a refresh declared, {FEW} tasks: says how much is missing"
    yield Row(what, "all that are held back", told, named == len(held))


def _ends(candidate: Candidate, seeds: int) -> list[tuple[Ruling, ...]]:
    return [offered(candidate, np.random.default_rng(seed)) for seed in range(seeds)]


def _passed(what: str, found: list[tuple[Ruling, ...]], asked: str, most: float | None = None) -> Row:
    """How many passed, and by which rules the others didn't, the commonest first."""
    ends = [gate.answer(one) for one in found]
    passed = ends.count(Outcome.PASSED) / len(ends)
    broken = Counter(rule for one in found for rule in {str(r.rule) for r in one if r.outcome == Outcome.REFUSED})
    why = ", ".join(f"{rule} {number / len(ends):.0%}" for rule, number in broken.most_common(3))
    told = f"{passed:.1%}; refused {ends.count(Outcome.REFUSED) / len(ends):.1%}" + (f" (by {why})" if why else "")
    return Row(what, asked, told, None if most is None else passed <= most)
