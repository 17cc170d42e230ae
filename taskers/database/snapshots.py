"""One moment of the database for what is counted anew while others write."""

from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from psycopg.errors import SerializationFailure

TRIES = 20


def at_one_moment(count: Callable[[], int]) -> int:
    """What `count` returns, in a transaction that sees one moment; begun anew where a row that it locks or writes was
    written since. Let it lock what others write first. Raises OperationalError where that goes on."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic(durable=True):
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                return count()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, SerializationFailure):
                raise
    raise AssertionError("the last try returns or raises")
