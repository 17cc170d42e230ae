"""A delivery that nobody makes any more is taken up by itself; one that never gets on is ended, and told."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs
from projects.data import abandoned, deliveries
from projects.data.deliveries import making
from projects.models import Delivery
from taskers.models import Event
from tests.support import make
from tests.support.projects.delivering import decided, run_job

JOBS = ProcrastinateJob.objects.filter(task_name=making.JOB)


@pytest.fixture
def ordered(cast, tmp_path, settings) -> Delivery:
    settings.MEDIA_ROOT = tmp_path
    project = make.project(cast.riverside, wanted=1)
    decided(cast, project)
    return deliveries.order(project, by=None, format="jsonl")


def test_one_that_nobody_makes_any_more_is_taken_up_and_given_up_at_last(ordered) -> None:
    assert jobs.take_up.func(timestamp=0) == 0, "a worker will make it"
    for _ in range(abandoned.MOST_JOBS - 1):
        JOBS.update(status="failed")
        assert jobs.take_up.func(timestamp=0) == 1
    JOBS.update(status="failed")
    assert jobs.take_up.func(timestamp=0) == 0
    ordered.refresh_from_db()
    assert (ordered.state, ordered.fault) == ("failed", "gave-up")
    assert Event.objects.filter(kind="delivery_failed").count() == 1


def test_one_at_which_worker_after_worker_died_is_not_begun_any_more(ordered) -> None:
    JOBS.update(status="doing", attempts=abandoned.MOST_STARTS)
    run_job(ordered)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.fault, ordered.picks) == ("failed", "gave-up", "")
    JOBS.update(status="succeeded")
    deliveries.go_on(ordered)  # whoever mended it
    run_job(ordered)
    ordered.refresh_from_db()
    assert ordered.state == "done"


def test_one_that_was_ordered_long_ago_waits_for_people(ordered, monkeypatch) -> None:
    JOBS.update(status="failed")
    monkeypatch.setattr(abandoned, "OLD", timedelta(0))
    assert deliveries.take_up() == 0 and deliveries.is_stuck(ordered)
    deliveries.go_on(ordered)
    run_job(ordered)
    assert Delivery.objects.get().state == "done"


def test_whoever_presses_the_button_meanwhile_is_not_told_that_it_failed(ordered, monkeypatch) -> None:
    for _ in range(abandoned.MOST_JOBS - 1):
        JOBS.update(status="failed")
        deliveries.take_up()
    JOBS.update(status="failed")
    looked = abandoned.Kind.is_stuck

    def pressed_after(kind: abandoned.Kind, one: Delivery) -> bool:
        monkeypatch.setattr(abandoned.Kind, "is_stuck", looked)
        found = looked(kind, one)
        deliveries.go_on(one)
        return found

    monkeypatch.setattr(abandoned.Kind, "is_stuck", pressed_after)
    assert deliveries.take_up() == 0
    assert (Delivery.objects.get().state, JOBS.filter(status="todo").count()) == ("waiting", 1)
    JOBS.filter(status="todo").update(status="failed")
    assert deliveries.take_up() == 1, "what failed before that counts no more"
