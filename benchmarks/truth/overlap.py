"""Dynamic overlap, replayed: what is lost by asking for fewer labels where the confidence is high."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import data
from benchmarks.truth.categorical import Floats, estimated, hits
from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import Calibration, calibrated_posterior
from projects.inference.classification import Estimate, estimate
from projects.inference.overlap import least_sure

Ints = NDArray[np.int64]

TARGET, REPLAYS = 0.94, 10
ASKED, SHARES = 0.6, (0.5, 0.6, 0.7, 0.8, 0.9)
MOST_LOST = -0.005


def run(root: Path, ledger: Ledger) -> None:
    """All sets with five labels a task and more: from one label a task, one more where it is least sure."""
    ledger.say(f"\n## Dynamic overlap, {REPLAYS} random orders: points against all labels, by the share of labels used")
    told = "  ".join(f"{share:>9.0%}" for share in SHARES)
    ledger.say(f"set            all labels  below {TARGET} (share)  {told}")
    curves, names = [], []
    for one in (data.categorical(root, name) for name in data.CATEGORICAL):
        if one.task.size < 5 * one.truth.size:
            continue
        full = float(hits(estimated(one).answer, one).mean())
        gap, share = np.mean([_until_sure(one, seed) for seed in range(REPLAYS)], axis=0) - (full, 0.0)
        rows = np.array([_within_budgets(one, seed) for seed in range(REPLAYS)]) - full
        curves.append(rows.mean(0))
        names.append(one.name)
        off = rows.std(0) / REPLAYS**0.5
        curve = "  ".join(f"{a:+5.1%}±{b:3.1%}" for a, b in zip(curves[-1], off, strict=True))
        ledger.say(f"{one.name:14s} {full:10.1%}  {gap:+9.2%} ({share:3.0%})  {curve}")
    mean = np.mean(curves, axis=0)
    ledger.say(f"{'mean':38s}" + "  ".join(f"{value:+8.2%} " for value in mean))
    at = SHARES.index(ASKED)
    well = [name for name, curve in zip(names, curves, strict=True) if curve[at] >= MOST_LOST]
    asked = "≥ -0.5 point with 60 %"
    ledger.told("dynamic overlap, mean of the sets", asked, f"{mean[at]:+.2%}", mean[at] >= MOST_LOST)
    ledger.told("dynamic overlap, each set", asked, f"{len(well)} of {len(names)} sets", len(well) == len(names))


def _until_sure(one: data.Labels, seed: int) -> tuple[float, float]:
    """(accuracy, share of labels used) where each task gets one more until its confidence reaches TARGET."""
    have = np.bincount(one.task, minlength=one.truth.size)
    wanted = np.minimum(1, have)
    replay = _Replay(one, seed)
    while True:
        result, sure = replay.after(wanted)
        more = np.flatnonzero((sure < TARGET) & (wanted < have))
        if not more.size:
            return float(hits(result.answer, one).mean()), float(wanted.sum() / have.sum())
        wanted[more] += 1


def _within_budgets(one: data.Labels, seed: int) -> list[float]:
    """Accuracy at each of SHARES, the labels of the budget going where the confidence is least."""
    have = np.bincount(one.task, minlength=one.truth.size)
    wanted = np.minimum(1, have)
    replay, total = _Replay(one, seed), int(have.sum())
    reached = []
    for budget in (int(share * total) for share in SHARES):
        for step in _steps(budget, wanted, have):
            _, sure = replay.after(wanted)
            wanted[least_sure(sure, wanted, have, step)] += 1
        reached.append(float(hits(replay.after(wanted)[0].answer, one).mean()))
    return reached


def _steps(budget: int, wanted: Ints, have: Ints) -> Iterator[int]:
    """A twenty-fifth of all labels at a time, and at most a third of the tasks, until the budget is spent."""
    while (left := budget - int(wanted.sum())) > 0:
        yield min(left, max(int(have.sum()) // 25, 1), max(int(np.count_nonzero(wanted < have)) // 3, 1))


class _Replay:
    """The labels of a set in one random order, task by task."""

    def __init__(self, one: data.Labels, seed: int) -> None:
        mixed = np.random.default_rng(seed).permutation(one.task.size)
        ordered = mixed[np.argsort(one.task[mixed], kind="stable")]
        have = np.bincount(one.task, minlength=one.truth.size)
        self._one = one
        self._turn = np.empty(one.task.size, dtype=np.int64)
        self._turn[ordered] = np.arange(one.task.size) - np.repeat(have.cumsum() - have, have)

    def after(self, wanted: Ints) -> tuple[Estimate, Floats]:
        """What is held once each task has as many labels, and how sure, before anything is known."""
        one, used = self._one, self._turn < wanted[self._one.task]
        sizes = (one.truth.size, int(one.worker.max()) + 1, one.classes)
        result = estimate(one.task[used], one.worker[used], one.label[used], sizes)
        return result, calibrated_posterior(result.posterior, Calibration()).max(1)
