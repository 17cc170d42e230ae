"""A regression planted in one slice and offered as a candidate: how often the gate lets it through; and what it says of
an equal model for which there is too little evidence.

Digits of scikit-learn under linear heads, from four sources, of which one holds its pictures turned by a quarter; boxes
are made up. Each seed draws anew what is learnt from and what judges.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from assist.learning import gate
from assist.learning.gate import Judgement, Outcome, Pair
from benchmarks.loop.row import Row

SEEDS = 200
LEARNT, JUDGED, FEW = 800, 900, 60
SOURCES, TURNED, DROPPED = 4, 0, 3
SMALL = 32.0  # pixels


def digits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures as rows, what they are, and where they came from, in an order by chance."""
    known = load_digits()
    order = rng.permutation(len(known.target))
    images, sources = known.images[order] / 16, rng.integers(SOURCES, size=len(order))
    images = np.where((sources == TURNED)[:, None, None], np.rot90(images, axes=(1, 2)), images)
    return images.reshape(len(order), -1), known.target[order], sources


def _judged(
    rng: np.random.Generator,
    spoil: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    most: int,
) -> Judgement:
    """A champion that learnt from all as it is, and a candidate from what `spoil` leaves: rows to keep and labels."""
    rows, true, sources = digits(rng)
    learnt, judged = slice(0, LEARNT), slice(LEARNT, LEARNT + most)
    champion = RidgeClassifier().fit(rows[learnt], true[learnt])
    kept, said = spoil(true[learnt], sources[learnt], rng.random(LEARNT))
    candidate = RidgeClassifier().fit(rows[learnt][kept], said[kept])
    found, before = (model.predict(rows[judged]) == true[judged] for model in (candidate, champion))
    names = [
        frozenset({f"label {label}", f"source {source}"})
        for label, source in zip(true[judged], sources[judged], strict=True)
    ]
    return _gate(found, before, names)


def _gate(candidate: np.ndarray, champion: np.ndarray, names: Sequence[frozenset[str]]) -> Judgement:
    pairs = [
        Pair(str(at), str(at), float(one), float(other), own)
        for at, (one, other, own) in enumerate(zip(candidate, champion, names, strict=True))
    ]
    return gate.judge(pairs, slices=frozenset[str]().union(*names))


def flipped(rng: np.random.Generator) -> Judgement:
    """Somebody at one source labelled by another table."""
    return _judged(
        rng, lambda true, sources, _: (true >= 0, np.where(sources == TURNED, (true + 1) % 10, true)), JUDGED
    )


def dropped(rng: np.random.Generator) -> Judgement:
    """One class was left out of what the candidate learnt from."""
    return _judged(rng, lambda true, sources, _: (true != DROPPED, true), JUDGED)


def equal(rng: np.random.Generator, most: int = FEW) -> Judgement:
    """The candidate learnt from nine of ten rows of the same: nothing is lost."""
    return _judged(rng, lambda true, sources, draw: (draw < 0.9, true), most)


def shifted(rng: np.random.Generator) -> Judgement:
    """Boxes of small things lie three pixels beside; of all others they are as good as the champion's."""
    sizes = np.exp(rng.uniform(np.log(12), np.log(200), JUDGED))
    aside = np.where(sizes < SMALL, 3.0, 0.0)
    candidate, champion = (_overlaps(sizes, rng.normal(0, 0.04, JUDGED) * sizes + more) for more in (aside, 0.0))
    return _gate(candidate, champion, [frozenset({"small" if one < SMALL else "large"}) for one in sizes])


def _overlaps(sizes: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """IoU of squares of these sizes with themselves, so far aside."""
    common = np.clip(sizes - np.abs(aside), 0, None)
    return common / (2 * sizes - common)


PLANTED = {"bad labels of one source": flipped, "one class dropped": dropped, "boxes of small things shifted": shifted}


def rows(seeds: int = SEEDS) -> Iterable[Row]:
    """Each kind, as often."""
    for what, offered in PLANTED.items():
        ends = [offered(np.random.default_rng(seed)).outcome for seed in range(seeds)]
        passed = ends.count(Outcome.PASSED)
        told = f"{passed / seeds:.1%}; refused {ends.count(Outcome.REFUSED) / seeds:.1%}"
        yield Row(f"{what}: promoted, of {seeds} seeds", "≤ 5 %", told, passed <= 0.05 * seeds)
    found = [equal(np.random.default_rng(seed)) for seed in range(seeds)]
    held = [one for one in found if one.outcome == Outcome.CANNOT_TELL]
    said = [max(finding.missing for finding in one.findings) for one in held]
    named = sum(one > 0 for one in said)
    told = (
        f"{len(held) / seeds:.1%} held back, {named} of {len(held)} with a number; half of them ≥ {np.median(said):.0f}"
    )
    yield Row(
        f"an equal model on {FEW} tasks says how much is missing", "all that are held back", told, named == len(held)
    )
