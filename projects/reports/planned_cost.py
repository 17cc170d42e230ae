"""What a project's tasks cost at most by its settings, before anybody has worked on them. Pure."""

import math
from dataclasses import dataclass

from projects.configuration import raised_rate
from projects.models import ProjectSettings

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class PlannedCost:
    """Millionths, rounded up, with gold and one review of each task; what is paid by the unit comes on top."""

    per_task: int
    total: int


def of(settings: ProjectSettings, tasks: int, gold_share: float) -> PlannedCost:
    """The cost of so many tasks where all work is accepted at the highest rate, takes as long as is paid, and each task
    gets as many judgements as it may. Gold is `gold_share` of all judgements and paid like them."""
    judgement = raised_rate.highest(settings) + settings.hourly_rate * settings.paid_seconds / SECONDS_PER_HOUR
    judgements = settings.budget or settings.most or settings.wanted
    per_task = judgement * judgements / (1 - gold_share) + settings.review_rate
    return PlannedCost(math.ceil(per_task), math.ceil(per_task * tasks))
