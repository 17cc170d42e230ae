"""What more verdicts would bring, by what past trainings reached with fewer: errors fall as a power of what is learnt
from (Hestness and others, "Deep Learning Scaling is Predictable, Empirically", 2017)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from assist.learning.recipes import RECIPES
from assist.learning.splits import TRAIN
from assist.models import TrainingRun
from projects.models import Project

LEAST = 3  # sizes that tell a curve
CONFIDENCE = 0.95
NEWEST = 50  # trainings of a recipe


@dataclass(frozen=True)
class Gain:
    """By how much a figure in [0, 1] is likely to rise with twice as many verdicts, and between what at 95 %."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether it surely rises."""
        return self.low > 0


@dataclass(frozen=True)
class Curve:
    """What the trainings of one recipe came to: verdicts learnt from and the figure then, the fewest first; the gain is
    None where too little is known to tell."""

    recipe: str
    points: Sequence[tuple[int, float]]
    gain: Gain | None


def gain(points: Iterable[tuple[int, float]]) -> Gain | None:
    """By least squares on the logarithms of verdicts and errors; the interval by the slope's, from Student's t. None
    under three sizes, and where there is no error left."""
    known = [(number, 1 - figure) for number, figure in points if number > 0 and figure < 1]
    if len({number for number, _ in known}) < LEAST:
        return None
    x, y = np.log(np.array(known, dtype=float)).T
    apart = x - x.mean()
    slope = float((apart * y).sum() / (apart**2).sum())
    left = y - y.mean() - slope * apart
    spread = float((left**2).sum() / (len(x) - 2) / (apart**2).sum()) ** 0.5
    reach = float(scipy.special.stdtrit(len(x) - 2, 0.5 + CONFIDENCE / 2)) * spread
    now = float(np.exp(y.mean() + slope * (x.max() - x.mean())))
    value, low, high = (min(1.0, now) * (1 - 2.0**one) for one in (slope, slope + reach, slope - reach))
    return Gain(value, max(-1.0, low), high)


def of(project: Project) -> list[Curve]:
    """Of each recipe that was trained here, by its newest trainings."""
    rows = TrainingRun.objects.filter(project=project, state=TrainingRun.State.DONE, recipe__in=RECIPES)
    found: dict[str, list[tuple[int, float]]] = {}
    newest = rows.order_by("-pk").values_list("recipe", "metrics", "snapshot__by_split")[: NEWEST * len(RECIPES)]
    for recipe, metrics, by_split in newest:
        figure, number = metrics.get("model", {}).get(RECIPES[recipe].figure), by_split.get(TRAIN, 0)
        own = found.setdefault(recipe, [])
        if figure is not None and number and len(own) < NEWEST:
            own.append((int(number), float(figure)))
    return [Curve(recipe, sorted(points), gain(points)) for recipe, points in sorted(found.items()) if points]
