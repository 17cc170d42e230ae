"""What a project has spent of what it may, and when the rest will be spent at the pace of lately. Adds nothing up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.utils import timezone

from projects.inference import forecast

HISTORY = 28  # days that a forecast looks back on
APART = 7  # so that its dice are not those of the forecast of work


@dataclass(frozen=True)
class Budget:
    """In millionths. `at` is when all of it will be spent, in the middle of what is likely, `low` and `high` the ends
    of the 80 % interval; None where that isn't within two years, or can't be told yet."""

    limit: int
    earned: int
    promised: int
    planned: int  # what all judgements that are wanted earn, where all are accepted
    at: datetime | None = None
    low: datetime | None = None
    high: datetime | None = None

    @property
    def spent(self) -> int:
        """What counts against the limit: earned, and promised for what is handed in and not decided yet."""
        return self.earned + self.promised

    @property
    def left(self) -> int:
        """What may still be spent."""
        return max(0, self.limit - self.spent)

    @property
    def share(self) -> float:
        """How much of the limit is spent."""
        return self.spent / self.limit

    @property
    def enough(self) -> bool:
        """Whether it will do for all that is wanted."""
        return self.planned <= self.limit


def of(
    key: int, budget: Budget, days: Mapping[date, int], paths: int = forecast.PATHS, *, before: bool = False
) -> Budget:
    """The same with when it ends, by what was earned on each day (of UTC) lately; of the project with this key.
    `before`: days that aren't among them had earnings, so that what looks back on may begin with days without any."""
    today = datetime.now(UTC).date()
    begun = min(days, default=today)
    length = HISTORY if before else min(HISTORY, (today - begun).days)
    past = [max(0, days.get(today - timedelta(days=back), 0)) for back in range(length, 0, -1)]
    dice = np.random.default_rng([key, today.toordinal(), APART])
    found = forecast.outlook(past, budget.left, today.weekday(), dice, paths=paths) if budget.left else None
    if found is None:
        return budget
    now, days_to = timezone.now(), (found.days, found.low, found.high)
    at, low, high = (None if one is None else now + timedelta(days=one) for one in days_to)
    return replace(budget, at=at, low=low, high=high)
