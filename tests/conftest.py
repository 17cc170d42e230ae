"""What every test can ask for."""

import gc
from collections.abc import Iterator
from typing import NamedTuple

import hypothesis
import pytest
from django.db import connection
from django.utils import translation

pytest.register_assert_rewrite("tests.support")  # what is asserted there is told as fully as in a test

from tests.support import cast as people  # noqa: E402
from tests.support import owner  # noqa: E402
from tests.support.rounds import rounds  # noqa: E402
from tests.support.waiting import until  # noqa: E402

pytest_plugins = ["tests.plugins.database"]

# What hypothesis draws is the same on every machine, so that a run says something of what was changed, and not of luck.
# `pytest --hypothesis-profile=default` searches anew.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, max_examples=rounds(100))
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A start from nothing takes longer than any other test that stands alone: begun late, all wait for it."""
    items.sort(key=lambda item: item.path.name != "test_start.py")


def pytest_collection_finish() -> None:
    """What was loaded so far stays to the end: to look through it for garbage time and again took a ninth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What is said in one test's language is said in it alone: a request leaves the language of its thread behind."""
    yield
    translation.deactivate()


@pytest.fixture
def cast(db) -> people.Cast:
    """Everybody (tests/support/cast.py)."""
    return people.assemble()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The test database is dropped once nobody does anything in it.

    A process that was killed leaves its server process at its last statement, which a moment later is gone. A thread
    keeps its connection for as long as it lives, which may be longer than the session: such a one is sent away.
    """
    yield
    with django_db_blocker.unblock():
        gc.collect()
        until(lambda: all(one.state == "idle" for one in _others()), 60, lambda: f"somebody works in it: {_others()}")
        idle = [one.pid for one in _others()]
        with owner.connect() as server:
            server.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [idle])
        connection.close()


class Other(NamedTuple):
    """A connection of somebody else to the test database, and the last that it did."""

    pid: int
    application: str
    state: str
    statement: str


def _others() -> list[Other]:
    with owner.connect() as server:
        rows = server.execute(
            "SELECT pid, application_name, state, left(query, 200) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return [Other(*row) for row in rows.fetchall()]
