"""When an imported answer was given, and how long it took, as files say it: checked, or told as lost."""

from datetime import UTC, datetime

from projects.data.reading.rows import Fault
from projects.models import AnswerTimes
from projects.task_types.shape import clipped
from taskers.errors import sentence

YEARS = range(1970, 2200)  # of dates; others are slips, and some can't be converted to UTC
MAX_SECONDS = 10 * 365 * 86_400.0  # a page may stay open for weeks


def checked(date: str, seconds: float | None) -> tuple[AnswerTimes, list[Fault]]:
    """The date (UTC where the file names no zone) and the duration, and what of the two can't be kept."""
    answered_at, is_duration = _moment(date), seconds is None or _is_duration(seconds)
    faults = []
    if date and answered_at is None:
        text = sentence("“%(value)s” is no date by ISO 8601; the answer is kept without it.", value=clipped(date, 40))
        faults.append(Fault("answered_at", "bad-date", text))
    if not is_duration:
        message = "A duration is a number of seconds, at most ten years; the answer is kept without it."
        faults.append(Fault("seconds", "bad-duration", message))
    duration_ms = round(1000 * seconds) if is_duration and seconds is not None else None
    return AnswerTimes(answered_at, duration_ms), faults


def _moment(date: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(date.strip())
    except ValueError:
        return None
    if moment.year not in YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_duration(seconds: float) -> bool:
    return not isinstance(seconds, bool) and 0 <= seconds <= MAX_SECONDS
