"""The nine categorical sets: accuracy, calibration, dynamic overlap, speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import data, yardsticks
from benchmarks.truth.statistics import paired
from projects.aggregation.calibration import Calibration, calibrate, calibrated_posterior, calibration_error
from projects.aggregation.classification import Estimate, estimate
from projects.aggregation.incremental import crowd_of, posterior, trait_of
from projects.aggregation.overlap import least_sure

Floats = NDArray[np.float64]
Say = Callable[[str], None]
# (confidence, labels wanted, labels there are) → the tasks that get one more.
Raise = Callable[[Floats, NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]

# What the table names the best single method, to be compared item by item.
YARDSTICK = "one-coin DS"
KNOWN, SEEDS = 50, 50
TARGET, BUDGET, LEAST, REPLAYS = 0.94, 0.6, 2, 3


def run(root: Path, say: Say) -> None:
    """Print every table that needs the categorical sets."""
    sets = [data.categorical(root, name) for name in data.CATEGORICAL]
    results = [_estimate(one) for one in sets]
    accuracy(sets, results, say)
    calibration(sets, results, say)
    speed(sets, say)
    overlap(sets, results, say)


def accuracy(sets: list[data.Labels], results: list[Estimate], say: Say) -> None:
    """Accuracy per set beside majority vote and crowd-kit's one-coin Dawid-Skene on the same labels."""
    say("\n## Classification: accuracy in %")
    say("set            majority  one-coin DS   ours")
    ours, theirs, votes = [], [], []
    for one, result in zip(sets, results, strict=True):
        ours.append(_right(result.answer, one))
        votes.append(_majority_right(one))
        theirs.append(_right(_one_coin(one), one))
        say(f"{one.name:14s} {votes[-1].mean():8.1%} {theirs[-1].mean():11.1%} {ours[-1].mean():7.1%}")
    means = [np.mean([r.mean() for r in rows]) for rows in (votes, theirs, ours)]
    say(f"{'mean':14s} {means[0]:8.2%} {means[1]:11.2%} {means[2]:7.2%}")
    gap, low, high = paired(ours, theirs)
    say(f"ours - {YARDSTICK}: {gap:+.2%} (paired bootstrap {low:+.2%} to {high:+.2%})")
    worst = min(zip(ours, votes, sets, strict=True), key=lambda row: row[0].mean() - row[1].mean())
    say(f"worst against majority vote: {worst[2].name} {worst[0].mean() - worst[1].mean():+.1%}")


def calibration(sets: list[data.Labels], results: list[Estimate], say: Say) -> None:
    """Expected calibration error before and after known answers, and what chance alone would show."""
    say(f"\n## Calibration: ECE in 10 bins; after {KNOWN} known answers, mean of {SEEDS} draws")
    say("set            raw    before  after  a perfect posterior")
    rows = []
    for one, result in zip(sets, results, strict=True):
        sure, right, floor = result.confidence, _right(result.answer, one), 1 / one.classes
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
        say(f"{one.name:14s} " + "  ".join(f"{value:.3f}" for value in rows[-1]))
    say(f"{'mean':14s} " + "  ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)))


def overlap(sets: list[data.Labels], results: list[Estimate], say: Say) -> None:
    """Replay in random order from LEAST labels each: one more while unsure, or a budget where it helps."""
    say(f"\n## Dynamic overlap, at least {LEAST} labels a task, {REPLAYS} random orders: difference (share of labels)")
    say(f"set            all labels  confidence below {TARGET}  budget of {BUDGET:.0%}")
    rows = []
    for one, result in zip(sets, results, strict=True):
        if one.task.size < 5 * one.truth.size:
            continue
        full = _right(result.answer, one).mean()
        ways = [
            np.mean([_replay(one, seed, raised) for seed in range(REPLAYS)], axis=0) for raised in (_unsure, _budget)
        ]
        rows.append([full, *(value for reached, share in ways for value in (reached - full, share))])
        say(_overlap_line(one.name, rows[-1]))
    say(_overlap_line("mean", list(np.mean(rows, axis=0))))


def _overlap_line(name: str, row: list[float]) -> str:
    full, gap, share, budget_gap, budget_share = row
    return f"{name:14s} {full:10.1%} {gap:+14.2%} ({share:.0%}) {budget_gap:+10.2%} ({budget_share:.0%})"


def speed(sets: list[data.Labels], say: Say) -> None:
    """About 100,000 labels in batch beside crowd-kit's Dawid-Skene (real: sp four times over; made up: 500
    equal taskers, where every method stands still at once), and one increment in microseconds."""
    say("\n## Speed (processor time)")
    real = next(one for one in sets if one.name == "sp")
    shift = np.repeat(np.arange(4), real.task.size) * real.truth.size
    cases = {
        "real": (np.tile(real.task, 4) + shift, np.tile(real.worker, 4), np.tile(real.label, 4)),
        "made up": _equal_taskers(),
    }
    yardsticks.classes("DawidSkene", *(column[:50] for column in cases["real"]))
    for name, (task, worker, label) in cases.items():
        sizes = (int(task.max()) + 1, int(worker.max()) + 1, int(label.max()) + 1)
        started = time.process_time()
        result = estimate(task, worker, label, sizes)
        ours = time.process_time() - started
        started = time.process_time()
        yardsticks.classes("DawidSkene", task, worker, label)
        theirs = time.process_time() - started
        say(f"{task.size} labels, {name}: ours {ours:.2f} s, Dawid-Skene {theirs:.2f} s, ratio {ours / theirs:.2f}")
    crowd, traits = crowd_of(result), [trait_of(result, w) for w in range(5)]
    started = time.process_time()
    for _ in range(2000):
        posterior(crowd, traits, [0, 1, 0, 0, 2])
    say(f"one increment on a task of five labels, four classes: {(time.process_time() - started) * 500:.0f} µs")


def _equal_taskers() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 4, 20_000)
    task = np.repeat(np.arange(truth.size), 5)
    worker = random.integers(0, 500, task.size)
    label = np.where(random.random(task.size) < 0.7, truth[task], random.integers(0, 4, task.size))
    return task, worker, label


def _replay(one: data.Labels, seed: int, raised: Raise) -> tuple[float, float]:
    """(accuracy, share of labels used) of one random order; `raised` says which tasks get one more."""
    random = np.random.default_rng(seed)
    mixed = random.permutation(one.task.size)
    ordered = mixed[np.argsort(one.task[mixed], kind="stable")]
    have = np.bincount(one.task, minlength=one.truth.size)
    turn = np.empty(one.task.size, dtype=np.int64)
    turn[ordered] = np.arange(one.task.size) - np.repeat(have.cumsum() - have, have)
    wanted = np.minimum(LEAST, have)
    sizes = (one.truth.size, int(one.worker.max()) + 1, one.classes)
    while True:
        used = turn < wanted[one.task]
        result = estimate(one.task[used], one.worker[used], one.label[used], sizes)
        sure = calibrated_posterior(result.posterior, Calibration()).max(1)
        more = raised(sure, wanted, have)
        if not more.size:
            return float(_right(result.answer, one).mean()), float(used.mean())
        wanted[more] += 1


def _unsure(sure: Floats, wanted: NDArray[np.int64], have: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero((sure < TARGET) & (wanted < have))


def _budget(sure: Floats, wanted: NDArray[np.int64], have: NDArray[np.int64]) -> NDArray[np.int64]:
    """A twenty-fifth of all labels at a time, and at most a third of the tasks, until the budget is spent."""
    left = int(BUDGET * have.sum()) - int(wanted.sum())
    step = min(left, max(have.sum() // 25, 1), max(np.count_nonzero(wanted < have) // 3, 1))
    return least_sure(sure, wanted, have, max(step, 0))


def _estimate(one: data.Labels) -> Estimate:
    return estimate(one.task, one.worker, one.label, (one.truth.size, int(one.worker.max()) + 1, one.classes))


def _right(answer: NDArray[np.int64], one: data.Labels) -> Floats:
    return (answer == one.truth)[one.known].astype(float)


def _majority_right(one: data.Labels) -> Floats:
    """Chance of majority vote to be right, ties broken evenly."""
    votes = np.zeros((one.truth.size, one.classes))
    np.add.at(votes, (one.task, one.label), 1)
    best = votes == votes.max(1, keepdims=True)
    return (best[np.arange(len(votes)), one.truth] / best.sum(1))[one.known]


def _one_coin(one: data.Labels) -> NDArray[np.int64]:
    return yardsticks.classes("OneCoinDawidSkene", one.task, one.worker, one.label)
