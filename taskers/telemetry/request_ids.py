"""Which request this is: in its answer, in each line of the log about it, and in the jobs that it sets going."""

import logging
import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
# What is taken from others stands in logs and answers: short, and without anything that ends a line or a field.
SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being answered here, or that set this job going; "" where none is."""
    return _current.get()


def begin(asked: str = "") -> str:
    """From here on this is the request; returns its id: the one that was asked for where it is fit, else a new one."""
    id = asked if SHAPE.fullmatch(asked) else secrets.token_hex(10)
    _current.set(id)
    return id


def resume(id: str) -> None:
    """Go on with a request that began elsewhere; what isn't an id is none."""
    _current.set(id if SHAPE.fullmatch(id) else "")


class Marked(logging.Filter):
    """Gives each line of the log `mark`: the request's id in brackets, with a blank before it, or nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.mark = f" [{id}]" if (id := current()) else ""
        return True
