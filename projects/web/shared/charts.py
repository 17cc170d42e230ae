"""Where figures stand in a drawing: plain numbers for SVG templates, which draw and never reckon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The drawing area of a line over time, in SVG units; templates keep room for the axes around it.
WIDTH, HEIGHT = 640.0, 160.0
# A mark of an interval lies in a row of this width.
ROW = 200.0


@dataclass(frozen=True)
class Mark:
    """An interval on a row: places of the value and of the ends, and the width between them."""

    value: float
    low: float
    high: float
    width: float


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`, drawn from left to right; what lies beyond is drawn at the end."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def at(self, value: float) -> float:
        """Where a value lies on a row."""
        return round(self.share(value) * ROW, 1)

    def interval(self, value: float | None, low: float | None, high: float | None) -> Mark | None:
        """The mark of a figure, or None for a figure that can't be computed. Without bounds it has no width."""
        if value is None:
            return None
        left, right = self.at(value if low is None else low), self.at(value if high is None else high)
        return Mark(self.at(value), left, right, round(right - left, 1))


@dataclass(frozen=True)
class Line:
    """A named line over time: `paths` of points joined by straight lines (cut where a figure is missing) and its
    `points` (x, y)."""

    key: str
    name: str
    paths: list[str]
    points: list[tuple[float, float]]


def line(key: str, name: str, when: Sequence[float], values: Sequence[float | None], scale: Scale) -> Line:
    """The line of `values` at the times `when`, oldest first, in a drawing of WIDTH × HEIGHT."""
    span = (when[-1] - when[0]) or 1
    points: list[tuple[float, float]] = []
    runs: list[list[tuple[float, float]]] = [[]]
    for time, value in zip(when, values, strict=True):
        if value is None:
            runs.append([])
            continue
        place = round((time - when[0]) / span * WIDTH, 1), round((1 - scale.share(value)) * HEIGHT, 1)
        points.append(place)
        runs[-1].append(place)
    paths = ["M" + " L".join(f"{x} {y}" for x, y in run) for run in runs if len(run) > 1]
    return Line(key, name, paths, points)
