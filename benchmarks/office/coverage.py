"""How often the 80 % interval of the forecast holds, on simulated projects whose people come and go."""

from dataclasses import dataclass

import numpy as np

from projects.inference import forecast

DAYS, MOST_PEOPLE = 200, 200
WEEKENDS, HOW_OFTEN = (0.0, 0.1, 0.3, 1.0), (0.35, 0.25, 0.2, 0.2)  # of a workday; and the chance of each


@dataclass(frozen=True)
class Covered:
    """Shares of the simulated projects: the end lay within the interval, before it, after it; and how wide it was,
    beside the time that was really left (the median)."""

    projects: int
    covered: float
    sooner: float
    later: float
    width: float


def measured(projects: int, seed: int) -> Covered:
    """Forecast the end of so many projects at some moment of theirs, and see when they ended."""
    dice = np.random.default_rng(seed)
    said: list[tuple[bool, bool, float]] = []
    while len(said) < projects:
        work = simulated(dice)
        known, ahead = int(dice.integers(4, 45)), int(dice.integers(3, 60))
        left = float(work[known : known + ahead].sum())
        found = forecast.outlook(work[max(0, known - 28) : known].tolist(), left, known % 7, dice) if left else None
        if found is None:
            continue
        took = took_to(work[known:], left)
        low = np.inf if found.low is None else found.low
        high = np.inf if found.high is None else found.high
        said.append((took < low, took > high, (high - low) / took))
    sooner, later, widths = (np.array(column) for column in zip(*said, strict=True))
    outside = float(sooner.mean() + later.mean())
    return Covered(projects, 1 - outside, float(sooner.mean()), float(later.mean()), float(np.median(widths)))


def took_to(work: np.ndarray, left: float) -> float:
    """Days until that much was done."""
    done = np.cumsum(work)
    day = int(np.argmax(done >= left))
    before = done[day - 1] if day else 0.0
    return day + (left - before) / max(work[day], 1e-9)


def simulated(dice: np.random.Generator) -> np.ndarray:
    """What a project's people do each day: they join and leave, stay away, differ in speed, and have good days."""
    rates = dice.lognormal(np.log(60), 0.6, size=MOST_PEOPLE)
    here, coming = list(range(dice.integers(2, 25))), 30
    weekend, joins, leaves = dice.choice(WEEKENDS, p=HOW_OFTEN), dice.uniform(0, 0.12), dice.uniform(0, 0.12)
    shows_up, trend = dice.uniform(0.5, 0.95), dice.normal(0, 0.008)
    work = np.zeros(DAYS)
    for day in range(DAYS):
        if dice.random() < joins and coming < MOST_PEOPLE:
            here.append(coming)
            coming += 1
        if len(here) > 1 and dice.random() < leaves:
            here.pop(dice.integers(len(here)))
        today = [one for one in here if dice.random() < shows_up]
        share = (weekend if day % 7 >= 5 else 1.0) * np.exp(trend * day)
        work[day] = dice.poisson(rates[today] * share * dice.lognormal(0, 0.3, size=len(today))).sum()
    return work
