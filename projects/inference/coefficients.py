"""Agreement beyond chance, with intervals: Cohen, Fleiss and Krippendorff.

Answers come as a table of units (rows) by taskers (columns), -1 (or NaN for values) where a tasker did
not answer. A coefficient that can't be computed, for lack of pairs or because everybody always says the
same, is None: never a made-up 0 or 1. Intervals are percentile bootstraps over units (Efron 1979; for
α see Zapf et al. 2016), from a seed that is given, so that the same table gives the same interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Interval:
    """A coefficient with its bootstrap bounds; `units` is how many units carried at least two answers."""

    value: float | None
    low: float | None
    high: float | None
    units: int


def cohen(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """Cohen's κ (1960) of two taskers over the units that both answered (-1: not answered)."""
    both = (first >= 0) & (second >= 0)
    a, b = first[both], second[both]
    if not a.size:
        return None
    classes = int(max(a.max(), b.max())) + 1
    by_chance = float(np.bincount(a, minlength=classes) @ np.bincount(b, minlength=classes)) / a.size**2
    return None if by_chance >= 1 else (float((a == b).mean()) - by_chance) / (1 - by_chance)


def unit_cohen(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    """(units, 2 + 2 × values) what each unit adds to Cohen's κ of two: itself, their being alike, what each said."""
    both = (first >= 0) & (second >= 0)
    values = np.arange(int(max(first.max(initial=0), second.max(initial=0))) + 1)
    a, b = ((one[:, None] == values) & both[:, None] for one in (first, second))
    return np.column_stack([both, both & (first == second), a, b]).astype(float)


def cohen_of(sums: Floats) -> float | None:
    """Cohen's κ of summed `unit_cohen`."""
    size, alike = sums[:2]
    if not size:
        return None
    a, b = np.split(sums[2:], 2)
    by_chance = float(a @ b) / size**2
    return None if by_chance >= 1 else (float(alike / size) - by_chance) / (1 - by_chance)


def fleiss(table: NDArray[np.int64]) -> float | None:
    """Fleiss' κ (1971). Units with fewer than two answers are left out; where units differ in how many
    answers they have, each counts alike in the observed part and each answer in the chance part."""
    return fleiss_of(unit_fleiss(table).sum(0))


def unit_fleiss(table: NDArray[np.int64]) -> Floats:
    """(units, 2 + values) what each unit adds to Fleiss' κ: its observed agreement, itself, its answers by value."""
    counts = _counts(table)
    sizes = counts.sum(1)
    kept = sizes >= 2
    pairs = np.where(kept, sizes * (sizes - 1), 1)
    observed = np.where(kept, (counts * (counts - 1)).sum(1) / pairs, 0)
    return np.column_stack([observed, kept, counts * kept[:, None]])


def fleiss_of(sums: Floats) -> float | None:
    """Fleiss' κ of summed `unit_fleiss`."""
    answers = sums[2:].sum()
    if not answers:
        return None
    observed, by_chance = float(sums[0] / sums[1]), float(((sums[2:] / answers) ** 2).sum())
    return None if by_chance >= 1 else (observed - by_chance) / (1 - by_chance)


def krippendorff(table: NDArray[Any], scale: Scale = "nominal") -> float | None:
    """Krippendorff's α (2004) for any number of taskers and missing answers. Nominal and ordinal take
    class numbers (ordinal: in their order), interval takes values with NaN for missing."""
    if scale == "interval":
        return _alpha_interval(np.asarray(table, dtype=float))
    coincidences = _coincidences(np.asarray(table))
    return _alpha(coincidences, _distances(coincidences.sum(1), scale))


def unit_coincidences(table: NDArray[np.int64]) -> Floats:
    """(units, values, values) what each unit adds to the table of coincidences; nothing with fewer than two answers.

    Sums of it over any units give every coefficient of those units by `coefficient`, so that a bootstrap costs one
    product of matrices.
    """
    counts = _counts(table)
    sizes = counts.sum(1)
    weight = np.divide(1.0, sizes - 1, out=np.zeros(sizes.size), where=sizes >= 2)
    pairs = counts[:, :, None] * counts[:, None, :]
    values = np.arange(counts.shape[1])
    pairs[:, values, values] -= counts
    return pairs * weight[:, None, None]


def unit_matches(table: NDArray[np.int64]) -> Floats:
    """(units, 1 + values) what each unit adds to nominal α: its pairs that match, and its answers by value.

    Less than `unit_coincidences` where there are many values; `nominal_of` gives the same as `coefficient` does.
    """
    counts = _counts(table)
    sizes = counts.sum(1)
    kept = sizes >= 2
    alike = np.divide((counts * (counts - 1)).sum(1), sizes - 1, out=np.zeros(sizes.size), where=kept)
    return np.column_stack([alike, counts * kept[:, None]])


def nominal_of(sums: Floats) -> float | None:
    """Nominal α of summed `unit_matches`."""
    size = float(sums[1:].sum())
    if size < 2:
        return None
    expected = (size**2 - float((sums[1:] ** 2).sum())) / (size - 1)
    return None if expected <= 0 else 1 - (size - float(sums[0])) / expected


def unit_spreads(table: Floats) -> Floats:
    """(units, 4) what each unit (rows; NaN where there is no value) adds to interval α: how far apart its values are,
    how many they are, their sum and their squares. Counted from the middle of the whole table: α knows no zero, and
    years that differ by days would drown in their own squares."""
    seen = ~np.isnan(table)
    sizes = seen.sum(1)
    kept = sizes >= 2
    middle = table[seen].mean() if seen.any() else 0.0
    values = np.where(seen & kept[:, None], table - middle, 0.0)
    apart = 2 * (sizes * (values**2).sum(1) - values.sum(1) ** 2)
    within = np.divide(apart, sizes - 1, out=np.zeros(len(table)), where=kept)
    return np.column_stack([within, sizes * kept, values.sum(1), (values**2).sum(1)])


def interval_of(sums: Floats) -> float | None:
    """Interval α of summed `unit_spreads`."""
    within, size, total, squares = (float(one) for one in sums)
    expected = 2 * (squares - total**2 / size) / (size - 1) if size >= 2 else 0.0
    return None if expected <= 1e-9 * squares else 1 - within / size / expected


def coefficient(coincidences: Floats, scale: Scale = "nominal") -> float | None:
    """Krippendorff's α of a table of coincidences; for "interval" the values are 0, 1, 2... as they stand."""
    if scale == "interval":
        values = np.arange(len(coincidences), dtype=float)
        return _alpha(coincidences, (values[:, None] - values) ** 2)
    return _alpha(coincidences, _distances(coincidences.sum(1), scale))


def resampled(
    parts: Floats,
    measure: Callable[[Floats], float | None],
    random: np.random.Generator,
    draws: int = 500,
    level: float = 0.95,
) -> Interval:
    """`measure` of the sum of `parts` (clusters, ...) with a bootstrap interval over clusters (tasks, where one task
    gives many units). The bounds are None where the measure fails on half of the draws, and of a single cluster, which
    tells nothing of how far others lie."""
    filled = parts[np.abs(parts).sum(tuple(range(1, parts.ndim))) > 0]
    value = measure(filled.sum(0)) if len(filled) else None
    if value is None or len(filled) == 1:
        return Interval(value, None, None, len(filled))
    times = random.multinomial(len(filled), np.full(len(filled), 1 / len(filled)), draws)
    known = [one for one in map(measure, np.tensordot(times, filled, 1)) if one is not None]
    if 2 * len(known) < draws:
        return Interval(value, None, None, len(filled))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high), len(filled))


def _counts(table: NDArray[np.int64]) -> Floats:
    """How often each class was said of each unit."""
    classes = int(table.max(initial=-1)) + 1
    counts = np.zeros((len(table), max(classes, 1)))
    rows, columns = np.nonzero(table >= 0)
    np.add.at(counts, (rows, table[rows, columns]), 1)
    return counts


def _coincidences(table: NDArray[np.int64]) -> Floats:
    counts = _counts(table)
    sizes = counts.sum(1)
    counts, sizes = counts[sizes >= 2], sizes[sizes >= 2]
    weighted = counts / (sizes - 1)[:, None]
    return weighted.T @ counts - np.diag(weighted.sum(0))


def _distances(totals: Floats, scale: Scale) -> Floats:
    if scale == "nominal":
        return 1 - np.eye(totals.size)
    below = np.concatenate(([0], totals.cumsum()))
    middle = (below[:-1] + below[1:]) / 2
    return (middle[:, None] - middle[None, :]) ** 2


def _alpha(coincidences: Floats, distances: Floats) -> float | None:
    totals = coincidences.sum(1)
    size = totals.sum()
    if size < 2:
        return None
    expected = float(totals @ distances @ totals) / (size - 1)
    return None if expected <= 0 else 1 - float((coincidences * distances).sum()) / expected


def _alpha_interval(table: Floats) -> float | None:
    seen = ~np.isnan(table)
    paired = seen & (seen.sum(1, keepdims=True) >= 2)
    values = table[paired]
    if values.size < 2:
        return None
    rows = np.where(paired, table, 0.0)
    sizes = paired.sum(1)
    kept = sizes >= 2
    within = (rows**2).sum(1)[kept] * sizes[kept] - rows.sum(1)[kept] ** 2
    observed = float((2 * within / (sizes[kept] - 1)).sum()) / values.size
    expected = 2 * float(values.var(ddof=1))
    return None if expected <= 0 else 1 - observed / expected
