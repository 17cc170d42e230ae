"""All sixteen categorical sets, and what a choice made without a set is worth on it.

`python -m benchmarks.truth unseen` needs no extra. It calls the function that verdicts and estimates call, with their
settings: `classification.estimate` and nothing else. Each pool that was thought of is judged by leaving one set out:
the pool that is best on the fifteen others is scored on the sixteenth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.truth import data, plain
from benchmarks.truth.statistics import paired
from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import calibrate, calibration_error
from projects.inference.classification import POOL, TRIED, Pooled, estimate
from projects.inference.median import middle

Floats = plain.Floats
Method = Callable[[plain.Ints, plain.Ints, plain.Ints, plain.Sizes], Floats]

KNOWN, DRAWS = 50, 20


def ours(task: plain.Ints, worker: plain.Ints, label: plain.Ints, sizes: plain.Sizes) -> Floats:
    """The product's own estimate."""
    return estimate(task, worker, label, sizes).posterior


METHODS: Mapping[str, Method] = {
    "ours": ours,
    "DS": plain.dawid_skene,
    "EBCC": plain.ebcc,
    "majority": plain.majority,
}


def run(root: Path, ledger: Ledger) -> None:
    """Print the table of all sets, the choice by leaving one out, and what was asked."""
    sets = [data.categorical(root, name) for name in data.SIXTEEN]
    hits = _table(sets, ledger)
    for rival, least in (("DS", 0.007), ("EBCC", 0.005)):
        gap, low, high = paired(hits["ours"], hits[rival])
        reached = f"{gap:+.2%} ({low:+.2%} to {high:+.2%})"
        ledger.told(f"sixteen sets against {rival}", f"≥ {least:+.1%}", reached, gap >= least)
    means = {method: np.array([row.mean() for row in rows]) for method, rows in hits.items()}
    bar = np.maximum(means["majority"] - 0.01, np.maximum(means["DS"], means["EBCC"]) - 0.02)
    short = [f"{one.name} {gap:+.1%}" for one, gap in zip(sets, means["ours"] - bar, strict=True) if gap < 0]
    asked = "≥ majority − 1, ≥ best of DS and EBCC − 2"
    ledger.told("each of sixteen sets", asked, ", ".join(short) or "all", not short)
    _chosen(sets, ledger)


def _table(sets: Sequence[data.Labels], ledger: Ledger) -> dict[str, list[Floats]]:
    ledger.say(f"\n## Sixteen sets: accuracy in %, ECE after {KNOWN} known answers ({DRAWS} draws), seconds")
    ledger.say("set           " + "".join(f"{method:>20s}" for method in METHODS))
    hits: dict[str, list[Floats]] = {method: [] for method in METHODS}
    errors: dict[str, list[float]] = {method: [] for method in METHODS}
    for one in sets:
        line = f"{one.name:14s}"
        for method, found in METHODS.items():
            started = time.process_time()
            posterior = found(one.task, one.worker, one.label, sizes_of(one))
            seconds = time.process_time() - started
            hits[method].append(right(posterior, one))
            errors[method].append(error_after(posterior[one.known], hits[method][-1], one.classes))
            line += f"{hits[method][-1].mean():9.1%} {errors[method][-1]:.3f}{seconds:5.1f}"
        ledger.say(line)
    mean = {method: float(np.mean([row.mean() for row in rows])) for method, rows in hits.items()}
    ledger.say(f"{'mean':14s}" + "".join(f"{mean[m]:9.2%} {np.mean(errors[m]):.3f}     " for m in METHODS))
    reached = f"{np.mean(errors['ours']):.3f}, {np.max(errors['ours']):.3f}"
    good = bool(np.mean(errors["ours"]) <= 0.06 and np.max(errors["ours"]) <= 0.1)
    ledger.told(f"ECE after {KNOWN} known answers, mean and worst of sixteen", "≤ 0.06, ≤ 0.10", reached, good)
    return hits


def _chosen(sets: Sequence[data.Labels], ledger: Ledger) -> None:
    """Every pool of the members, all alike or by the labels left out, chosen on all sets but one and scored on that."""
    members: list[Pooled] = [*POOL, *TRIED]
    places = [pool for size in range(1, len(POOL) + 1) for pool in combinations(range(len(POOL)), size)]
    places += [(*range(len(POOL)), len(POOL) + place) for place in range(len(TRIED))]
    pools = ["+".join(str(place + 1) for place in pool) for pool in places]
    names = [f"{pool}{by}" for pool in pools for by in ("", " by labels left out")]
    rows = []
    for one in sets:
        fits = estimate(one.task, one.worker, one.label, sizes_of(one), pool=tuple(members))
        assert fits.favour is not None
        told = {
            member: (fit.posterior, favour)
            for member, fit, favour in zip(fits.members, fits.fits, fits.favour, strict=True)
        }
        row = []
        for pool in places:
            chosen = [told[members[place]][0] for place in pool]
            favour = np.array([told[members[place]][1] for place in pool])
            row += [right(np.tensordot(middle(chosen, by), np.array(chosen), 1), one).mean() for by in (None, favour)]
        rows.append(row)
    scores = np.array(rows).T
    ledger.say("\n## Pools of the members (numbers are their places in POOL, then TRIED), mean of the sixteen sets")
    ledger.say(", ".join(f"{name} {row.mean():.2%}" for name, row in zip(names, scores, strict=True)))
    left = []
    for place, one in enumerate(sets):
        best = int(np.delete(scores, place, axis=1).mean(1).argmax())
        left.append(scores[best, place])
        ledger.say(f"without {one.name:14s} {names[best]:12s} is best; on it {left[-1]:.1%}")
    ledger.say(f"mean by choices that the set took no part in: {np.mean(left):.2%}")


def sizes_of(one: data.Labels) -> plain.Sizes:
    """(tasks, taskers, classes) of a set."""
    return one.truth.size, int(one.worker.max()) + 1, one.classes


def right(posterior: Floats, one: data.Labels) -> Floats:
    """For each task whose truth is known the chance to be right; equal classes share it."""
    rounded = np.round(posterior[one.known], 9)
    best = rounded == rounded.max(1, keepdims=True)
    return (best[np.arange(len(best)), one.truth[one.known]] / best.sum(1)).astype(float)


def error_after(posterior: Floats, hits: Floats, classes: int) -> float:
    """Expected calibration error on the other tasks, once some of them are known: fifty, but no more than half."""
    sure, errors = np.clip(posterior.max(1), 0, 1), []
    many = min(KNOWN, hits.size // 2)
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(sure.size)
        known, rest = order[:many], order[many:]
        told = calibrate(sure[known], hits[known] > 0.5)(sure[rest], 1 / classes)
        errors.append(calibration_error(told, hits[rest]))
    return float(np.mean(errors))
