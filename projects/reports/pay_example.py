"""What the terms of a project would have paid for the work that was done lately: the effect of each of them."""

from dataclasses import dataclass
from statistics import fmean, median

from projects.models import Annotation, Project
from projects.quality.pay import worth
from taskers.models import Person

NEWEST = 50


@dataclass(frozen=True)
class PayExample:
    """The newest judgements of people under the terms of now, were all accepted: amounts in millionths."""

    pieces: int
    least: int
    middle: int
    most: int
    average: int
    seconds: float  # of active time, of the middle one

    @property
    def hour(self) -> int:
        """What an hour of active work at that pace would earn, to ten cents."""
        return round(self.middle * 3600 / self.seconds / 100_000) * 100_000 if self.seconds else 0


def of(project: Project) -> PayExample | None:
    """None where nobody has judged anything yet."""
    rows = Annotation.objects.current().filter(
        task__project=project, assignment__kind="judge", tasker__kind=Person.Kind.HUMAN
    )
    found = list(rows.select_related("assignment", "tasker", "task").order_by("-pk")[:NEWEST])
    if not found:
        return None
    terms, amounts = project.settings_now(), []
    for one in found:
        one.task.project, one.assignment.rate = project, terms.rate
        amounts.append(worth(one, one.task, terms, None))
    timed = [one.active_ms / 1000 for one in found if one.active_ms > 500]
    return PayExample(
        len(found),
        min(amounts),
        round(median(amounts)),
        max(amounts),
        round(fmean(amounts)),
        median(timed) if timed else 0.0,
    )
