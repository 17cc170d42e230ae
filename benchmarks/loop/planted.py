"""A regression planted in one slice and offered as a candidate: how often the gate lets it through; and what it says of
an equal model for which there is too little evidence. Then the same of candidates that are much better elsewhere, with
few tasks to judge by, counting those that truly lose a margin somewhere.

Digits of scikit-learn under linear heads, from four sources, of which one holds its pictures turned by a quarter; boxes
are made up. Each seed draws anew what is learnt from and what judges.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from assist.learning import gate
from assist.learning.gate import Judgement, Outcome, Pair
from benchmarks.loop.row import Row

SEEDS = 200
LEARNT, JUDGED, FEW = 800, 900, 60
TAUGHT, COUNTS = 50, (40, 60, 80, 100, 150)  # rows of a champion that knows little; tasks that judge
PROTECTED = 10  # tasks that a slice has to have (assist/learning/slices.py)
SOURCES, TURNED, DROPPED = 4, 0, 3
SMALL = 32.0  # pixels


def digits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures as rows, what they are, and where they came from, in an order by chance."""
    known = load_digits()
    order = rng.permutation(len(known.target))
    images, sources = known.images[order] / 16, rng.integers(SOURCES, size=len(order))
    images = np.where((sources == TURNED)[:, None, None], np.rot90(images, axes=(1, 2)), images)
    return images.reshape(len(order), -1), known.target[order], sources


Spoil = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
Answers = tuple[np.ndarray, np.ndarray, list[frozenset[str]]]  # whether either is right, and the slices


def _answers(rng: np.random.Generator, spoil: Spoil, taught: int = LEARNT) -> Answers:
    """A champion that learnt from all of so many rows, and a candidate from what `spoil` leaves: which to keep, and
    their labels."""
    rows, true, sources = digits(rng)
    learnt, judged = slice(0, LEARNT), slice(LEARNT, LEARNT + JUDGED)
    champion = RidgeClassifier().fit(rows[:taught], true[:taught])
    kept, said = spoil(true[learnt], sources[learnt], rng.random(LEARNT))
    candidate = RidgeClassifier().fit(rows[learnt][kept], said[kept])
    found, before = (model.predict(rows[judged]) == true[judged] for model in (candidate, champion))
    names = [
        frozenset({f"label {label}", f"source {source}"})
        for label, source in zip(true[judged], sources[judged], strict=True)
    ]
    return found, before, names


def _judged(rng: np.random.Generator, spoil: Spoil, most: int) -> Judgement:
    found, before, names = _answers(rng, spoil)
    return _gate(found[:most], before[:most], names[:most])


def _gate(candidate: np.ndarray, champion: np.ndarray, names: Sequence[frozenset[str]]) -> Judgement:
    """As an evaluation asks: slices of few tasks aren't protected."""
    pairs = [
        Pair(str(at), str(at), float(one), float(other), own)
        for at, (one, other, own) in enumerate(zip(candidate, champion, names, strict=True))
    ]
    counts = Counter(name for own in names for name in own)
    return gate.judge(pairs, slices=[name for name, count in counts.items() if PROTECTED <= count < len(pairs)])


def bad_labels(true: np.ndarray, sources: np.ndarray, draw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Somebody at one source labelled by another table."""
    return draw >= 0, np.where(sources == TURNED, (true + 1) % 10, true)


def without_one(true: np.ndarray, sources: np.ndarray, draw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One class was left out of what the candidate learnt from."""
    return true != DROPPED, true


def nine_in_ten(true: np.ndarray, sources: np.ndarray, draw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nothing is lost."""
    return draw < 0.9, true


def flipped(rng: np.random.Generator) -> Judgement:
    """Bad labels of one source."""
    return _judged(rng, bad_labels, JUDGED)


def dropped(rng: np.random.Generator) -> Judgement:
    """Without one class."""
    return _judged(rng, without_one, JUDGED)


def equal(rng: np.random.Generator, most: int = FEW) -> Judgement:
    """The candidate learnt from nine of ten rows of the same."""
    return _judged(rng, nine_in_ten, most)


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


ELSEWHERE = {"bad labels of one source": bad_labels, "one class dropped": without_one, "nothing lost": nine_in_ten}


def much_better(seeds: int = SEEDS, taught: int = TAUGHT) -> Iterable[Row]:
    """Beside a champion that knows little: by tasks, how many pass of those that lose a margin in some slice (of
    "nothing lost": of those that lose none)."""
    for what, spoil in ELSEWHERE.items():
        answers = [_answers(np.random.default_rng(seed), spoil, taught) for seed in range(seeds)]
        some = [one for one in answers if _loses(*one) != (spoil is nine_in_ten)]
        gain = np.mean([found.mean() - before.mean() for found, before, _ in some])
        passed = [
            sum(_gate(a[:count], b[:count], own[:count]).outcome == Outcome.PASSED for a, b, own in some)
            for count in COUNTS
        ]
        told = ", ".join(f"{one / len(some):.1%} with {count}" for one, count in zip(passed, COUNTS, strict=True))
        asked, holds = ("", None) if spoil is nine_in_ten else ("≤ 5 %", max(passed) <= 0.05 * len(some))
        yield Row(f"{what}, {gain:+.0%} in all: promoted, of {len(some)}", asked, told, holds)


def _loses(found: np.ndarray, before: np.ndarray, names: Sequence[frozenset[str]]) -> bool:
    worse = before.astype(float) - found
    rows: dict[str, list[float]] = defaultdict(list)
    for own, one in zip(names, worse, strict=True):
        for name in own:
            rows[name].append(float(one))
    return max(sum(own) / len(own) for own in rows.values()) >= gate.MARGIN


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
    yield from much_better(seeds)
