"""How many known answers it takes to know a share as precisely as wished. Pure."""

from __future__ import annotations

import scipy

from projects.inference import arguments

MOST = 100_000


def half_width(right: float, known: int, level: float = 0.9) -> float:
    """Half the width of the interval of this level for a share, after so many known answers (Jeffreys 1946).

    BadArgument for shares outside [0, 1].
    """
    arguments.chance("right", right)
    arguments.chance("level", level)
    good, poor = right * known + 0.5, (1 - right) * known + 0.5
    low, high = scipy.special.betaincinv(good, poor, [(1 - level) / 2, (1 + level) / 2])
    return float(high - low) / 2


def answers_for(precision: float, right: float = 0.85, level: float = 0.9) -> int:
    """The fewest known answers that tell somebody's share of right ones, likely about `right`, to ± `precision`.

    BadArgument for a precision that isn't between 0 and 1.
    """
    arguments.chance("precision", precision)
    if not precision:
        raise arguments.BadArgument("precision", "no number of answers tells a share exactly")
    low, high = 1, MOST
    while low < high:
        middle = (low + high) // 2
        if half_width(right, middle, level) <= precision:
            high = middle
        else:
            low = middle + 1
    return low
