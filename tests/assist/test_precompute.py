"""A model goes through a batch ahead of the people: stopped, killed, gone on, and offered to whoever comes."""

import pytest
from django.test import override_settings

from assist.models import Precompute, Precomputed
from assist.registry import registry
from assist.suggestions import precompute
from assist.suggestions.bindings import bind
from taskers.errors import StateConflict
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.cast import Cast

SPANS = FAKE[1]


@pytest.fixture
def batch(cast: Cast, fake_runtime: Runtime, settings):
    settings.RUNTIME_ADDRESS = fake_runtime.address
    batch = make.batch(make.project(cast.riverside))
    make.tasks(batch, 150)
    return batch


def test_whole_batch_is_read_once(cast: Cast, batch) -> None:
    row = precompute.start(batch, by=cast.mina)
    assert precompute.run(row.pk) == 150
    row.refresh_from_db()
    assert (row.state, row.done, row.problems) == ("done", 150, 0) and row.seconds > 0
    assert Precomputed.objects.count() == 150
    assert precompute.run(row.pk) == 0, "a second run finds nothing to do"
    make.tasks(batch, 10)
    precompute.start(batch, by=cast.mina)
    assert precompute.run(row.pk) == 10, "what was loaded since is added"


def test_each_version_that_answers_is_made_ready_and_the_default_for_the_rest_alone(cast: Cast, batch) -> None:
    spacy = registry.model_version(work.SPACY)
    work.deployed(batch.project, spacy, share=60, by=cast.mina)
    begun = precompute.start_all(batch, by=cast.mina)
    assert [str(row.version) for row in begun] == [work.SPACY, SPANS]
    with pytest.raises(StateConflict, match="under way already"):
        precompute.start_all(batch, by=cast.mina)
    precompute.stop(begun[0])
    assert [row.pk for row in precompute.start_all(batch, by=cast.mina)] == [begun[0].pk], "the other one goes on"
    for row in begun:
        precompute.stop(row)
    work.deployed(batch.project, spacy, share=100, by=cast.mina)
    assert [str(row.version) for row in precompute.start_all(batch, by=cast.mina)] == [work.SPACY]


def test_stopped_and_killed_work_goes_on_where_it_stood(cast: Cast, batch, monkeypatch: pytest.MonkeyPatch) -> None:
    row = precompute.start(batch, by=cast.mina)
    with pytest.raises(StateConflict, match="under way already"):
        precompute.start(batch, by=cast.mina)
    with monkeypatch.context() as broken:
        broken.setattr(precompute, "_moved", lambda *_: 1 / 0)  # killed after the rows, before the cursor
        with pytest.raises(ZeroDivisionError):
            precompute.run(row.pk)
    assert Precomputed.objects.count() == precompute.HANDFUL
    precompute.stop(row)
    assert precompute.run(row.pk) == 0
    precompute.start(batch, by=cast.mina)
    assert precompute.run(row.pk) == 150
    row.refresh_from_db()
    assert row.done == Precomputed.objects.count() == 150


def test_copilot_that_stays_away_is_said_and_nothing_is_lost(cast: Cast, batch) -> None:
    row = precompute.start(batch, by=cast.mina)
    with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock"):
        precompute.run(row.pk, pause=0)
        row.refresh_from_db()
        assert row.state == Precompute.State.FAILED and "not running" in row.note
        precompute.start(batch, by=cast.mina, version=row.version)
    assert precompute.run(row.pk) == 150


def test_what_was_prepared_is_found_by_task_and_model(cast: Cast, batch) -> None:
    row = precompute.start(batch, by=cast.mina)
    precompute.run(row.pk)
    held = make.held(cast.alice, batch.project)
    assert held.token
    binding = bind(cast.alice.pk, held.public_id, held.token)
    reply = precompute.found(binding.task_key, SPANS)
    assert reply and reply[0][2] in {"PERSON", "DATE"}
    assert precompute.found(binding.task_key, "nobody@1") is None


def test_images_are_read_in_advance_and_broken_ones_counted(cast: Cast, cat: Picture, settings) -> None:
    batch = make.batch(work.image_project(cast.riverside))
    for number in range(3):
        work.image_task(batch, picture(cat.pixels[number:]).file, f"cat-{number}.png")
    broken = work.image_task(batch, picture(cat.pixels[9:]).file, "broken.png")
    broken.asset.file.delete(save=False)
    with running(*FAKE) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        runtime.until_ready()
        row = precompute.start(batch, by=cast.mina)
        precompute.run(row.pk)
        assert runtime.embedded() == 3
        runtime.until_written(3)
    row.refresh_from_db()
    assert (row.state, row.done, row.problems) == ("done", 4, 1)


@pytest.mark.django_db
def test_an_image_in_which_everything_was_found_is_still_encoded_where_that_is_gone(
    cast, cat: Picture, settings
) -> None:
    batch = make.batch(work.image_project(cast.riverside))
    work.image_task(batch, cat.file)
    begin = (precompute.start_everything, precompute.start)
    for ahead in begin:  # each with a runtime that has encoded nothing yet
        with running(*FAKE) as runtime:
            settings.RUNTIME_ADDRESS = runtime.address
            runtime.until_ready()
            assert precompute.run(ahead(batch, by=cast.mina).pk) == 1
            assert runtime.embedded() == 1
            runtime.until_written(1)
