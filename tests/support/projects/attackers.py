"""What an attacker makes of what it saw: channels, their intervals, and who wins."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from scipy import stats

TOKENS = re.compile(r"\b(token|seal)$")  # new with each claim: they name nothing
Interval = tuple[float, float]
# How sure an interval is: of some forty channels none may win by chance; where the attacker is to win one is looked at.
SURELY, LIKELY = 0.99, 0.95
# How many worlds an attacker may see: some with each change, many before it is said that it finds nothing.
FEW, MANY = 5, pytest.param(20, marks=pytest.mark.torture)


@dataclass
class Seen:
    """One task as the attacker saw it, and what only the test knows of it."""

    gold: bool
    paths: frozenset[str]  # of the values in the JSON
    facts: dict[str, float] = field(default_factory=dict)  # channel -> what was measured


def winners(intervals_of: Callable[[int], dict[str, Interval]]) -> dict[str, Interval]:
    """The channels whose interval leaves the half out three times in a row, each time with new worlds."""
    won: dict[str, Interval] | None = None
    for attempt in range(3):
        found = intervals_of(attempt)
        won = {name: at for name, at in found.items() if not at[0] <= 0.5 <= at[1] and (won is None or name in won)}
        if not won:
            break
    return won or {}


def intervals(worlds: Sequence[Sequence[Seen]], level: float = SURELY) -> dict[str, Interval]:
    """The interval of the mean AUC over the worlds, by channel; those that say nothing anywhere aside."""
    found = {}
    for name in sorted({name for world in worlds for one in world for name in one.facts}):
        areas = [area for world in worlds if (area := _area(world, name)) is not None]
        if len(areas) < len(worlds) // 2 or set(areas) == {0.5}:
            continue
        found[name] = interval(areas, level)
    return found


def farthest(found: dict[str, Interval]) -> str:
    """The channel whose interval lies farthest from the half, in words."""
    name, (low, high) = max(found.items(), key=lambda one: abs(sum(one[1]) / 2 - 0.5))
    return f"{name}: {low:.3f} to {high:.3f}"


def interval(values: Sequence[float], level: float = SURELY) -> Interval:
    """Of their mean."""
    mean, reach = sum(values) / len(values), stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return round(mean - reach, 3), round(mean + reach, 3)


def _area(world: Sequence[Seen], name: str) -> float | None:
    """The chance that a piece of gold measures more than a piece of work; ties count half."""
    told = [(one.gold, one.facts[name]) for one in world if name in one.facts]
    gold, work = ([fact for is_gold, fact in told if is_gold is what] for what in (True, False))
    if len(gold) < 3 or len(work) < 3:
        return None
    return float(stats.mannwhitneyu(gold, work).statistic) / (len(gold) * len(work))


def measured(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every value of a JSON document as a number, by its path: numbers as they are, ids as large numbers, times to the
    second, words by their length."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from measured(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        yield f"{path} how many", float(len(value))
        for number, inner in enumerate(value):
            yield from measured(inner, f"{path}.{number}")
    elif not TOKENS.search(path):
        yield path, _number(value)


def _number(value: Any) -> float:
    if value is None:
        return -1.0
    if not isinstance(value, str):
        return float(value)
    if found := re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        return float(UUID(found[0]).int >> 96)
    if re.fullmatch(r"[0-9a-f]{8}", value):
        return float(int(value, 16))
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        return math.floor(datetime.fromisoformat(value).timestamp())
    return float(len(value))
