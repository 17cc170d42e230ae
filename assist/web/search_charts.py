"""What a search found, as plain numbers for SVG templates; a table beside each holds the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assist.learning.recipes.recipe import Parameter, Value
from assist.models import Trial
from assist.web import training_words
from projects.web.shared.charts import HEIGHT, WIDTH, Scale

Point = tuple[float, float]


@dataclass(frozen=True)
class History:
    """Each finished trial's figure, and the best up to then as a path."""

    points: list[Point]
    best: str
    low: str
    high: str
    first: int
    last: int


@dataclass(frozen=True)
class Axis:
    """One upright line: where it stands, its name, and what its ends mean."""

    x: float
    name: str
    low: str
    high: str


@dataclass(frozen=True)
class Coordinates:
    """Each finished trial as a path across the parameters to its figure; the winner's apart."""

    axes: list[Axis]
    paths: list[str]
    winner: str


@dataclass(frozen=True)
class Bar:
    """What of the figure is owed to a parameter: a share, and how long its bar is."""

    name: str
    share: float
    y: float
    width: float


def history(trials: Sequence[Trial]) -> History | None:
    """None while fewer than two have a figure."""
    told = [(one.number, one.value) for one in trials if one.value is not None]
    if len(told) < 2:
        return None
    scale = _scale([value for _, value in told])
    first, last = told[0][0], told[-1][0]

    def place(number: int, value: float) -> Point:
        return _round((number - first) / (last - first) * WIDTH), _round((1 - scale.share(value)) * HEIGHT)

    best, steps = -math.inf, list[Point]()
    for number, value in told:
        before, best = best, max(best, value)
        if steps and best > before:
            steps.append(place(number, before))
        steps.append(place(number, best))
    points = [place(number, value) for number, value in told]
    return History(points, _path(steps), _said(scale.low), _said(scale.high), first, last)


def coordinates(trials: Sequence[Trial], known: Mapping[str, Parameter], winner: Trial | None) -> Coordinates | None:
    """None while fewer than two have a figure."""
    done = [one for one in trials if one.value is not None]
    if len(done) < 2:
        return None
    names = [name for name, one in known.items() if one.searched]
    scale = _scale([one.value for one in done if one.value is not None])
    step = WIDTH / len(names)
    axes = [Axis(_round(at * step), name, *_ends(known[name])) for at, name in enumerate(names)]
    axes.append(Axis(WIDTH, "", _said(scale.low), _said(scale.high)))

    def path(one: Trial) -> str:
        shares = [_share(known[name], one.parameters.get(name, known[name].usual)) for name in names]
        shares.append(scale.share(one.value or 0.0))
        return _path([(axis.x, _round((1 - share) * HEIGHT)) for axis, share in zip(axes, shares, strict=True)])

    others = [path(one) for one in done if winner is None or one.pk != winner.pk]
    return Coordinates(axes, others, path(winner) if winner else "")


def importance(shares: Mapping[str, float]) -> list[Bar]:
    """The parameter that matters most first."""
    most = max(shares.values(), default=0.0) or 1.0
    ordered = sorted(shares.items(), key=lambda one: -one[1])
    return [
        Bar(name, share, round(at * 34.0, 1), _round(max(2.0, share / most * WIDTH * 0.6)))
        for at, (name, share) in enumerate(ordered)
    ]


def _scale(values: Sequence[float]) -> Scale:
    low, high = min(values), max(values)
    spare = (high - low) * 0.05 or 0.01
    return Scale(low - spare, high + spare)


def _share(known: Parameter, value: Value) -> float:
    """Where a value lies between a parameter's ends, from 0 to 1."""
    if isinstance(known.usual, bool):
        return 1.0 if value else 0.0
    low, high, own = known.least, known.most, float(value)
    if known.log:
        low, high, own = math.log(low), math.log(high), math.log(max(own, low))
    return Scale(low, high).share(own)


def _ends(known: Parameter) -> tuple[str, str]:
    ends = (False, True) if isinstance(known.usual, bool) else (known.least, known.most)
    return training_words.value(ends[0]), training_words.value(ends[1])


def _said(value: float) -> str:
    return f"{value:.3g}"


def _round(value: float) -> float:
    return round(value, 1)


def _path(points: Sequence[Point]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points)
