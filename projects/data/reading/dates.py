"""Dates and durations as files write them."""

from datetime import UTC, datetime

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
