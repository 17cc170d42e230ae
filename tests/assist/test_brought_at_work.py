"""Models that somebody brought, in people's hands: boxes, spans and classes of each kind of adapter, through the whole
application, and hosts that fail while annotating goes on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db.models import Count

from assist.annotators import image_answers
from assist.annotators import work as placing
from assist.errors import CopilotError
from assist.models import AnnotatorVersion, ModelVersion, Precomputed, Suggestion
from assist.runtime.client import RuntimeClient
from assist.suggestions import precompute, record
from projects import queue
from projects.configuration import configure
from projects.errors import Refused
from projects.inference.geometry import mask_area, mask_box
from projects.models import Annotation, Assignment, ModelAnswer, Project, Verdict
from projects.task_types import asked_fields
from projects.workflow import submission
from tests.support import make
from tests.support.assist import work
from tests.support.assist.brought_at_work import Brought, at_work
from tests.support.assist.page import in_thread, kept, page_of
from tests.support.assist.pictures import Picture, picture
from tests.support.cast import Cast

pytestmark = pytest.mark.xdist_group("brought at work")

MOODS = [{"name": "Glad"}, {"name": "Sad"}]
PETS = [
    {"key": "cat", "name": "Cat", "colour": "#1971c2", "shapes": ["box"]},
    {"key": "dog", "name": "Dog", "colour": "#2f9e44", "shapes": ["mask"]},
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brought]:
    with at_work(tmp_path_factory.mktemp("brought"), tmp_path_factory.mktemp("store")) as brought:
        yield brought


@pytest.fixture
def pets(cast: Cast, models: Brought, square: Picture, settings) -> Project:
    settings.RUNTIME_ADDRESS = models.runtime.address
    project = make.project(cast.riverside, "Pets", "image_regions", labels=PETS)
    batch = make.batch(project)
    for n in range(3):
        work.image_task(batch, square.file, f"{n}.png")
    work.deployed(project, models.version("things"), share=100, by=cast.mina)
    return project


@pytest.mark.django_db(transaction=True)
async def test_alice_takes_a_box_and_a_mask_that_the_detector_found(cast: Cast, pets: Project, models: Brought) -> None:
    held = await make_held(cast, pets)
    page = await page_of(cast.alice, held.public_id)
    assert (await page.open(held.token))["boxes"] is True
    found = await page.prompt(boxes=True)
    cat, dog = found["boxes"]
    assert (cat["label"], cat["box"], cat["mask"], found["model"]) == ("cat", [10, 7.5, 20, 7.5], None, "things@1")
    assert (dog["label"], dog["mask"]["size"]) == ("dog", [30, 40])
    assert len(await kept(2)) == 2
    again = await page.prompt("p2", boxes=True)
    assert again["boxes"] == found["boxes"]
    await page.line.disconnect()
    await settle(cast, held, cat, dog)
    rows = {str(one.public_id): one async for one in Suggestion.objects.all()}
    assert (rows[cat["suggestion"]].outcome, rows[dog["suggestion"]].outcome) == ("edited", "accepted")
    assert 0 < rows[cat["suggestion"]].edit < 0.3


@pytest.mark.django_db(transaction=True)
async def test_sam_2_answers_a_box_and_a_click_that_goes_on_from_it(cast: Cast, models: Brought, square, at) -> None:
    at(models.runtime.address)
    held = await sam2_held(cast, models, square)
    page = await page_of(cast.alice, held.public_id)
    assert (await page.open(held.token))["model"] == "sam2@1"
    first = await page.prompt(points=[], box=[4, 4, 10, 10])
    assert len(first["masks"]) == 3 and first["best"] == 0 and first["masks"][0]["size"] == [30, 40]
    assert mask_box(first["masks"][0]) == pytest.approx([4, 4, 10, 10], abs=1)
    more = await page.prompt("p2", points=[[30, 20, 1]], box=None, previous=first["masks"][0]["handle"])
    x, y, width, height = mask_box(more["masks"][0])
    assert x <= 5 and y <= 5 and x + width >= 30 and y + height >= 20, "the mask before, and the disc of the click"
    rows = await kept(2)
    assert {str(row.model) for row in rows} == {"sam2@1"}
    await page.line.disconnect()


@in_thread
def sam2_held(cast: Cast, models: Brought, square: Picture) -> Assignment:
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), square.file)
    work.deployed(project, models.version("sam2"), share=100, by=cast.mina)
    return make.held(cast.alice, project)


@in_thread
def make_held(cast: Cast, project: Project) -> Assignment:
    return make.held(cast.alice, project)


@in_thread
def settle(cast: Cast, held: Assignment, cat: dict[str, Any], dog: dict[str, Any]) -> None:
    """She moves the box a little and takes the mask as it is."""
    by = {"source": "suggestion", "model": "things@1"}
    x, y, width, height = cat["box"]
    box = {"type": "box", "x": x + 1, "y": y, "width": width, "height": height}
    regions = [
        {"id": "r1", "label": "cat", "shape": box, "attributes": {}, "provenance": by | {"source": "edited"}},
        {"id": "r2", "label": "dog", "shape": {"type": "mask", **dog["mask"]}, "attributes": {}, "provenance": by},
    ]
    for region, offer in zip(regions, (cat, dog), strict=True):
        region["provenance"] = {**region["provenance"], "suggestion": offer["suggestion"]}  # type: ignore[dict-item]
    submission.submit(held, cast.alice, held.token, {"regions": regions})
    record.settle(Annotation.objects.get(assignment=held))


def test_boxes_are_there_before_anybody_comes(cast: Cast, pets: Project, models: Brought) -> None:
    batch = pets.batches.get()
    begun = precompute.start_all(batch, by=cast.mina)
    assert [str(row.version) for row in begun] == ["things@1", "fake-masks@1"]
    for row in begun:
        assert precompute.run(row.pk) == 3
    (said,) = Precomputed.objects.values_list("output", flat=True).annotate(n=Count("pk"))[:1]
    assert said["boxes"][0][4] == "thing" and Precomputed.objects.count() == 3


IMAGES = {"things": ("image_regions", PETS), "sam2": ("image_regions", PETS), "moods": ("classification", MOODS)}
TEXTS = {
    "namen": ("text_spans", [{"name": "Ort"}, {"name": "Name"}]),
    "far": ("text_spans", [{"name": "Name"}]),
    "places": ("classification", [{"name": "Fine"}, {"name": "Awful"}]),
    "chat": ("classification", MOODS),
    "scribe": ("classification", MOODS),
}


def host_reply(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """As each of the models elsewhere answers: shares of a field's labels, spans, or words."""
    if "messages" in body:
        return 200, {
            "model": "small-one",
            "choices": [{"message": {"content": '{"label": "Glad"}'}, "finish_reason": "stop"}],
            "usage": {},
        }
    span = {"start": 0, "end": 5, "label": "name", "score": 0.5}
    return 200, {"version": "1", "outputs": [{"spans": [span], "text": "Maria"} for _ in body["inputs"]]}


@pytest.mark.parametrize("name", [*IMAGES, *TEXTS])
def test_each_kind_of_model_gets_a_batch_ready(
    cast: Cast, models: Brought, square: Picture, settings, name: str
) -> None:
    settings.RUNTIME_ADDRESS = models.runtime.address
    models.host.reply = host_reply
    task_type, labels = (IMAGES | TEXTS)[name]
    fields = {"fields": asked_fields.read("Mood (choice)\nSummary (text 80)")} if name == "scribe" else {}
    project = make.project(cast.riverside, name, task_type, labels=labels, **fields)
    batch = make.batch(project)
    if name in IMAGES:
        work.image_task(batch, square.file)
    else:
        make.tasks(batch, 1, text="Maria wohnt in Köln.")
    version = models.version(name)
    if name == "moods":  # nothing classifies images by itself
        work.deployed(project, version, share=100, by=cast.mina)
    row = precompute.start(batch, by=cast.mina, version=version)
    assert precompute.run(row.pk) == 1
    row.refresh_from_db()
    assert (row.state, row.note, row.problems) == ("done", "", 0)
    assert name == "sam2" or Precomputed.objects.filter(version=row.version).exists()


@pytest.mark.django_db(transaction=True)
async def test_german_names_come_from_a_pipeline_that_was_brought(cast: Cast, models: Brought, at) -> None:
    at(models.runtime.address)
    held = await text_held(cast, models, "namen")
    page = await page_of(cast.alice, held.public_id)
    await page.open(held.token)
    found = await page.prompt(text=True)
    assert [(one["start"], one["end"], one["label"]) for one in found["spans"]] == [(0, 5, "name"), (15, 19, "ort")]
    await page.line.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_host_that_fails_is_named_and_back_when_it_is(cast: Cast, models: Brought, at) -> None:
    at(models.runtime.address)
    held = await text_held(cast, models, "far")
    page = await page_of(cast.alice, held.public_id)
    await page.open(held.token)
    models.host.reply = lambda path, body: (500, {})
    assert (await page.prompt(text=True))["code"] == "backend-down"
    models.host.reply = lambda path, body: (200, {"version": "9", "outputs": [{"spans": []}]})
    wrong = await page.prompt("p2", text=True)
    assert wrong["code"] == "no-answer" and "version '9', not '1'" in wrong["text"]
    span = {"start": 0, "end": 5, "label": "name", "score": 0.5}
    models.host.reply = lambda path, body: (200, {"version": "1", "outputs": [{"spans": [span]}]})
    assert [one["score"] for one in (await page.prompt("p3", text=True))["spans"]] == [0.5]
    await page.line.disconnect()


@in_thread
def text_held(cast: Cast, models: Brought, name: str) -> Assignment:
    """A German text in Alice's hands, for which this model answers."""
    project = make.project(cast.riverside, labels=[{"name": "Ort"}, {"name": "Name"}])
    make.tasks(make.batch(project), 1, text="Maria wohnt in Köln.")
    work.deployed(project, models.version(name), share=100, by=cast.mina)
    return make.held(cast.alice, project)


@pytest.mark.django_db(transaction=True)
async def test_image_is_classified_by_the_model_that_was_brought(
    cast: Cast, models: Brought, square: Picture, at
) -> None:
    at(models.runtime.address)
    held = await image_class_held(cast, models, square)
    page = await page_of(cast.alice, held.public_id)
    ready = await page.open(held.token)
    assert (ready["capability"], ready["waits"], ready["model"]) == ("classify", True, "moods@1")
    (one,) = (await page.prompt(text=True))["classes"]
    assert one["label"] == "sad" and one["score"] == pytest.approx(0.787, abs=0.01)
    await page.line.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_text_is_classed_by_where_an_embedder_that_was_brought_lays_it(cast: Cast, models: Brought, at) -> None:
    """Its labels are told by their words, as of every model that lays texts; nobody knows yet how sure it is."""
    at(models.runtime.address)
    held = await letter_held(cast, models)
    page = await page_of(cast.alice, held.public_id)
    ready = await page.open(held.token)
    assert (ready["capability"], ready["waits"], ready["model"]) == ("classify", True, "places@1")
    (one,) = (await page.prompt(text=True))["classes"]
    assert (one["label"], one["score"]) == ("awful", None)
    await page.line.disconnect()


@in_thread
def letter_held(cast: Cast, models: Brought, *more: str, **terms: Any) -> Assignment:
    labels = [{"name": "Fine"}, {"name": "Awful"}]
    project = make.project(cast.riverside, "Tones", "classification", labels=labels, **terms)
    make.tasks(make.batch(project), 1, text="awful, awful weather")
    for name in ("places", *more):
        work.deployed(project, models.version(name), share=100, by=cast.mina)
    return make.held(cast.alice, project)


@pytest.mark.django_db(transaction=True)
async def test_a_field_of_text_is_filled_in_by_a_model_that_writes(cast: Cast, models: Brought, at) -> None:
    """Alice takes its words and changes one of four: that is edited, and by so much."""
    at(models.runtime.address)
    fields = asked_fields.read("Tone (choice)\nSummary (text 80)\nRemark (text, optional) when Tone is awful")
    held = await letter_held(cast, models, "scribe", fields=fields)
    models.host.reply = lambda path, body: (200, {"version": "1", "outputs": [{"text": "Oslo is awful again"}]})
    page = await page_of(cast.alice, held.public_id)
    await page.open(held.token)
    tone, summary = (await page.prompt(text=True))["classes"]
    assert (tone["model"], summary["model"]) == ("places@1", "scribe@1")
    assert (summary["field"], summary["label"], summary["score"]) == ("summary", "Oslo is awful again", None)
    assert models.host.asked[-1][1]["inputs"][0]["asked"] == "Summary", "what is asked at times alone isn't written"
    await kept(2)
    assert (await page.prompt("p2", text=True))["classes"] == [tone, summary]
    await page.line.disconnect()
    assert await in_thread(written)(cast, held, summary["suggestion"]) == ("edited", "scribe@1")


def written(cast: Cast, held: Assignment, suggestion: str) -> tuple[str, str]:
    by = {"source": "edited", "suggestion": suggestion, "model": "scribe@1"}
    values = [("tone", "choice", "awful", {"source": "human"}), ("summary", "text", "Oslo was awful again", by)]
    parts = [dict(zip(("field", "kind", "value", "provenance"), one, strict=True)) for one in values]
    submission.submit(held, cast.alice, held.token, {"fields": parts})
    record.settle(Annotation.objects.get(assignment=held))
    row = Suggestion.objects.get(public_id=suggestion)
    assert row.edit is not None and 0 < row.edit < 0.5
    return row.outcome, str(row.model)


@in_thread
def image_class_held(cast: Cast, models: Brought, square: Picture) -> Assignment:
    project = make.project(cast.riverside, "Moods", "classification", labels=MOODS)
    work.image_task(make.batch(project), square.file)
    work.deployed(project, models.version("moods"), share=100, by=cast.mina)
    return make.held(cast.alice, project)


def test_a_detector_answers_images_as_an_annotator_and_decides_nothing_while_it_is_watched(
    cast: Cast, pets: Project, models: Brought
) -> None:
    """It is sure of the cat, and of the dog as sure as this project asks: its box becomes a mask."""
    configure.change(pets, None, label_minimums={"dog": 0.2}, wanted=1)
    version = ModelVersion.objects.get(name="things")
    made = placing.place(pets, version, by=cast.mina, target_error=0.1, audit_share=0.2)
    assert placing.run(made.pk) == 3 and placing.run(made.pk) == 0
    said = Annotation.objects.filter(tasker=made.annotator.tasker)
    for one in said:
        cat, dog = one.answer["regions"]
        assert (cat["label"], cat["shape"]) == ("cat", {"type": "box", "x": 10, "y": 7.5, "width": 20, "height": 7.5})
        assert (dog["label"], dog["shape"]["type"], dog["shape"]["size"]) == ("dog", "mask", [30, 40])
        assert {part["provenance"]["model"] for part in (cat, dog)} == {"things@1"}
    answers = ModelAnswer.objects.filter(annotator=made.annotator)
    assert {round(one.confidence, 2) for one in answers} == {0.27} and {one.outcome for one in answers} == {"waiting"}
    assert not Verdict.objects.exists(), "it is watched: people are asked all the same"
    assert queue.audit().breaches == []


def test_masks_of_a_large_image_are_handed_in_at_its_own_size_and_asked_for_behind_people(
    cast: Cast, pets: Project, models: Brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Masks travel at 1024 pixels at most; this image is wider. The box of the dog is its mask."""
    configure.change(pets, None, label_minimums={"dog": 0.2}, wanted=1)
    large = work.image_task(pets.batches.get(), picture(np.zeros((750, 2000, 3), np.uint8)).file, "large.png")
    made = placing.place(pets, ModelVersion.objects.get(name="things"), by=cast.mina, target_error=0.1, audit_share=0.2)
    asked, ask = [], RuntimeClient.ask

    async def heard(self: RuntimeClient, op: str, **fields: Any) -> dict[str, Any]:
        asked.append((op, fields.get("asker")))
        return await ask(self, op, **fields)

    monkeypatch.setattr(RuntimeClient, "ask", heard)
    assert placing.run(made.pk) == 4
    assert set(asked) == {("boxes", None), ("segment", None), ("sharpen", None)}, "small ones are seen from near"
    cat, dog = Annotation.objects.get(task=large).answer["regions"]
    assert (cat["shape"]["type"], dog["shape"]["size"]) == ("box", [750, 2000])
    x, y, width, height = mask_box(dog["shape"])
    assert 0 < width < 2000 and 0 < height < 750 and mask_area(dog["shape"]) == pytest.approx(width * height, rel=0.05)


def test_masks_are_made_by_what_answers_here_and_never_by_what_another_organization_brought(
    cast: Cast, pets: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {"capability": "segment", "runtime": "meta_sam", "organization": cast.hilltop, "smoke": "passed"}
    ModelVersion.objects.create(name="theirs", version="1", **theirs)
    ours = ModelVersion.objects.create(name="ours", version="1", **theirs | {"organization": cast.riverside})
    own = {"capability": "segment", "state": "restarting", "text": "It is being started again."}
    told = {"theirs@1": own | {"state": "ready"}, "fake-masks@1": own}
    monkeypatch.setattr(image_answers, "status_now", lambda *_: {"models": told})
    mine = make.held(cast.alice, pets)
    with pytest.raises(CopilotError, match="started again"):
        image_answers._mask_model(mine)
    own["state"] = "ready"
    assert image_answers._mask_model(mine) == "fake-masks@1"
    del told["fake-masks@1"]
    with pytest.raises(CopilotError) as problem:
        image_answers._mask_model(mine)
    assert problem.value.code == "model-missing"
    work.deployed(pets, ours, share=100, by=cast.mina)
    assert image_answers._mask_model(mine) == "ours@1"


def test_a_page_full_of_lines_is_read_and_one_that_was_read_in_part_is_not_handed_in(
    cast: Cast, square: Picture
) -> None:
    says = [{"name": "Says", "kind": "text"}]
    labels = [{"key": "line", "name": "Line", "shapes": ["box"], "attributes": says}]
    project = make.project(cast.riverside, "Letters", "image_regions", labels=labels)
    work.image_task(make.batch(project), square.file)
    mine, terms = make.held(cast.alice, project), project.settings_now()

    def said(capability: str, lines: int, **dropped: int) -> int:
        version = ModelVersion(name="sees", version="1", capability=capability, terms={"labels": ["line"]})
        rows = [[1, n / 10, 20, 2, "line", 0.9, f"line {n}"] for n in range(lines)]
        answer, _ = image_answers.answer(version, mine, terms, lambda *_, **__: {"boxes": rows, "dropped": dropped})
        return len(answer["regions"])

    assert said("read", 300, outside=2) == 300
    for asked in (("detect", 101), ("read", 501)):
        with pytest.raises(Refused, match="more here than can be meant"):
            said(*asked)
    with pytest.raises(Refused, match="more here than can be meant"):
        said("read", 200, **{"too-many": 1})


def test_without_a_minimum_a_detector_hands_in_only_what_is_likelier_than_not(
    cast: Cast, pets: Project, models: Brought
) -> None:
    version = ModelVersion.objects.get(name="things")
    made = placing.place(pets, version, by=cast.mina, target_error=0.1, audit_share=0.2)
    assert placing.run(made.pk) == 3
    said = Annotation.objects.filter(tasker=made.annotator.tasker).values_list("answer", flat=True)
    assert [[one["label"] for one in answer["regions"]] for answer in said] == [["cat"]] * 3


def test_an_image_classifier_answers_as_an_annotator(cast: Cast, models: Brought, square: Picture, settings) -> None:
    settings.RUNTIME_ADDRESS = models.runtime.address
    project = make.project(cast.riverside, "Moods", "classification", labels=MOODS, wanted=1)
    work.image_task(make.batch(project), square.file)
    made = placing.place(project, models.version("moods"), by=cast.mina, target_error=0.1, audit_share=0.2)
    assert placing.run(made.pk) == 1
    answer = ModelAnswer.objects.get(annotator=made.annotator)
    assert answer.confidence == pytest.approx(0.787, abs=0.01)
    assert Annotation.objects.get(pk=answer.annotation_id).answer["fields"][0]["value"] == "sad"


def test_language_model_that_misbehaves_stores_no_wrong_answer_and_keeps_no_work(
    cast: Cast, models: Brought, settings
) -> None:
    """The faults of test_outside_models.py, one to a task, to a model that answers by itself."""
    settings.RUNTIME_ADDRESS = models.runtime.address
    project = make.project(cast.riverside, "Letters", "classification", labels=MOODS, wanted=1, copilot=False)
    batch = make.batch(project)
    for n in range(12):
        make.tasks(batch, 1, text=f"Letter {n}")
    made = placing.place(project, models.version("chat"), by=cast.mina, target_error=0.1, audit_share=0.2)
    contents = ['{"label": "Glad"}', "Glad, I'd say.", '{"label": "Angry"}', '{"label": "Glad", "why": 1}', "[]", ""]
    count = iter(range(10_000))

    def reply(path: str, body: Any) -> tuple[int, Any]:
        content = contents[next(count) // 2 % len(contents)]
        choice = {"message": {"content": content}, "finish_reason": "stop"}
        return 200, {"model": "small-one", "choices": [choice], "usage": {}}

    models.host.reply = reply
    placing.run(made.pk)
    models.host.reply = lambda path, body: (500, {})
    placing.run(made.pk)
    row = AnnotatorVersion.objects.get(pk=made.pk)
    assert row.answered and row.skipped and row.answered + row.skipped == 12
    said = Annotation.objects.filter(assignment__task__project=project).values_list("answer", flat=True)
    assert len(said) == row.answered and {one["fields"][0]["value"] for one in said} == {"glad"}
    assert not Assignment.objects.held().filter(task__project=project).exists(), "no work is kept"


def test_host_that_is_down_gives_the_work_back_and_says_so(cast: Cast, models: Brought, settings) -> None:
    settings.RUNTIME_ADDRESS = models.runtime.address
    project = make.project(cast.riverside, "Letters", "classification", labels=MOODS, wanted=1, copilot=False)
    make.tasks(make.batch(project), 3, text="Another letter")
    made = placing.place(project, models.version("chat"), by=cast.mina, target_error=0.1, audit_share=0.2)
    models.host.reply = lambda path, body: (500, {})
    assert placing.run(made.pk) == 0
    assert "failed (status 500)" in AnnotatorVersion.objects.get(pk=made.pk).note
    assert not Assignment.objects.held().filter(task__project=project).exists()
