"""Dates and durations as files write them, and what is said of those that can't be kept."""

from datetime import UTC, datetime

from projects.data.reading.rows import Fault
from projects.task_types.shape import clipped
from taskers.errors import sentence

YEARS = range(1970, 2200)  # of dates; others are slips, and some can't be converted to UTC
MAX_SECONDS = 10 * 365 * 86_400.0  # a page may stay open for weeks


def moment_of(date: str) -> datetime | None:
    """The moment of a date by ISO 8601, in UTC where it names no zone; None where it is none."""
    try:
        moment = datetime.fromisoformat(date.strip())
    except ValueError:
        return None
    if moment.year not in YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_duration(seconds: float) -> bool:
    """Whether this is how long an answer may take."""
    return not isinstance(seconds, bool) and 0 <= seconds <= MAX_SECONDS


def bad_date(place: str, date: str) -> Fault:
    """What is said at `place` of a date that `moment_of` can't read."""
    text = sentence(
        "“%(value)s” is no date by ISO 8601 from 1970 to 2199; the answer is kept without it.", value=clipped(date, 40)
    )
    return Fault(place, "bad-date", text)


def bad_duration(place: str) -> Fault:
    """What is said at `place` of what `is_duration` refuses."""
    message = "A duration is a number of seconds, at most ten years; the answer is kept without it."
    return Fault(place, "bad-duration", message)
