"""What live batches still need is told to the runtime, so that it lets go of that last."""

import re

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from assist import jobs
from assist.runtime.client import status_now
from assist.suggestions import pins
from projects.models import Batch, Project
from projects.workflow import batches
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import Runtime
from tests.support.cast import Cast


@pytest.fixture
def some(cat: Picture) -> list[Picture]:
    """Pictures that aren't the same."""
    return [picture(cat.pixels[number:]) for number in range(5)]


def loaded(project: Project, pictures: list[Picture], name: str = "First", priority: int = 0) -> Batch:
    batch = make.batch(project, name)
    Batch.objects.filter(pk=batch.pk).update(priority=priority)
    for one in pictures:
        work.image_task(batch, one.file, f"{name} {one.sha256}", wanted=1)
    return batch


def test_what_is_in_hand_and_what_comes_next_each_once(cast: Cast, some: list[Picture]) -> None:
    project = work.image_project(cast.riverside)
    loaded(project, some[:3])
    urgent = loaded(project, [*some[3:], some[0]], "Urgent", priority=5)
    mine = make.held(cast.alice, project)
    assert mine.task.batch_id == urgent.pk
    assert pins.needed(9) == [some[n].sha256 for n in (3, 4, 0, 1, 2)], "the image of two tasks once"
    assert pins.needed(2) == [some[3].sha256, some[4].sha256], "no more than there is room for"


def test_what_nobody_needs_is_not_pinned(cast: Cast, some: list[Picture]) -> None:
    project = work.image_project(cast.riverside, wanted=1)
    paused = loaded(project, some[:1], "Paused")
    batches.move(paused, "paused", by=None)
    loaded(work.image_project(cast.hilltop, copilot=False), some[1:2])
    make.tasks(make.batch(make.project(cast.riverside)), 2)
    assert pins.needed(9) == []
    loaded(project, some[2:4], "Live")
    done = make.judged(cast.alice, project, {"regions": []})
    left = [one.sha256 for one in some[2:4] if one.sha256 != done.task.payload["asset"]]
    assert pins.needed(9) == left, "the other has all that was wanted of it"
    batches.move(paused, "live", by=None)
    assert pins.needed(9) == [some[0].sha256, *left]


def test_batches_with_nothing_left_cost_nothing_and_no_more_is_read_than_there_is_room_for(
    cast: Cast, some: list[Picture]
) -> None:
    project = work.image_project(cast.riverside, wanted=1)
    loaded(project, some[:3])
    with CaptureQueriesContext(connection) as alone:
        pins.needed(9)
    for n in range(3):
        make.batch(project, f"Empty {n}")
    with CaptureQueriesContext(connection) as beside:
        assert len(pins.needed(9)) == 3
    assert len(beside) == len(alone)
    loaded(project, some[3:], "Later")
    with CaptureQueriesContext(connection) as asked:
        assert len(pins.needed(4)) == 4
    read = " ".join(one["sql"] for one in asked if "sha256" in one["sql"])
    assert re.findall(r"LIMIT (\d+)", read) == ["4", "4", "1", "1"]


def test_runtime_hears_of_it_every_minute_and_being_away_holds_nothing_up(
    cast: Cast, some: list[Picture], fake_runtime: Runtime
) -> None:
    loaded(work.image_project(cast.riverside), some[:2])
    with override_settings(RUNTIME_ADDRESS=fake_runtime.address):
        assert jobs.pin_embeddings(0) == 2
    status = status_now(fake_runtime.address)
    assert status is not None and status["store"]["pinned"] == 2
    with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock"):
        assert jobs.pin_embeddings(0) == 0
