"""Asking the database from an event loop: in a thread, with a connection that is given back."""

from collections.abc import Callable
from typing import TypeVar

from django.db import close_old_connections

Found = TypeVar("Found")


def fresh(look: Callable[..., Found]) -> Callable[..., Found]:
    """The same call, for a thread that lives on: no connection is kept from before it nor after it."""

    def called(*terms: object) -> Found:
        close_old_connections()
        try:
            return look(*terms)
        finally:
            close_old_connections()

    return called
