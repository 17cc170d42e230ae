"""Masks of all that stands apart in an image: bounded, the surest first, none twice; live and ahead."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from assist.adapters import Masks
from assist.errors import CopilotError
from assist.models import Precompute, Precomputed
from assist.registry import registry
from assist.runtime import everything
from assist.runtime.client import RuntimeClient
from assist.suggestions import asked_ahead, precompute, record
from projects.models import Annotation, Assignment, Project, Task
from projects.workflow import submission
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import in_thread, kept, page_of, suggestions
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import Runtime
from tests.support.cast import Cast

FAKE = "fake-masks@1"
SIZE = (60, 80)


def three(*boxes: tuple[int, int, int, int], scores: tuple[float, ...] = (0.9, 0.8, 0.75)) -> Masks:
    """What a mask model says at one place: x, y, width, height of what it fills."""
    pixels = np.zeros((3, *SIZE), bool)
    for layer, (x, y, width, height) in zip(pixels, boxes, strict=True):
        layer[y : y + height, x : x + width] = True
    return Masks(pixels, np.zeros((3, 8, 8), np.float16), scores, 0)


def test_places_lie_evenly_in_any_picture_and_are_few() -> None:
    for size in ((60, 80), (3000, 4000), (4, 4000), (1, 1)):
        found = everything.places(size)
        assert 1 <= len(found) <= everything.ACROSS**2
        assert all(0 < x < size[1] and 0 < y < size[0] for x, y in found)
    assert len(everything.places((60, 80))) == 48


def test_what_is_unsure_tiny_or_most_of_the_picture_is_left_out_and_boxes_are_the_images_own() -> None:
    masks = three((10, 5, 20, 10), (0, 0, 80, 50), (3, 3, 2, 2), scores=(0.9, 0.95, 0.99))
    found = everything.worth(masks, (600, 800))
    assert [(one.score, one.box) for one in found] == [(0.9, (100, 50, 200, 100))]
    assert everything.worth(three((1, 1, 9, 9), (1, 1, 9, 9), (1, 1, 9, 9), scores=(0.5, 0.69, 0.1)), SIZE) == []


def test_of_nearly_the_same_the_surest_is_kept_and_never_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    first = everything.worth(three((10, 10, 20, 20), (11, 10, 20, 20), (40, 10, 20, 20), scores=(0.8, 0.9, 0.75)), SIZE)
    kept = everything.apart(first)
    assert [one.score for one in kept] == [0.9, 0.75]
    assert everything.apart([]) == []
    monkeypatch.setattr(everything, "MOST", 1)
    assert [one.score for one in everything.apart(first)] == [0.9]


async def test_the_runtime_finds_everything_with_the_embedding_that_it_has(
    ask_fake: RuntimeClient, square: Picture
) -> None:
    read = 0

    async def supply() -> bytes:
        nonlocal read
        read += 1
        return square.file

    sha256 = "e" * 64
    first = await ask_fake.everything(FAKE, sha256, supply, asker="alice")
    again = await ask_fake.everything(FAKE, sha256, supply)
    assert first["masks"] == again["masks"] and read == 1, "the image is read once"
    scores = [one["score"] for one in first["masks"]]
    assert 4 <= len(scores) <= everything.MOST and scores == sorted(scores, reverse=True)


async def test_the_runtime_says_how_far_a_search_is_and_forgets_it_afterwards(
    ask_fake: RuntimeClient, square: Picture
) -> None:
    reports = []

    async def supply() -> bytes:
        return square.file

    search = asyncio.create_task(ask_fake.everything(FAKE, "f" * 64, supply, asker="alice"))
    while not search.done():
        reports.append(await ask_fake.progress(FAKE, "alice"))
    begun = [report for report in reports if report["of"]]
    assert begun and all(report["done"] <= report["of"] == 48 for report in begun)
    assert [report["done"] for report in begun] == sorted(report["done"] for report in begun)
    assert await ask_fake.progress(FAKE, "alice") == {"found": 0, "done": 0, "of": 0}


@pytest.mark.django_db(transaction=True)
async def test_alice_finds_everything_takes_one_and_it_is_told_again_after_a_reload(
    cast: Cast, fake_runtime: Runtime, square: Picture, settings: Any
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    held = await held_image(cast, square)
    page = await page_of(cast.alice, held.public_id)
    await page.open(held.token)
    found = await page.prompt(everything=True)
    assert (found["type"], found["model"], found["note"]) == ("boxes", FAKE, "")
    one, two, *rest = found["boxes"]
    assert (one["label"], one["mask"]["size"]) == ("", [30, 40]) and rest
    await kept(len(found["boxes"]))
    again = await page.prompt("p2", everything=True)
    assert again["boxes"] == found["boxes"]
    await page.line.disconnect()
    await taken(cast, held, one, two)
    rows = {str(row.public_id): row.outcome for row in await suggestions()}
    assert (rows[one["suggestion"]], rows[two["suggestion"]]) == ("accepted", "refused")


def test_everything_is_there_before_anybody_comes(
    cast: Cast, fake_runtime: Runtime, square: Picture, settings: Any, db: None
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    batch = make.batch(images(cast))
    tasks = [work.image_task(batch, square.file, f"{n}.png") for n in range(2)]
    row = precompute.start_everything(batch, by=cast.mina)
    assert precompute.run(row.pk) == 2
    assert {one.task_key for one in Precomputed.objects.all()} == {one.pk for one in tasks}
    assert precompute.found(tasks[0].pk, FAKE)["masks"]
    row.refresh_from_db()
    assert (row.state, row.done, row.problems) == ("done", 2, 0)


def test_each_image_is_kept_once_it_is_done_and_a_stop_is_heard_between_two(
    cast: Cast, fake_runtime: Runtime, square: Picture, settings: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    """One takes up to a minute: whoever stops waits for no more, and one that was slow throws no other away."""
    settings.RUNTIME_ADDRESS = fake_runtime.address
    batch = make.batch(images(cast))
    for n in range(4):
        work.image_task(batch, picture(square.pixels[n:]).file, f"{n}.png")
    row = precompute.start_everything(batch, by=cast.mina)
    asked: list[str] = []

    async def everything(self: Any, model: str, image: str, supply: Any) -> dict[str, Any]:
        asked.append(image)
        if len(asked) == 2:
            raise CopilotError("too-slow")
        return {"masks": [], "image_size": list(SIZE)}

    def kept(*told: Any) -> None:
        keep(*told)
        if len(asked) == 4:
            precompute.stop(row)

    keep = precompute._kept
    monkeypatch.setattr(RuntimeClient, "everything", everything)
    monkeypatch.setattr(precompute, "_kept", kept)
    monkeypatch.setattr(precompute, "TRIES", 1)
    assert precompute.run(row.pk, pause=0) == 1 and Precomputed.objects.count() == 1
    row.refresh_from_db()
    assert (row.state, row.done) == ("failed", 1)
    precompute.start_everything(batch, by=cast.mina)
    assert precompute.run(row.pk) == 2 and len(asked) == 4
    precompute.start_everything(batch, by=cast.mina)
    assert precompute.run(row.pk) == 1 and len(asked) == 5 and Precomputed.objects.count() == 4


def test_a_model_that_weighs_the_projects_words_is_asked_again_once_they_are_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    project = make.project(cast.riverside, "Photographs", "classification", labels=[{"name": "Pet"}, {"name": "Drink"}])
    version = registry.model_version(FAKE)
    version.capability, version.terms = "classify-image", {"adapter": "http"}
    said: list[float] = []

    def of_images(version: Any, tasks: Sequence[Task]) -> list[tuple[Task, Any]]:
        said.append(len(said))
        return [(task, {"shares": {"Pet": said[-1]}}) for task in tasks]

    monkeypatch.setattr(asked_ahead, "of_images", of_images)
    for n in range(2):
        batch = make.batch(project, f"Batch {n}")
        tasks = [work.image_task(batch, picture(np.zeros((9, 9, 3), np.uint8)).file, f"{n}{name}.png") for name in "ab"]
        precompute._pictures(Precompute(batch=batch, version=version), tasks)
        assert [precompute.found(one.pk, FAKE) for one in tasks] == [{"shares": {"Pet": n}}] * 2


def images(cast: Cast) -> Project:
    return make.project(cast.riverside, "Parts", "image_regions", labels=[{"name": "Part"}])


@in_thread
def held_image(cast: Cast, square: Picture) -> Assignment:
    project = images(cast)
    work.image_task(make.batch(project), square.file)
    return make.held(cast.alice, project)


@in_thread
def taken(cast: Cast, held: Assignment, one: dict[str, Any], two: dict[str, Any]) -> None:
    """She says what one is and refuses another."""
    by = {"source": "suggestion", "model": FAKE, "suggestion": one["suggestion"]}
    region = {"id": "r1", "label": "part", "shape": {"type": "mask", **one["mask"]}, "attributes": {}, "provenance": by}
    submission.submit(held, cast.alice, held.token, {"regions": [region]}, refused=[two["suggestion"]])
    record.settle(Annotation.objects.get(assignment=held))
