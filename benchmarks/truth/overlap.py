"""Dynamic overlap, replayed: what is lost by asking for fewer labels where the confidence is high.

All of it by the functions that decide and ask in a project: `estimate`, `least_sure` and, of what is lost, `foregone`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import data, unseen
from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import Calibration, calibrated_posterior
from projects.inference.classification import Estimate, estimate
from projects.inference.foregone import Foregone, foregone
from projects.inference.overlap import least_sure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TARGETS, REPLAYS = (0.9, 0.94, 0.97, 0.985), 3
ASKED, SHARES = 0.6, (0.6, 0.8)
MOST_LOST, WORST_LOST, COVERED = -0.003, -0.01, 0.75
# A replay ends where so few of all tasks are still unsure and may have another label.
FEW = 0.002


@dataclass(frozen=True)
class Replayed:
    """One set, against all of its labels: `gap` and `share` of labels by target, `curve` by share; and what the
    forecast at ASKED said of each order, with what was lost."""

    name: str
    gap: Floats
    share: Floats
    curve: Floats
    forecasts: list[tuple[Foregone, float]]

    @property
    def held(self) -> float:
        """How often the forecast's interval held what was lost."""
        return float(np.mean([told.low <= lost <= told.high for told, lost in self.forecasts]))


def run(root: Path, ledger: Ledger) -> None:
    """All sets with five labels a task and more: from one label a task, one more where it is unsure, or least sure."""
    ledger.say(f"\n## Dynamic overlap, {REPLAYS} random orders: points against all labels (share of labels used)")
    ledger.say("set           " + "".join(f"   until {one:.1%} sure" for one in TARGETS) + f"   by budgets of {SHARES}")
    found = []
    for one in (data.categorical(root, name) for name in data.SIXTEEN):
        if one.task.size < 5 * one.truth.size:
            continue
        found.append(_replayed(one))
        last = found[-1]
        row = "".join(f"   {gap:+7.2%} ({share:4.0%})" for gap, share in zip(last.gap, last.share, strict=True))
        ledger.say(f"{one.name:14s}{row}   " + "  ".join(f"{gap:+7.2%}" for gap in last.curve))
        expected, low, high = np.mean([(t.expected, t.low, t.high) for t, _ in last.forecasts], axis=0)
        lost = np.mean([lost for _, lost in last.forecasts])
        ledger.say(f"  at {ASKED:.0%} lost {lost:+.2%}; forecast {expected:+.2%} ({low:+.2%} to {high:+.2%})")
    _until(found, ledger)
    _budgets(found, ledger)


def _replayed(one: data.Labels) -> Replayed:
    full = _accuracy(estimate(one.task, one.worker, one.label, unseen.sizes_of(one)), one)
    sure = np.array([[_until_sure(one, seed, target) for target in TARGETS] for seed in range(REPLAYS)]).mean(0)
    reached, forecasts = zip(*[_within_budgets(one, seed) for seed in range(REPLAYS)], strict=True)
    rows = np.array(reached) - full
    lost = -rows[:, SHARES.index(ASKED)]
    told = list(zip(forecasts, lost.tolist(), strict=True))
    return Replayed(one.name, sure[:, 0] - full, sure[:, 1], rows.mean(0), told)


def _until(found: list[Replayed], ledger: Ledger) -> None:
    """The target that loses least on the others with no more than ASKED of their labels, on the set that is left."""
    gaps, shares = (np.array([getattr(one, name) for one in found]) for name in ("gap", "share"))
    rows = []
    for place in range(len(found)):
        gap, share = (np.delete(table, place, axis=0).mean(0) for table in (gaps, shares))
        best = int(np.where(share <= ASKED, gap, -1).argmax())
        rows.append((gaps[place, best], shares[place, best]))
    gap, share = np.mean(rows, axis=0)
    worst = min(zip([row[0] for row in rows], [one.name for one in found], strict=True))
    reached = f"{gap:+.2%} with {share:.0%}, worst {worst[0]:+.2%} ({worst[1]})"
    good = bool(gap >= MOST_LOST and share <= ASKED and worst[0] >= WORST_LOST)
    asked = f"≥ {MOST_LOST:+.1%} with {ASKED:.0%}, worst ≥ {WORST_LOST:+.1%}"
    ledger.told("until sure, target chosen on the other sets", asked, reached, good)


def _budgets(found: list[Replayed], ledger: Ledger) -> None:
    curve = [one.curve[SHARES.index(ASKED)] for one in found]
    short = [f"{one.name} {gap:+.1%}" for one, gap in zip(found, curve, strict=True) if gap < WORST_LOST]
    reached = f"{np.mean(curve):+.2%}; short {', '.join(short) or 'none'}"
    good = not short and bool(np.mean(curve) >= MOST_LOST)
    ledger.told("a budget of 60 %", f"≥ {MOST_LOST:+.1%}, worst ≥ {WORST_LOST:+.1%}", reached, good)
    often = np.array([one.held for one in found])
    reached = f"{(often > 0.5).mean():.0%} of the sets, {often.mean():.0%} of the replays"
    good = bool((often > 0.5).mean() >= COVERED)
    ledger.told("80 % forecast of what is lost holds it", f"≥ {COVERED:.0%} of the sets", reached, good)


def _until_sure(one: data.Labels, seed: int, target: float) -> tuple[float, float]:
    """(accuracy, share of labels used) where each task gets more until its confidence reaches the target: one more,
    or of those that have many a quarter more at once."""
    have = np.bincount(one.task, minlength=one.truth.size)
    wanted = np.minimum(1, have)
    replay = _Replay(one, seed)
    while True:
        result, sure = replay.after(wanted)
        more = np.flatnonzero((sure < target) & (wanted < have))
        if more.size <= FEW * have.size:
            return _accuracy(result, one), float(wanted.sum() / have.sum())
        wanted[more] = np.minimum(wanted[more] + np.maximum(1, wanted[more] // 4), have[more])


def _within_budgets(one: data.Labels, seed: int) -> tuple[list[float], Foregone]:
    """Accuracy at each of SHARES, the labels of the budget going where the confidence is least; and the forecast of
    what is lost at ASKED."""
    have = np.bincount(one.task, minlength=one.truth.size)
    wanted = np.minimum(1, have)
    replay, total = _Replay(one, seed), int(have.sum())
    reached = []
    for budget in (int(share * total) for share in SHARES):
        for step in _steps(budget, wanted, have):
            _, sure = replay.after(wanted)
            wanted[least_sure(sure, wanted, have, step)] += 1
        result, _ = replay.after(wanted)
        reached.append(_accuracy(result, one))
        if len(reached) == SHARES.index(ASKED) + 1:
            forecast = replay.forecast(result, wanted, have)
    return reached, forecast


def _steps(budget: int, wanted: Ints, have: Ints) -> Iterator[int]:
    """A twenty-fifth of all labels at a time, and at most a third of the tasks, until the budget is spent."""
    while (left := budget - int(wanted.sum())) > 0:
        yield min(left, max(int(have.sum()) // 25, 1), max(int(np.count_nonzero(wanted < have)) // 3, 1))


def _accuracy(result: Estimate, one: data.Labels) -> float:
    return float(unseen.right(result.posterior, one).mean())


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
        result = estimate(one.task[used], one.worker[used], one.label[used], unseen.sizes_of(one))
        return result, calibrated_posterior(result.posterior, Calibration()).max(1)

    def forecast(self, result: Estimate, wanted: Ints, have: Ints) -> Foregone:
        """What the engine expects of the labels that weren't asked for."""
        one, used = self._one, self._turn < wanted[self._one.task]
        chances = calibrated_posterior(result.posterior, Calibration())
        said = (one.task[used], one.label[used])
        return foregone(chances, said, have - wanted, judged=int(one.known.sum()))
