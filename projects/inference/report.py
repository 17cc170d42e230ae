"""How far the people of a project agree: every coefficient and measure, per field or label, per pair, over time.

Answers of every type become units that coefficients understand (`report_tables`). Where an answer fills in fields, a
coefficient is worked out for each, nominal α for choices and interval α for numbers, and the whole is their mean. Where
it has parts, nominal α asks whether a label is there at all, ordinal and interval α how many of it there are. Intervals
are bootstraps over tasks, since the units of one task go together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from projects.inference.coefficients import (
    Interval,
    Scale,
    coefficient,
    cohen_of,
    fleiss_of,
    interval_of,
    nominal_of,
    resampled,
    unit_cohen,
    unit_coincidences,
    unit_fleiss,
    unit_matches,
    unit_spreads,
)
from projects.inference.report_tables import Answer, Answered, Asked, Floats, Ints, Tables, tables

MOST_TASKERS = 6  # of one task that are compared pair by pair: 15 pairs
MOST_OUTLINES = 400  # pairs of masks whose outlines are compared
MOST_PAIRS = 40  # pairs of people that are listed, those who share most tasks


@dataclass
class _Compared:
    """Sums over pairs of answers of one task: per measure, per label, per pair of people."""

    measures: dict[str, list[float]] = field(default_factory=dict)
    labels: dict[str, list[float]] = field(default_factory=dict)
    pairs: dict[tuple[Hashable, Hashable], float] = field(default_factory=dict)


def report(tasks: Sequence[Answered], asked: Asked, seed: int = 0) -> dict[str, Any]:
    """All figures as plain JSON. A figure that can't be computed is None. The order of taskers is nothing."""
    kept = [one for one in tasks if len(one.answers) >= 2]
    taskers = sorted({who for one in kept for who in one.answers}, key=repr)
    known = tables(kept, taskers, asked)
    compared = _compare(kept, asked)
    random = np.random.default_rng(seed)
    return {
        "tasks": len(kept),
        "answers": sum(len(one.answers) for one in kept),
        "taskers": len(taskers),
        "coefficients": _coefficients(known, random),
        "measures": _measures(compared, random),
        "fields": _fields(known, asked, random),
        "labels": _labels(known, compared, random),
        "pairs": _pairs(known, compared, taskers, random),
        "periods": _periods(kept, known, compared, random),
    }


def _by_task(table: Ints, each: Callable[[Ints], Floats]) -> Floats:
    """What each task adds to a coefficient, its units added up: (tasks, ...)."""
    tasks, units, taskers = table.shape
    parts = each(table.reshape(tasks * units, taskers))
    return parts.reshape(tasks, units, *parts.shape[1:]).sum(1)


def _over(parts: Sequence[Floats], measure: Callable[[Floats], float | None], random: np.random.Generator) -> Interval:
    """The mean of a measure over all fields of which it can be told; `parts` is what each task adds to it, by field."""
    if not parts or not len(parts[0]):
        return Interval(None, None, None, 0)
    shapes = [one.shape[1:] for one in parts]
    flat = [one.reshape(len(one), -1) for one in parts]
    ends = np.cumsum([one.shape[1] for one in flat])[:-1]

    def mean(sums: Floats) -> float | None:
        told = [measure(one.reshape(shape)) for one, shape in zip(np.split(sums, ends), shapes, strict=True)]
        known = [one for one in told if one is not None]
        return sum(known) / len(known) if known else None

    return resampled(np.hstack(flat), mean, random)


def _coefficients(known: Tables, random: np.random.Generator) -> dict[str, Any]:
    scales: list[tuple[str, Scale]] = [("alpha_ordinal", "ordinal"), ("alpha_interval", "interval")]
    found = {"alpha_nominal": _over([_by_task(one, unit_matches) for one in known.nominal], nominal_of, random)}
    counted = [_by_task(one, unit_coincidences) for one in known.counted]
    for name, scale in scales:
        found[name] = _over(counted, partial(coefficient, scale=scale), random)
    if known.numbers:
        found["alpha_interval"] = _over([unit_spreads(one) for one in known.numbers.values()], interval_of, random)
    found["fleiss"] = _over([_by_task(one, unit_fleiss) for one in known.nominal], fleiss_of, random)
    return {name: asdict(one) for name, one in found.items()}


def _fields(known: Tables, asked: Asked, random: np.random.Generator) -> dict[str, Any]:
    """α of each field on its own scale."""
    out = {}
    for one in asked.fields:
        if one.scale == "interval":
            alpha = resampled(unit_spreads(known.numbers[one.key]), interval_of, random)
        else:
            alpha = resampled(unit_matches(known.fields[one.key]), nominal_of, random)
        out[one.key] = {"scale": one.scale, "alpha": asdict(alpha)}
    return out


def _compare(tasks: Sequence[Answered], asked: Asked) -> list[_Compared]:
    found = []
    outlines = MOST_OUTLINES
    for one in tasks:
        sums = _Compared()
        for a, b in combinations(sorted(one.answers, key=repr)[:MOST_TASKERS], 2):
            first, second = one.answers[a], one.answers[b]
            sums.pairs[a, b] = asked.agreement(first, second)
            sums.measures.setdefault("agreement", []).append(sums.pairs[a, b])
            for name, values in asked.measures(first, second).items():
                sums.measures.setdefault(name, []).extend(values)
            if outlines > 0 and (alike := asked.outlines(first, second)):
                sums.measures.setdefault("boundary_f", []).extend(alike)
                outlines -= len(alike)
            if not asked.fields:
                _compare_labels(first, second, asked, sums)
        found.append(sums)
    return found


def _compare_labels(first: Answer, second: Answer, asked: Asked, sums: _Compared) -> None:
    used = {part["label"] for answer in (first, second) for part in answer[asked.part_list]}
    for label in sorted(used):
        a, b = ({asked.part_list: [p for p in x[asked.part_list] if p["label"] == label]} for x in (first, second))
        sums.labels.setdefault(label, []).append(asked.agreement(a, b))


def _measures(compared: Sequence[_Compared], random: np.random.Generator) -> dict[str, Any]:
    names = sorted({name for one in compared for name in one.measures}, key=lambda name: (name != "agreement", name))
    return {name: asdict(_mean([one.measures.get(name, []) for one in compared], random)) for name in names}


def _mean(values: Sequence[Sequence[float]], random: np.random.Generator) -> Interval:
    """The mean over all values, resampled over the tasks they come from."""
    sums = np.array([(sum(some), len(some)) for some in values], dtype=float).reshape(-1, 2)
    return resampled(sums, lambda total: float(total[0] / total[1]) if total[1] else None, random)


def _labels(known: Tables, compared: Sequence[_Compared], random: np.random.Generator) -> dict[str, Any]:
    out = {}
    for label, said in known.labels.items():
        alpha = resampled(unit_matches(said), nominal_of, random)
        alike = _mean([one.labels.get(label, []) for one in compared], random)
        out[label] = {"alpha": asdict(alpha), "agreement": asdict(alike), "used": int((said == 1).sum())}
    return out


def _pairs(
    known: Tables, compared: Sequence[_Compared], taskers: Sequence[Hashable], random: np.random.Generator
) -> list[dict[str, Any]]:
    """Pairs of people by the number of tasks they share: Cohen's κ and the mean agreement of their answers."""
    shared: dict[tuple[Hashable, Hashable], list[float]] = {}
    for one in compared:
        for pair, value in one.pairs.items():
            shared.setdefault(pair, []).append(value)
    at = {who: n for n, who in enumerate(taskers)}
    most = sorted(shared, key=lambda pair: (-len(shared[pair]), repr(pair)))[:MOST_PAIRS]
    out = []
    for a, b in most:
        columns = [at[a], at[b]]
        parts = [_by_task(one[:, :, columns], lambda two: unit_cohen(two[:, 0], two[:, 1])) for one in known.nominal]
        kappa = _over(parts, cohen_of, random)
        alike = _mean([[value] for value in shared[a, b]], random)
        out.append({"people": [a, b], "tasks": len(shared[a, b])} | _bounded(kappa=kappa, agreement=alike))
    return out


def _periods(
    tasks: Sequence[Answered], known: Tables, compared: Sequence[_Compared], random: np.random.Generator
) -> list[dict[str, Any]]:
    """α and mean agreement of the tasks of each period, oldest first."""
    when = np.array([one.period for one in tasks], dtype=np.int64)
    parts = [_by_task(one, unit_matches) for one in known.nominal]
    out = []
    for period in np.unique(when):
        here = np.flatnonzero(when == period)
        alpha = _over([one[here] for one in parts], nominal_of, random)
        alike = _mean([list(compared[int(n)].pairs.values()) for n in here], random)
        out.append({"period": int(period), "tasks": int(here.size)} | _bounded(alpha=alpha, agreement=alike))
    return out


def _bounded(**found: Interval) -> dict[str, Any]:
    """Figures by their names, and their bounds, [low, high], where they have any."""
    bounds = {name: None if one.low is None else [one.low, one.high] for name, one in found.items()}
    return {name: one.value for name, one in found.items()} | {"bounds": bounds}
