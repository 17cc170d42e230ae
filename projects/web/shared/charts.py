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


@dataclass(frozen=True)
class Bar:
    """One bar of a stack: which of the stack's parts it is (1 is the lowest), and where it stands."""

    part: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    """Stacks side by side in a drawing of WIDTH × HEIGHT; `most` is what its height stands for, `half` the middle."""

    key: str
    names: Sequence[str]
    bars: list[Bar]
    most: float
    half: float


def bars(key: str, names: Sequence[str], stacks: Sequence[Sequence[float]]) -> Bars:
    """The stacks of these values, in their order; each holds one value for each name, from the bottom up."""
    most = round_up(max((sum(one) for one in stacks), default=0))
    step = WIDTH / max(1, len(stacks))
    drawn = []
    for place, stack in enumerate(stacks):
        top = HEIGHT
        for part, value in enumerate(stack, start=1):
            height = value / most * HEIGHT
            top -= height
            if height > 0:
                drawn.append(
                    Bar(
                        part, round(place * step + step * 0.1, 1), round(top, 1), round(step * 0.8, 1), round(height, 1)
                    )
                )
    return Bars(key, names, drawn, most, most / 2)


def round_up(value: float) -> float:
    """The next number that is easily read and halved: 2, 4, 10, 20, 40, 100..."""
    step = 1.0
    while True:
        for factor in (2, 4, 10):
            if value <= step * factor:
                return step * factor
        step *= 10


def reach(when: Sequence[float], bounds: Sequence[tuple[float, float] | None], scale: Scale) -> list[str]:
    """The intervals of a line as upright strokes, where there are any."""
    span = (when[-1] - when[0]) or 1 if when else 1
    strokes = []
    for time, bound in zip(when, bounds, strict=True):
        if bound is not None:
            x = round((time - when[0]) / span * WIDTH, 1)
            low, high = (round((1 - scale.share(one)) * HEIGHT, 1) for one in bound)
            strokes.append(f"M{x} {low} L{x} {high}")
    return strokes
