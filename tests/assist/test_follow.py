"""The readers of the outbox: fates are settled, images are embedded before the first click."""

import time

import pytest
from django.test import override_settings

from assist import follow
from assist.client import status_now
from assist.models import Suggestion
from projects import queue, submission
from taskers.models import Cursor, Event
from tests import make
from tests.assist import work
from tests.assist.conftest import Picture, picture
from tests.assist.running import FAKE, Runtime, running
from tests.assist.work import offered, span_offer
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(cast: Cast):
    made = make.project(cast.riverside)
    make.tasks(make.batch(made), 3)
    return made


def fate() -> str:
    return Suggestion.objects.get().fate


def test_submitted_work_settles_its_offers_once(cast: Cast, project) -> None:
    held = make.held(cast.alice, project)
    row = offered(held, span_offer(0, 11))
    provenance = {"source": "suggestion", "suggestion": str(row.public_id), "model": work.SPACY}
    answer = {"spans": [make.span(0, 11) | {"provenance": provenance}]}
    assert held.token
    submission.submit(held, cast.alice, held.token, answer)
    assert follow.settle_fates() > 0
    assert fate() == "accepted"
    assert follow.settle_fates() == 0
    settled_at = Suggestion.objects.get().settled_at
    Cursor.objects.filter(reader=follow.SETTLER).delete()  # as after a restored backup: everything is read again
    assert follow.settle_fates() > 0
    assert (fate(), Suggestion.objects.get().settled_at) == ("accepted", settled_at)


def test_work_given_back_leaves_its_offers_ignored(cast: Cast, project) -> None:
    held = make.held(cast.alice, project)
    offered(held, span_offer(0, 11))
    assert held.token
    queue.release(held, cast.alice, held.token)
    follow.settle_fates()
    assert fate() == "ignored"


def test_failure_in_the_middle_loses_no_event(cast: Cast, project, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make.held(cast.alice, project)
    offered(held, span_offer(0, 11))
    assert held.token
    queue.release(held, cast.alice, held.token)
    with monkeypatch.context() as broken:
        broken.setattr(follow.suggestions, "ignore", lambda key: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            follow.settle_fates()
    follow.settle_fates()
    assert fate() == "ignored"


def embedded(runtime: Runtime) -> int:
    """How many embeddings lie on the runtime's disk."""
    return len(list((runtime.folder / "embeddings").glob("*.emb")))


def test_claimed_image_and_the_next_two_are_embedded_before_anybody_clicks(cast: Cast, cat: Picture) -> None:
    project = work.image_project(cast.riverside)
    batch = make.batch(project)
    for number in range(5):
        work.image_task(batch, picture(cat.pixels[number:]).file, f"cat-{number}.png")
    with running(*FAKE) as runtime, override_settings(RUNTIME_ADDRESS=runtime.address):
        follow.warm_embeddings()
        assert embedded(runtime) == 0
        make.held(cast.alice, project)
        assert follow.warm_embeddings() > 0
        assert embedded(runtime) == 3
        assert follow.warm_embeddings() == 0


@pytest.mark.parametrize("settings", [{"copilot": False}])
def test_nothing_is_embedded_where_the_copilot_is_off(cast: Cast, cat: Picture, settings: dict) -> None:
    project = work.image_project(cast.riverside, **settings)
    work.image_task(make.batch(project), cat.file)
    make.held(cast.alice, project)
    with running(*FAKE) as runtime, override_settings(RUNTIME_ADDRESS=runtime.address):
        assert follow.warm_embeddings() > 0
        assert embedded(runtime) == 0


def test_text_needs_no_embedding(cast: Cast, project, fake_runtime: Runtime) -> None:
    make.held(cast.alice, project)
    with override_settings(RUNTIME_ADDRESS=fake_runtime.address):
        assert follow.warm_embeddings() > 0
    status = status_now(fake_runtime.address)
    assert status is not None and status["models"]["fake-masks@1"]["waiting"] == 0


def test_dead_runtime_holds_nobody_up(cast: Cast, cat: Picture) -> None:
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), cat.file)
    make.held(cast.alice, project)
    started = time.monotonic()
    with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock"):
        assert follow.warm_embeddings() == Event.objects.count()
    assert time.monotonic() - started < 2
    assert follow.warm_embeddings() == 0, "the cursor has moved on"
