"""The nine categorical sets: accuracy, calibration, copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import data, yardsticks
from benchmarks.truth.statistics import paired
from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import Calibration, calibrate, calibration_error
from projects.inference.classification import Estimate, estimate
from projects.inference.copying import find_copies, voices

Floats = NDArray[np.float64]

# What the table names the best single method, to be compared item by item.
YARDSTICK = "one-coin DS"
KNOWN, SEEDS = 50, 50


def run(root: Path, ledger: Ledger) -> None:
    """Print every table that needs the categorical sets."""
    sets = [data.categorical(root, name) for name in data.CATEGORICAL]
    results = [estimated(one) for one in sets]
    accuracy(sets, results, ledger)
    calibration(sets, results, ledger)
    copying(sets, results, ledger)


def accuracy(sets: list[data.Labels], results: list[Estimate], ledger: Ledger) -> None:
    """Accuracy per set beside majority vote and crowd-kit's one-coin Dawid-Skene on the same labels."""
    ledger.say("\n## Classification: accuracy in %")
    ledger.say("set            majority  one-coin DS   ours")
    ours, theirs, votes = [], [], []
    for one, result in zip(sets, results, strict=True):
        ours.append(hits(result.answer, one))
        votes.append(_by_majority(one))
        theirs.append(hits(_one_coin(one), one))
        ledger.say(f"{one.name:14s} {votes[-1].mean():8.1%} {theirs[-1].mean():11.1%} {ours[-1].mean():7.1%}")
    means = [np.mean([r.mean() for r in rows]) for rows in (votes, theirs, ours)]
    ledger.say(f"{'mean':14s} {means[0]:8.2%} {means[1]:11.2%} {means[2]:7.2%}")
    gap, low, high = paired(ours, theirs)
    ledger.say(f"ours - {YARDSTICK}: {gap:+.2%} (paired bootstrap {low:+.2%} to {high:+.2%})")
    worst = min(zip(ours, votes, sets, strict=True), key=lambda row: row[0].mean() - row[1].mean())
    aim = "≥ 85.4 %, lower end ≥ 0"
    ledger.told("nine sets, mean accuracy", aim, f"{means[2]:.2%}, {low:+.2%}", means[2] >= 0.854 and low >= 0)
    gap = float(worst[0].mean() - worst[1].mean())
    ledger.told("worst set against majority", "≥ -1 point", f"{worst[2].name} {gap:+.1%}", gap >= -0.01)


def calibration(sets: list[data.Labels], results: list[Estimate], ledger: Ledger) -> None:
    """Expected calibration error before and after known answers, and what chance alone would show."""
    ledger.say(f"\n## Calibration: ECE in 10 bins; after {KNOWN} known answers, mean of {SEEDS} draws")
    ledger.say("set            raw    before  after  a perfect posterior")
    rows = []
    for one, result in zip(sets, results, strict=True):
        sure, right, floor = result.confidence, hits(result.answer, one), 1 / one.classes
        after, perfect = [], []
        for seed in range(SEEDS):
            random = np.random.default_rng(seed)
            order = random.permutation(sure.size)
            known, rest = order[:KNOWN], order[KNOWN:]
            told = calibrate(sure[known], right[known] > 0)(sure[rest], floor)
            after.append(calibration_error(told, right[rest]))
            perfect.append(calibration_error(told, random.random(told.size) < told))
        before = calibration_error(Calibration()(sure, floor), right)
        rows.append((calibration_error(sure, right), before, float(np.mean(after)), float(np.mean(perfect))))
        ledger.say(f"{one.name:14s} " + "  ".join(f"{value:.3f}" for value in rows[-1]))
    ledger.say(f"{'mean':14s} " + "  ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)))
    reached = float(np.mean([row[2] for row in rows]))
    ledger.told(f"ECE after {KNOWN} known answers", "≤ 0.08", f"{reached:.3f}", reached <= 0.08)


def copying(sets: list[data.Labels], results: list[Estimate], ledger: Ledger) -> None:
    """Who copies whom on the real sets, and what one voice for both does to accuracy."""
    ledger.say("\n## Copies: found, and the change of accuracy when copies share one voice")
    gaps = []
    for one, result in zip(sets, results, strict=True):
        sizes = (one.truth.size, int(one.worker.max()) + 1, one.classes)
        found = find_copies(one.task, one.worker, one.label, sizes)
        again = estimate(one.task, one.worker, one.label, sizes, weight=voices(one.task, one.worker, found))
        gaps.append(float(hits(again.answer, one).mean() - hits(result.answer, one).mean()))
        ledger.say(f"{one.name:14s} {len(found)} {gaps[-1]:+.2%}")
    ledger.told("one voice for copies, worst set", "no harm", f"{min(gaps):+.2%}", min(gaps) > -0.005)


def estimated(one: data.Labels) -> Estimate:
    return estimate(one.task, one.worker, one.label, (one.truth.size, int(one.worker.max()) + 1, one.classes))


def hits(answer: NDArray[np.int64], one: data.Labels) -> Floats:
    return (answer == one.truth)[one.known].astype(float)


def _by_majority(one: data.Labels) -> Floats:
    """Chance of majority vote to be right, ties broken evenly."""
    votes = np.zeros((one.truth.size, one.classes))
    np.add.at(votes, (one.task, one.label), 1)
    best = votes == votes.max(1, keepdims=True)
    return (best[np.arange(len(votes)), one.truth] / best.sum(1))[one.known]


def _one_coin(one: data.Labels) -> NDArray[np.int64]:
    return yardsticks.classes("OneCoinDawidSkene", one.task, one.worker, one.label)
