"""What is labelled next: how many labels a model that chooses needs for the accuracy that all of a random budget gives.

Digits of scikit-learn under logistic regression. Each round a tenth of what is open is put first by Tandem's own draw,
as its doubt says (one less the likeliest share) or with nothing known of it, and labelled; of what was labelled the
split that teaches does. Another 500 pictures say how right the model is.
"""

import warnings
from collections.abc import Iterable

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from assist.learning.selection import draw
from assist.learning.splits import TRAIN, split_of
from benchmarks.loop.row import Row

SEEDS, BUDGET, FIRST, TESTED = 10, 600, 60, 500
SHARE, RANDOM = 0.1, 0.4  # put first in a round, and of these by lot: as usual
AT = np.arange(100, BUDGET + 1, 20)  # labels


def curve(seed: int, random_share: float | None) -> np.ndarray:
    """Accuracy at AT labels; None: nothing is known of what is open."""
    known, rng = load_digits(), np.random.default_rng(seed)
    order = rng.permutation(len(known.target))
    rows, true = known.data[order] / 16, known.target[order]
    key, pool = f"digits {seed}", np.arange(TESTED, len(true))
    teaches = np.array([split_of(key, str(at)) == TRAIN for at in range(len(true))])
    labelled, left, number = pool[:FIRST], pool[FIRST:], 0
    told: list[tuple[int, float]] = []
    while len(labelled) < BUDGET:
        head = _taught(rows, true, labelled[teaches[labelled]])
        told.append((len(labelled), head.score(rows[:TESTED], true[:TESTED])))
        doubts: list[float | None] = [None] * len(left)
        if random_share is not None:
            doubts = (1 - head.predict_proba(rows[left]).max(1)).tolist()
        tasks = [(str(at), str(at), doubt) for at, doubt in zip(left.tolist(), doubts, strict=True)]
        first = draw.draw(key, number, tasks, share=SHARE, random_share=random_share or 1.0).first
        labelled, left, number = np.append(labelled, left[first]), left[~first], number + 1
    told.append((len(labelled), _taught(rows, true, labelled[teaches[labelled]]).score(rows[:TESTED], true[:TESTED])))
    numbers, right = np.array(told).T
    return np.interp(AT, numbers, right)


def _taught(rows: np.ndarray, true: np.ndarray, learnt: np.ndarray) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(max_iter=200).fit(rows[learnt], true[learnt])


def rows(seeds: int = SEEDS) -> Iterable[Row]:
    """Beside as many labels by chance."""
    by_chance, chosen = (np.mean([curve(seed, how) for seed in range(seeds)], axis=0) for how in (None, RANDOM))
    reached = AT[chosen >= by_chance[-1]]
    part = reached[0] / BUDGET if len(reached) else float("inf")
    what = f"labels for the accuracy of {BUDGET} by chance ({by_chance[-1]:.1%}), {RANDOM:.0%} by lot, {seeds} seeds"
    yield Row(what, "≤ 70 %", f"{part:.0%}", bool(part <= 0.7))
    gap = float((chosen - by_chance).min())
    yield Row("never below as many by chance", "by ≤ 1 point", f"{100 * gap:+.1f} points at worst", gap >= -0.01)
