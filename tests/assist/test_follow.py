"""The readers of the outbox: outcomes are settled, what comes next is looked at before anybody asks."""

import pytest
from django.test import override_settings

from assist.models import Precomputed, Suggestion
from assist.registry import registry
from assist.runtime.client import status_now
from assist.suggestions import follow, precompute
from assist.suggestions.bindings import bind
from projects import queue
from projects.models import Assignment, Task
from projects.quality.gold import grading
from projects.queue import gold_dealing
from projects.workflow import batches, submission
from projects.workforce import rules
from taskers.models import Cursor, Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.assist.work import offered, span_offer
from tests.support.cast import Cast
from tests.support.projects.gold import DICE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(cast: Cast):
    made = make.project(cast.riverside)
    make.tasks(make.batch(made), 3)
    return made


def outcome() -> str:
    return Suggestion.objects.get().outcome


def test_submitted_work_settles_its_offers_once(cast: Cast, project) -> None:
    held = make.held(cast.alice, project)
    row = offered(held, span_offer(0, 11))
    provenance = {"source": "suggestion", "suggestion": str(row.public_id), "model": work.SPACY}
    answer = {"spans": [make.span(0, 11) | {"provenance": provenance}]}
    assert held.token
    submission.submit(held, cast.alice, held.token, answer)
    assert follow.settle_outcomes() > 0
    assert outcome() == "accepted"
    assert follow.settle_outcomes() == 0
    settled_at = Suggestion.objects.get().settled_at
    Cursor.objects.filter(reader=follow.SETTLER).delete()  # as after a restored backup: everything is read again
    assert follow.settle_outcomes() > 0
    assert (outcome(), Suggestion.objects.get().settled_at) == ("accepted", settled_at)


def test_work_given_back_leaves_its_offers_ignored(cast: Cast, project) -> None:
    held = make.held(cast.alice, project)
    offered(held, span_offer(0, 11))
    assert held.token
    queue.release(held, cast.alice, held.token)
    follow.settle_outcomes()
    assert outcome() == "ignored"


def test_failure_in_the_middle_loses_no_event(cast: Cast, project, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make.held(cast.alice, project)
    offered(held, span_offer(0, 11))
    assert held.token
    queue.release(held, cast.alice, held.token)
    with monkeypatch.context() as broken:
        broken.setattr(follow.record, "ignore", lambda key: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            follow.settle_outcomes()
    follow.settle_outcomes()
    assert outcome() == "ignored"


def test_claimed_image_and_the_one_foreseen_are_embedded_before_anybody_clicks(
    cast: Cast, cat: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "PATIENCE_SECONDS", 120.0)  # how many it reaches in five seconds depends on the machine
    project = work.image_project(cast.riverside)
    batch = make.batch(project)
    for number in range(5):
        work.image_task(batch, picture(cat.pixels[number:]).file, f"cat-{number}.png")
    with running(*FAKE) as runtime, override_settings(RUNTIME_ADDRESS=runtime.address):
        follow.make_ready()
        assert runtime.embedded() == 0
        people = (cast.alice, cast.bob, cast.carol)
        held = {person: make.held(person, project) for person in people}
        assert follow.make_ready() > 0
        known = runtime.embedded()
        assert known == len({one.task_id for one in held.values()})
        runtime.until_written(known)
        # Where several work at a batch, each foresees another of its tasks: it is that very one which is looked at.
        found = queue.look_ahead(held[cast.bob], cast.bob, [project])
        assert found and found.task.asset
        assert follow.make_ready() > 0
        assert runtime.embedded() <= known + 1
        runtime.until_written(runtime.embedded())
        assert any(name.startswith(found.task.asset.sha256) for name in runtime.embeddings())
        assert follow.make_ready() == 0


def test_text_that_was_foreseen_is_read_before_it_is_claimed(cast: Cast, project, fake_runtime: Runtime) -> None:
    fake_runtime.until_ready()
    held = make.held(cast.alice, project)
    with override_settings(RUNTIME_ADDRESS=fake_runtime.address):
        follow.make_ready()
        assert not Precomputed.objects.exists(), "the page asks for what was claimed by itself"
        found = queue.look_ahead(held, cast.alice, [project])
        assert found and follow.make_ready() > 0
        row = Precomputed.objects.get()
        assert row.task_key == found.task.pk and row.output
        queue.look_ahead(held, cast.alice, [project])
        follow.make_ready()
        assert Precomputed.objects.count() == 1
    submission.submit(held, cast.alice, held.token, make.MARIA)
    wish = queue.RequestedTask(found.task.public_id, found.signature)
    then = queue.claim(cast.alice, project, requested=wish)
    assert isinstance(then, Assignment) and then.token
    binding = bind(cast.alice.pk, then.public_id, then.token)
    assert precompute.found(binding.task_key, FAKE[1]) == row.output


def test_known_answers_are_foreseen_to_the_copilot_like_any_other_task(
    cast: Cast, project, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = make.tasks(project.batches.get(), 1)[0]
    queue.set_aside(known, by=None)
    grading.stock(known, make.MARIA, by=None, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.2)
    monkeypatch.setattr(gold_dealing, "gold_is_due", lambda *_: False)
    held, shapes = make.held(cast.alice, project), []
    for due in (False, True):
        monkeypatch.setattr(gold_dealing, "gold_is_due", lambda *_, due=due: due)
        found = queue.look_ahead(held, cast.alice, [project])
        assert found and (found.task == known) is due
        event = Event.objects.filter(kind="foreseen").latest("pk")
        assert event.data == {"task": found.task.pk}
        shapes.append((event.subject, event.actor_id, event.project_key, event.organization_id))
    assert shapes[0] == shapes[1]


def test_nothing_is_told_of_what_comes_next_where_the_copilot_is_off(cast: Cast) -> None:
    project = make.project(cast.riverside, copilot=False)
    make.tasks(make.batch(project), 3)
    held = make.held(cast.alice, project)
    assert queue.look_ahead(held, cast.alice, [project])
    assert not Event.objects.filter(kind="foreseen").exists()


def test_what_was_prepared_goes_with_the_batch_it_was_for(cast: Cast, project) -> None:
    version = registry.model_version(FAKE[1])
    batch = project.batches.get()
    other = make.batch(project, "Second")
    kept = make.tasks(other, 1)[0]
    keys = [*Task.objects.filter(batch=batch).values_list("pk", flat=True), kept.pk, 2**40]  # an archived one
    Precomputed.objects.bulk_create(Precomputed(task_key=key, version=version, output=[]) for key in keys)
    assert precompute.forget() == 1
    batches.move(batch, "closed", by=cast.mina)
    assert precompute.forget() == 3
    assert Precomputed.objects.get().task_key == kept.pk


@pytest.mark.parametrize("settings", [{"copilot": False}])
def test_nothing_is_embedded_where_the_copilot_is_off(
    cast: Cast, cat: Picture, settings: dict, fake_runtime: Runtime
) -> None:
    project, known = work.image_project(cast.riverside, **settings), fake_runtime.embedded()
    work.image_task(make.batch(project), picture(cat.pixels[:-1]).file)  # which nobody else shows it
    make.held(cast.alice, project)
    with override_settings(RUNTIME_ADDRESS=fake_runtime.address):
        assert follow.make_ready() > 0
    assert fake_runtime.embedded() == known


def test_text_needs_no_embedding(cast: Cast, project, fake_runtime: Runtime) -> None:
    make.held(cast.alice, project)
    with override_settings(RUNTIME_ADDRESS=fake_runtime.address):
        assert follow.make_ready() > 0
    status = status_now(fake_runtime.address)
    assert status is not None and status["models"]["fake-masks@1"]["waiting"] == 0


def test_dead_runtime_is_passed_over(cast: Cast, cat: Picture) -> None:
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), cat.file)
    make.held(cast.alice, project)
    with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock"):
        assert follow.make_ready() == Event.objects.count()
    assert follow.make_ready() == 0, "the cursor has moved on"
