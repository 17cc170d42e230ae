"""Drawings of one person's quality in one project: week by week."""

from datetime import datetime, time

from django.utils import timezone

from projects.reports.person import InProject
from projects.web.shared.charts import HEIGHT, WIDTH, Line, Scale, line, reach

UNIT = Scale(0.0, 1.0)


class Trend:
    """A line with its intervals, and where the change stands, if there is one."""

    def __init__(self, of: InProject) -> None:
        weeks = of.weeks
        when = [timezone.make_aware(datetime.combine(one.begin, time())).timestamp() for one in weeks]
        bounds = [(one.share.low or 0.0, one.share.high or 1.0) for one in weeks]
        self.line: Line = line("quality", "", when, [one.share.value for one in weeks], UNIT)
        self.strokes = reach(when, bounds, UNIT)
        self.height = HEIGHT
        self.ends = (weeks[0].begin, weeks[-1].begin)
        self.change: float | None = None
        if of.change is not None:
            share = (of.change.at.timestamp() - when[0]) / ((when[-1] - when[0]) or 1)
            self.change = round(min(max(share, 0.0), 1.0) * WIDTH, 1)


def drawn(of: InProject) -> Trend | None:
    """The trend, where two weeks tell of one."""
    return Trend(of) if len(of.weeks) > 1 else None
