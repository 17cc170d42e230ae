"""When an imported answer was given, and how long it took, as files say it: checked, or told as lost."""

from projects.data.reading.dates import MAX_SECONDS, bad_date, bad_duration, is_duration, moment_of
from projects.data.reading.rows import Fault
from projects.models import AnswerTimes

__all__ = ["MAX_SECONDS", "checked"]


def checked(date: str, seconds: float | None) -> tuple[AnswerTimes, list[Fault]]:
    """The date (UTC where the file names no zone) and the duration, and what of the two can't be kept."""
    answered_at, has_no_fault = moment_of(date), seconds is None or is_duration(seconds)
    faults = []
    if date and answered_at is None:
        faults.append(bad_date("answered_at", date))
    if not has_no_fault:
        faults.append(bad_duration("seconds"))
    duration_ms = round(1000 * seconds) if has_no_fault and seconds is not None else None
    return AnswerTimes(answered_at, duration_ms), faults
