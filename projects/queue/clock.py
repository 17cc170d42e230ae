"""The database's clock: lease times are read from it alone, whatever the clocks of the web machines say."""

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, Func, Value
from django.db.models.expressions import Combinable


class Clock(Func):
    """Now, by the database. Unlike `now()` it moves within a transaction, which may have waited for a lock."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def from_now(seconds: int) -> Combinable:
    """That many seconds after now, by the database."""
    pause = Func(Value(seconds), template="make_interval(secs => %(expressions)s)", output_field=DurationField())
    return ExpressionWrapper(Clock() + pause, output_field=DateTimeField())
