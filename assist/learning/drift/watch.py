"""Look whether a project's figures have changed, and say so once. The only writer of DriftSeries.

All that is known of a kind since it last was as usual is looked at anew each time: it takes a second for twenty
thousand, and nothing that was cut off leaves half a sum behind.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from assist.learning.drift import audits
from assist.learning.drift.detector import WATCHED, Evidence, watched
from assist.learning.drift.series import KINDS, MOST, Came
from assist.models import DriftSeries
from projects.configuration.project_events import tell
from projects.models import Project
from taskers.errors import StateConflict
from taskers.models import Person

SEEN = "drift_seen"
ACCEPTED = "drift_accepted"
LEAST_A_YEAR = 10_000.0  # pieces: how slowly they came so far may change
LEAST = 50  # pieces before a kind says anything
POINTS = 60

logger = logging.getLogger(__name__)


def watch_all() -> int:
    """Look at every live project; returns how many alarms were raised. One that fails is logged, and the others are
    looked at."""
    raised = 0
    audits.lower_due()
    for project in Project.objects.filter(state=Project.State.LIVE):
        try:
            raised += watch(project)
        except Exception:
            logger.exception("Whether %s has changed can't be said.", project.public_id)
    return raised


def watch(project: Project) -> int:
    """Look at all kinds of one project; returns how many alarms were raised."""
    return sum(_looked(project, what) for what in KINDS)


def series_of(project: Project) -> list[DriftSeries]:
    """Those of which enough came to say anything, in the order of KINDS."""
    rows = {one.what: one for one in DriftSeries.objects.filter(project=project, seen__gte=LEAST)}
    return [rows[what] for what in KINDS if what in rows]


@transaction.atomic
def accept(project: Project, what: str, *, by: Person) -> None:
    """Take what comes now as usual from here on. Raises StateConflict where no alarm was raised."""
    series = DriftSeries.objects.select_for_update().filter(project=project, what=what).first()
    if series is None or series.alarmed_at is None:
        raise StateConflict("Nothing was said to have changed there.")
    series.after, series.seen, series.points, series.alarmed_at = series.newest, 0, [], None
    series.accepted_by, series.looked_at = by, timezone.now()
    series.save()
    tell(ACCEPTED, project, by, what=what)
    if not DriftSeries.objects.filter(project=project).exclude(alarmed_at=None).exists():
        audits.lower(project, by=by)


@transaction.atomic
def _looked(project: Project, what: str) -> bool:
    """Whether an alarm was raised just now."""
    series, _made = DriftSeries.objects.select_for_update().get_or_create(project=project, what=what)
    came, keys = KINDS[what].read(project, series.after)
    if not came or keys[-1] == series.newest and len(came) == series.seen:
        return False
    found = watched([one.figure for one in came], _bound(came), seed=project.pk)
    raised = found.reached and len(came) >= LEAST and series.alarmed_at is None
    series.seen, series.newest, series.points = len(came), keys[-1], _points(came, found)
    series.looked_at = timezone.now()
    if raised:
        series.alarmed_at = series.looked_at
        tell(SEEN, project, None, what=what)
        audits.raise_for(project)
    elif series.alarmed_at is None and len(keys) >= MOST:
        series.after = keys[len(keys) // 2]  # the older half is let go
    series.save()
    return raised


def _bound(came: Sequence[Came]) -> float:
    """As many pieces as come in a year, times as many series as are watched."""
    span = max(came[-1].at - came[0].at, timedelta(days=1))
    return WATCHED * max(LEAST_A_YEAR, len(came) * (timedelta(days=365) / span))


def _points(came: Sequence[Came], found: Evidence) -> list[tuple[str, float]]:
    """So many at most, each the strongest of its part."""
    size = -(-len(came) // POINTS)
    starts = range(0, len(came), size)
    strongest = [float(found.shares[start : start + size].max()) for start in starts]
    when: list[datetime] = [came[min(start + size, len(came)) - 1].at for start in starts]
    return [(at.isoformat(), float(f"{share:.3g}")) for at, share in zip(when, strongest, strict=True)]
