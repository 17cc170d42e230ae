"""Workers that are killed outright while a model goes through a batch: each task has its answer in the end, once, and
no image was mistaken for another."""

import random

import pytest
from django.conf import settings

from assist.models import Precompute
from assist.suggestions import asked_ahead, precompute
from benchmarks.models import deaths
from tests.support import cast as people
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import Runtime, running
from tests.support.commands import environment

pytestmark = pytest.mark.django_db(transaction=True)


def survived(runtime: Runtime, *, tasks: int, images: int, kills: int, patience: float) -> deaths.Outcome:
    cast = people.assemble()
    batch = make.batch(work.image_project(cast.riverside))
    deaths.fill(batch, tasks, images=images)
    around = environment() | {"TANDEM_RUNTIME": runtime.address, "TANDEM_MEDIA": str(settings.MEDIA_ROOT)}
    return deaths.storm(batch, by=cast.mina, kills=kills, environment=around, dice=random.Random(16), patience=patience)


@pytest.mark.slow
def test_a_batch_survives_the_death_of_its_worker(settings) -> None:
    with running("fake-boxes@1", seconds=0.004) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        outcome = survived(runtime, tasks=400, images=300, kills=1, patience=240)
    assert outcome.kept and outcome.kills == 1 and outcome.images == 300, outcome
    row = Precompute.objects.get()
    assert (row.state, row.done, row.problems) == ("done", 400, 0)


@pytest.mark.torture
def test_twenty_thousand_images_survive_forty_deaths(settings) -> None:
    with running("fake-boxes@1") as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        outcome = survived(runtime, tasks=20_000, images=18_000, kills=40, patience=3600)
    assert outcome.kept and outcome.kills == 40, outcome


def test_an_image_is_asked_about_once_however_many_tasks_show_it(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = people.assemble()
    batch = make.batch(work.image_project(cast.riverside))
    deaths.fill(batch, 90, images=20)
    asked: list[int] = []
    read = asked_ahead.of_images

    def counted(version, tasks, patience=None):
        asked.extend(task.asset_id for task in tasks)
        return read(version, tasks, patience)

    monkeypatch.setattr(asked_ahead, "of_images", counted)
    with running("fake-boxes@1") as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        row = precompute.start(batch, by=cast.mina, version=precompute.registry.model_version("fake-boxes@1"))
        assert precompute.run(row.pk) == 90
    assert len(asked) == len(set(asked)) == 20
    assert deaths.outcome(batch, 0, 0.0).kept
