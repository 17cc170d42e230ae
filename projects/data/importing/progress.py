"""How fast an import goes, and how long it will take yet."""

from datetime import datetime, timedelta
from typing import NamedTuple

from projects.models import Import

ENOUGH = timedelta(seconds=1)  # before that a rate tells nothing


class Pace(NamedTuple):
    """Rows a second, and what is left; None where nobody knows how many there are."""

    rate: float
    left: timedelta | None


def pace_of(file_import: Import, now: datetime) -> Pace | None:
    """Of one that runs, once it has run for a moment."""
    if file_import.state != Import.State.RUNNING or file_import.run_at is None:
        return None
    done, took = file_import.position - file_import.run_from, now - file_import.run_at
    if took < ENOUGH or done <= 0:
        return None
    rate = done / took.total_seconds()
    if file_import.expected is None:
        return Pace(rate, None)
    return Pace(rate, timedelta(seconds=round(max(0, file_import.expected - file_import.position) / rate)))
