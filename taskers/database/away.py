"""Whether an error says that the database can't be reached, rather than that a statement is wrong."""

from collections.abc import Iterator

import django.db
import psycopg

# By SQLSTATE: connections that broke or were refused, a server that is shut down, starts, or has no connection left.
AWAY_CLASSES = ("08", "57P")
TOO_MANY_CONNECTIONS = "53300"


def is_database_away(error: BaseException | None) -> bool:
    """Whether this, or what it was raised from, is a connection that is refused, was cut, or doesn't come in time.

    A statement that was cancelled, a deadlock and a full disk are none: there the database answers.
    """
    return any(_is_away(cause) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_away(error: BaseException) -> bool:
    if isinstance(error, psycopg.OperationalError):  # that of a pool without connections too
        state = error.sqlstate or ""
        return not state or state.startswith(AWAY_CLASSES) or state == TOO_MANY_CONNECTIONS
    # Django's and the driver's word for a connection that is used after it was lost.
    lost = isinstance(error, (psycopg.InterfaceError, django.db.InterfaceError))
    return lost and "connection" in str(error)
