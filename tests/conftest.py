"""What every test can ask for."""

import time

import hypothesis
import pytest
from django.db import connection
from django.db.models import Max

from taskers.models import Event
from taskers.models.outbox import EventQuerySet
from tests import cast as people

pytest_plugins = ["tests.plugins.database"]

# What hypothesis draws is the same on every machine, so that a run says something of what was changed, and not of luck.
# `pytest --hypothesis-profile=default` searches anew.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same")


@pytest.fixture
def cast(db) -> people.Cast:
    """Everybody (tests/cast.py)."""
    return people.assemble()


@pytest.fixture(autouse=True)
def patient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of the outbox wait, for three minutes at most, until what was written may be read.

    They stay behind the oldest transaction of the whole server, and the tests beside this one run theirs there too:
    most of them are one transaction from their beginning to their end.
    """
    settled_after = EventQuerySet.settled_after

    def patiently(self: EventQuerySet, transaction: int, pk: int) -> EventQuerySet:
        until = time.monotonic() + 180
        # Inside a test's own transaction nothing is ever settled.
        while not connection.savepoint_ids and not _settled() and time.monotonic() < until:
            time.sleep(0.02)
        return settled_after(self, transaction, pk)

    monkeypatch.setattr(EventQuerySet, "settled_after", patiently)


def _settled() -> bool:
    newest = Event.objects.aggregate(newest=Max("transaction"))["newest"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return newest is None or newest < cursor.fetchone()[0]
