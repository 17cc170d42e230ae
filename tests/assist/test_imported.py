"""Predictions that came in with the tasks, offered like a model's: at once, by name, and measured."""

from dataclasses import replace
from typing import Any

import pytest

from assist.errors import CopilotError
from assist.models import ModelVersion, Suggestion
from assist.session import replies
from assist.suggestions import edit_distance, record
from assist.suggestions.bindings import bind
from assist.suggestions.offers import Imported, Offer
from projects.models import ImportedPrediction, PredictionSource, Task
from projects.workflow import submission
from tests.support import make
from tests.support.assist.running import settled
from tests.support.assist.sitting import IMAGE, TEXT, Page

BOX = {"type": "box", "x": 1, "y": 2, "width": 30, "height": 40}
REGION = {"id": "r1", "label": "cat", "shape": BOX, "attributes": {}, "provenance": {"source": "human"}}


def predicted(task: Task, source: str, answer: dict[str, Any], score: float | None = None) -> ImportedPrediction:
    kept, _made = PredictionSource.objects.get_or_create(project=task.project, name=source)
    return ImportedPrediction.objects.create(task=task, source=kept, answer=answer, score=score)


def of_text(*spans: tuple[int, int, str], score: float | None = 0.9) -> Imported:
    return Imported("Detector@imported-00", make.spans(*spans), score)


async def asked(page: Page, what: str) -> dict[str, Any]:
    await page.say(type="prompt", id="p1", prompt={what: True})
    return await page.answer("p1")


async def test_imported_spans_are_offered_though_no_model_is_there() -> None:
    page = Page(replace(TEXT, imported=of_text((0, 5, "person"), (11, 15, "gone"))))
    page.model.problem = CopilotError("copilot-down")
    await page.open()
    assert page.heard[0]["model"] == "Detector@imported-00"
    found = (await asked(page, "text"))["spans"]
    assert [(one["start"], one["label"], one["score"]) for one in found] == [(0, "person", 0.9)]
    await settled(lambda: page.gateway.kept)
    assert page.gateway.kept[0].output == {"start": 0, "end": 5, "label": "person"}
    await page.session.close()


async def test_imported_spans_less_sure_than_the_project_asks_are_not_offered() -> None:
    page = Page(replace(TEXT, imported=of_text((0, 5, "person")), minimum_score=0.95))
    await page.open()
    assert (await asked(page, "text"))["spans"] == []
    await page.session.close()


async def test_imported_regions_come_when_they_are_asked_for_and_clicks_go_to_the_model() -> None:
    brought = Imported("Detector@imported-00", {"regions": [REGION]}, 0.7)
    page = Page(replace(IMAGE, imported=brought, labels=frozenset({"cat"})))
    await page.open()
    assert (page.heard[0]["imported"], page.heard[0]["model"]) == (True, "masks@1")
    found = await asked(page, "imported")
    assert found["model"] == "Detector@imported-00"
    assert [(one["label"], one["shape"], one["score"]) for one in found["regions"]] == [("cat", BOX, 0.7)]
    await page.session.close()


async def test_imported_regions_come_though_no_model_is_there_and_clicks_say_so() -> None:
    page = Page(replace(IMAGE, imported=Imported("D@imported-00", {"regions": [REGION]}, None)))
    page.model.problem = CopilotError("copilot-down")
    await page.open()
    assert page.heard[0]["type"] == "ready"
    await page.say(type="prompt", id="p2", prompt={"points": [[3, 3, 1]]})
    assert (await page.answer("p2"))["code"] == "copilot-down"
    await page.session.close()


async def test_nothing_imported_is_no_question() -> None:
    page = Page(IMAGE)
    await page.open()
    assert (await asked(page, "imported"))["code"] == "bad-prompt"
    await page.session.close()


@pytest.mark.django_db
def test_newest_source_is_offered_and_what_becomes_of_it_is_measured_by_its_name(cast) -> None:
    project = make.project(cast.riverside)
    (task,) = make.tasks(make.batch(project))
    predicted(task, "Older", make.OSLO)
    predicted(task, "Detector", make.MARIA_AND_OSLO, 0.9)
    held = make.held(cast.alice, project)
    binding = bind(cast.alice.pk, held.public_id, held.token)
    assert binding.imported is not None and binding.imported.model.startswith("Detector@imported-")
    offers = replies.imported_offers(binding, 3)
    record.keep(binding, binding.imported.model, offers)
    version = ModelVersion.objects.get()
    assert (version.name, version.capability) == ("Detector", "imported")
    assert record.kept_of_whole(binding, binding.imported.model, {"text": True}) == offers
    first = offers[0]
    taken = make.span(0, 11, "person") | {
        "provenance": {"source": "suggestion", "suggestion": str(first.public_id), "model": str(version)}
    }
    record.settle(submission.submit(held, cast.alice, held.token, {"spans": [taken]}))
    assert sorted(Suggestion.objects.values_list("outcome", flat=True)) == ["accepted", "ignored"]


@pytest.mark.django_db
def test_work_that_goes_without_the_copilot_sees_nothing_that_was_imported(cast) -> None:
    project = make.project(cast.riverside, copilot=False)
    (task,) = make.tasks(make.batch(project))
    predicted(task, "Detector", make.OSLO)
    held = make.held(cast.alice, project)
    with pytest.raises(CopilotError) as refused:
        bind(cast.alice.pk, held.public_id, held.token)
    assert refused.value.code == "copilot-off"


@pytest.mark.django_db
def test_classes_of_images_are_offered_where_they_were_imported(cast) -> None:
    labels = [{"key": "cat", "name": "Cat"}, {"key": "dog", "name": "Dog"}]
    project = make.project(cast.riverside, "Animals", "classification", labels=labels)
    (task,) = make.tasks(make.batch(project))
    part = {"field": "label", "kind": "choice", "value": "dog", "provenance": {"source": "human"}}
    predicted(task, "Tagger", {"fields": [part]}, 0.6)
    held = make.held(cast.alice, project)
    binding = bind(cast.alice.pk, held.public_id, held.token)
    (offer,) = replies.imported_offers(binding, 1)
    assert (offer.output["label"], offer.score, binding.picture) == ("dog", 0.6, None)


def test_a_default_that_nobody_touched_is_no_change_of_what_was_offered() -> None:
    seen = {"source": "suggestion", "untouched": ["seen"]}
    filled = {"label": "cat", "shape": BOX, "attributes": {"pose": "lying", "seen": False}, "provenance": seen}
    (brought,) = replies._outputs(Imported("D@imported-00", {"regions": [filled]}, None))
    assert brought["attributes"] == {"pose": "lying"}, "the studio begins with the default by itself, and says so"
    for output in (brought, {name: filled[name] for name in ("label", "shape", "attributes")}):
        assert record._as_it_was(output, filled)
        for said in ({"pose": "standing", "seen": False}, {"seen": False}):
            assert not record._as_it_was(output, filled | {"attributes": said})
    assert not record._as_it_was(brought, filled | {"provenance": {"source": "suggestion"}}), "somebody said so"


def test_changed_region_is_edited_by_as_much_as_was_changed() -> None:
    offer = Offer({"imported": True}, {"label": "cat", "shape": BOX, "attributes": {}}, 0.5, 1)
    part = {"label": "cat", "shape": BOX | {"width": 15}, "attributes": {}}
    assert edit_distance.of(offer.output, {**part, "shape": BOX}) == 0
    assert edit_distance.of(offer.output, part) == 0.5
    assert edit_distance.of(offer.output, {**part, "shape": BOX, "label": "dog"}) == 0.5
