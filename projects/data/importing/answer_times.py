"""When an imported answer was given, and how long it took, as files say it: checked, or told as lost."""

from projects.data.reading.dates import MAX_SECONDS, is_duration, moment_of
from projects.data.reading.rows import Fault
from projects.models import AnswerTimes
from projects.task_types.shape import clipped
from taskers.errors import sentence

__all__ = ["MAX_SECONDS", "checked"]


def checked(date: str, seconds: float | None) -> tuple[AnswerTimes, list[Fault]]:
    """The date (UTC where the file names no zone) and the duration, and what of the two can't be kept."""
    answered_at, has_no_fault = moment_of(date), seconds is None or is_duration(seconds)
    faults = []
    if date and answered_at is None:
        text = sentence("“%(value)s” is no date by ISO 8601; the answer is kept without it.", value=clipped(date, 40))
        faults.append(Fault("answered_at", "bad-date", text))
    if not has_no_fault:
        message = "A duration is a number of seconds, at most ten years; the answer is kept without it."
        faults.append(Fault("seconds", "bad-duration", message))
    duration_ms = round(1000 * seconds) if has_no_fault and seconds is not None else None
    return AnswerTimes(answered_at, duration_ms), faults
