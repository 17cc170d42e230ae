"""What the tests of a module begin with, made once: each of them undoes only its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def kept(blocker: Any) -> Iterator[None]:
    """What is written here stands until the block ends, in a transaction around those of the tests.

    Write in `with blocker.unblock()`, and hand out deep copies: a test may change what it holds. For modules none of
    whose tests commits; `django_db_setup` comes first. The database's clock stands at the block's begin.
    """
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # what must be the outermost takes it for a test's
    with blocker.unblock():
        around.__enter__()
    try:
        yield
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
