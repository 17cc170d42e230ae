"""The day as it is where a person lives: what is counted and limited by the day, is by theirs."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Day(NamedTuple):
    """A day of somebody's, and when it begins and ends."""

    date: date
    begins: datetime
    ends: datetime

    @property
    def seconds_left(self) -> int:
        """How long it still lasts."""
        return max(1, int((self.ends - datetime.now(UTC)).total_seconds()))


def today(person) -> Day:
    """Today, where this person lives."""
    try:
        zone = ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    day = datetime.now(zone).date()
    begins, ends = (datetime.combine(one, datetime.min.time(), zone) for one in (day, day + timedelta(days=1)))
    return Day(day, begins.astimezone(UTC), ends.astimezone(UTC))


def counts_today(day: date, at: datetime | None, person) -> bool:
    """Whether a tally of this day, last added to at this moment, counts towards today's caps of this person.

    Today's does, and one of a day to come or added to since midnight: those were entered under another time zone.
    """
    now = today(person)
    return day >= now.date or (at is not None and at >= now.begins)
