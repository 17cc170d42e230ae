"""One tasker at one image in which a detector has found things, without a socket and without a table."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assist.errors import CopilotError
from assist.session import progress as search_progress
from assist.suggestions import edit_distance, vector_encoding
from assist.suggestions.offers import Binding
from assist.suggestions.prototypes import Choices, Learnt
from assist.suggestions.score_bands import Thresholds
from assist.suggestions.sureness import Measured
from projects.inference.calibration import calibrate
from tests.support.assist.running import settled
from tests.support.assist.sitting import IMAGE, Page

PETS = replace(
    IMAGE,
    detector="things@1",
    detector_map={"dog": "hound"},
    labels=frozenset({"cat", "hound"}),
    shapes={"cat": ("box",), "hound": ("mask",)},
)


@pytest.fixture
async def pets() -> AsyncIterator[Page]:
    made = Page(PETS)
    yield made
    await made.session.close()


async def boxes(page: Page, id: str = "b1") -> dict[str, Any]:
    await page.say(type="prompt", id=id, prompt={"boxes": True})
    return await page.answer(id)


async def test_boxes_come_under_the_projects_labels_with_masks_where_those_are_wanted(pets: Page) -> None:
    await pets.open()
    assert pets.heard[0]["boxes"] is True
    found = await boxes(pets)
    cat, hound = found["boxes"]
    assert (cat["label"], cat["box"], cat["score"], cat["mask"]) == ("cat", [2, 3, 10, 8], 0.9, None)
    assert (hound["label"], hound["mask"]["size"]) == ("hound", [30, 40])
    assert found["note"] == "Of what the model found, this can’t be used: 3 without numbers."
    await settled(lambda: len(pets.gateway.kept) == 2)
    assert [one.prompt for one in pets.gateway.kept] == [{"boxes": True}] * 2
    assert pets.gateway.kept[1].output["model_label"] == "dog" and len(pets.gateway.kept[1].output["masks"]) == 1


async def test_boxes_say_how_sure_they_are_by_what_people_decided_without_help(pets: Page) -> None:
    """Of cats enough was decided, of hounds not: no word is made of a hound's score."""
    measured = Measured(calibrate([0.1, 0.9] * 20, [False, True] * 20), thresholds={"cat": Thresholds(0.6, 0.3)})
    pets.gateway.worth = measured
    await pets.open()
    cat, hound = (await boxes(pets))["boxes"]
    assert (cat["label"], cat["band"]) == ("cat", measured.thresholds["cat"].band(cat["score"]))
    assert cat["band"] == "high" and (hound["label"], hound["band"]) == ("hound", None)
    await settled(lambda: pets.gateway.kept)
    assert [box["band"] for box in (await boxes(pets, "b2"))["boxes"]] == ["high", None], "on a second look too"


async def test_boxes_are_the_same_on_a_second_look_and_nobody_is_asked_again(pets: Page) -> None:
    await pets.open()
    first = await boxes(pets)
    await settled(lambda: pets.gateway.kept)
    again = await boxes(pets, "b2")
    assert again["boxes"] == first["boxes"] and len([one for one in pets.model.asked if "boxes" in one]) == 1


async def test_boxes_made_in_advance_are_there_at_once(pets: Page) -> None:
    pets.gateway.ahead = {"boxes": [[1, 1, 5, 5, "cat", 0.8]], "dropped": {}}
    await pets.open()
    assert [one["box"] for one in (await boxes(pets))["boxes"]] == [[1, 1, 5, 5]]
    assert pets.model.asked == []


async def test_only_what_is_sure_enough_is_shown() -> None:
    page = Page(replace(PETS, minimum_score=0.5))
    await page.open()
    assert [one["label"] for one in (await boxes(page))["boxes"]] == ["cat"]
    await page.session.close()


async def test_click_takes_nobodys_boxes_away(pets: Page) -> None:
    await pets.open()
    pets.model.gate.clear()
    await pets.say(type="prompt", id="b1", prompt={"boxes": True})
    await settled(lambda: len(pets.model.asked) == 1)
    await pets.click("p1")
    await settled(lambda: len(pets.model.asked) == 2)
    pets.model.gate.set()
    assert (await pets.answer("p1"))["type"] == "masks" and (await pets.answer("b1"))["type"] == "boxes"


async def test_everything_takes_neither_the_boxes_nor_the_planted_error_away() -> None:
    page = Page(replace(PETS, planted=True))
    page.model.everything = everything  # type: ignore[method-assign, assignment]
    await page.open()
    page.model.gate.clear()
    await page.say(type="prompt", id="b1", prompt={"boxes": True})
    await settled(lambda: len(page.model.asked) == 1)
    await page.say(type="prompt", id="e1", prompt={"everything": True})
    (thing,) = (await page.answer("e1"))["boxes"]
    assert thing["label"] == ""
    page.model.gate.set()
    assert (await page.answer("b1"))["type"] == "boxes"
    await settled(lambda: len(page.gateway.kept) == 3)
    assert [one.planted for one in page.gateway.kept].count(True) == 1, "in what can be taken for right"
    await page.session.close()


async def test_how_far_a_search_is_comes_before_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_progress, "SECONDS", 0.0)
    page, gate = Page(PETS), asyncio.Event()

    async def slow(*asked: Any) -> dict[str, Any]:
        await gate.wait()
        return await everything()

    async def progress(model: str, asker: str) -> dict[str, int]:
        return {"found": 12, "done": 30, "of": 64}

    page.model.everything, page.model.progress = slow, progress  # type: ignore[attr-defined]
    await page.open()
    await page.say(type="prompt", id="e1", prompt={"everything": True})
    report = {"type": "progress", "id": "e1", "found": 12, "done": 30, "of": 64}
    await settled(lambda: report in page.heard)
    gate.set()
    await settled(lambda: page.heard[-1]["type"] == "boxes")
    count = len(page.heard)
    await asyncio.sleep(0)
    assert len(page.heard) == count, "nothing is told of a search that is over"
    await page.session.close()


async def test_a_runtime_that_cannot_say_how_far_it_is_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_progress, "SECONDS", 0.0)
    page, gate = Page(PETS), asyncio.Event()

    async def slow(*asked: Any) -> dict[str, Any]:
        await gate.wait()
        return await everything()

    async def unknown(model: str, asker: str) -> dict[str, int]:
        gate.set()
        raise CopilotError("bad-message")

    page.model.everything, page.model.progress = slow, unknown  # type: ignore[attr-defined]
    await page.open()
    await page.say(type="prompt", id="e1", prompt={"everything": True})
    assert (await page.answer("e1"))["type"] == "boxes"
    await page.session.close()


async def everything(*asked: Any) -> dict[str, Any]:
    mask = {"size": [30, 40], "counts": "0", "score": 0.9, "box": [1, 1, 5, 5]}
    return {"masks": [mask], "image_size": [60, 80]}


@pytest.mark.parametrize("code", ["backend-down", "backend-slow", "no-answer", "model-missing"])
async def test_detector_that_fails_is_said_and_clicks_go_on(pets: Page, code: str) -> None:
    async def fails(*asked: Any) -> Any:
        raise CopilotError(code)

    pets.model.boxes = fails  # type: ignore[method-assign, assignment]
    await pets.open()
    assert (await boxes(pets))["code"] == code and pets.code is None
    await pets.click("p1")
    assert (await pets.answer("p1"))["type"] == "masks"


async def test_box_is_offered_by_itself_where_the_mask_model_is_away(pets: Page) -> None:
    async def fails(*asked: Any, **more: Any) -> Any:
        raise CopilotError("copilot-down")

    pets.model.segment = fails  # type: ignore[method-assign, assignment]
    await pets.open()
    assert [one["mask"] for one in (await boxes(pets))["boxes"]] == [None, None]


async def test_one_box_is_off_where_an_error_is_planted() -> None:
    page = Page(replace(PETS, planted=True))
    await page.open()
    found = await boxes(page)
    await settled(lambda: page.gateway.kept)
    assert [one.planted for one in page.gateway.kept].count(True) == 1
    wrong = next(n for n, one in enumerate(page.gateway.kept) if one.planted)
    assert found["boxes"][wrong]["box"] not in [[2, 3, 10, 8], [20, 3, 10, 8]]
    await page.session.close()


async def test_boxes_are_refused_where_no_detector_answers() -> None:
    page = Page(IMAGE)
    await page.open()
    assert page.heard[0]["boxes"] is False
    assert (await boxes(page))["code"] == "bad-prompt" and page.code is None
    await page.session.close()


MOOD = Choices("mood", "choice", {"glad": ("joy and thanks",), "angry": ("rage", "fury and complaint")})


async def asked(binding: Binding) -> tuple[Page, dict[str, Any]]:
    page = Page(binding)
    await page.open()
    await page.say(type="prompt", id="p1", prompt={"text": True})
    answer = await page.answer("p1")
    await asyncio.sleep(0)
    await page.session.close()
    return page, answer


async def test_model_that_gives_shares_is_asked_by_the_projects_words() -> None:
    letter = Binding(
        5, 6, IMAGE.project_key, "classify", text="So cross", choices=(MOOD,), own_map={}, model="classes@1"
    )
    page, answer = await asked(letter)
    assert [(one["label"], one["score"]) for one in answer["classes"]] == [("angry", 0.7)]
    assert page.model.asked[0]["labels"] == ["joy and thanks", "rage", "fury and complaint"]
    assert page.heard[0]["waits"] is True, "nobody knows yet how far it may be believed"


async def test_image_is_classified_by_a_model_of_images() -> None:
    picture = replace(IMAGE, capability="classify-image", choices=(MOOD,), own_map={}, model="moods@1")
    page, answer = await asked(picture)
    assert page.heard[0]["capability"] == "classify"
    assert [(one["label"], one["score"]) for one in answer["classes"]] == [("angry", None)]
    assert page.model.embedded == []


WRITING = replace(
    IMAGE,
    detector="reader@1",
    detector_map={},
    labels=frozenset({"cat", "price"}),
    shapes={"cat": ("box",), "price": ("box",)},
    written={"price": "says"},
)


async def test_what_is_read_stands_in_the_attribute_for_it() -> None:
    page = Page(WRITING)
    page.gateway.ahead = {"boxes": [[2, 3, 10, 8, "text", 0.9, "12.50"]], "dropped": {}}
    await page.open()
    (line,) = (await boxes(page))["boxes"]
    assert (line["label"], line["attributes"]) == ("price", {"says": "12.50"})
    await settled(lambda: page.gateway.kept)
    (kept,) = page.gateway.kept
    assert kept.output["attributes"] == {"says": "12.50"}
    await page.session.close()


def test_what_was_read_wrong_and_put_right_was_edited_that_far() -> None:
    offered = {"box": [2, 3, 10, 8], "label": "price", "attributes": {"says": "12.50"}}
    shape = {"type": "box", "x": 2, "y": 3, "width": 10, "height": 8}
    taken = {"label": "price", "shape": shape, "attributes": {"says": "12.50"}}
    assert edit_distance.of(offered, taken) == 0
    assert edit_distance.of(offered, taken | {"attributes": {"says": "12.60"}}) == pytest.approx(0.2)
    assert edit_distance.of(offered, taken | {"attributes": {}}) == 1


SHOWN = Choices("mood", "choice", {"calm": ("calm",), "angry": ("angry",), "new": ("new",)})
FACES = replace(IMAGE, capability="embed-image", choices=(SHOWN,), model="places@1")


async def test_images_get_the_class_that_verdicts_showed_and_none_before() -> None:
    page = Page(FACES)
    vectors = np.eye(4, dtype=np.float32)
    page.gateway.ahead = vector_encoding.packed(vectors[1])
    await page.open()
    assert (page.heard[0]["capability"], page.heard[0]["waits"]) == ("classify", True)
    await page.say(type="prompt", id="c1", prompt={"text": True})
    assert (await page.answer("c1"))["classes"] == []
    await page.session.close()
    page = Page(FACES)
    page.gateway.ahead = vector_encoding.packed(vectors[1])
    page.gateway.taught = {"mood": Learnt(("calm", "angry", "new"), vectors[:3] * [[3], [2], [0]], 0.1)}
    await page.open()
    assert page.heard[0]["waits"] is False, "enough was decided to know how far it may be believed"
    await page.say(type="prompt", id="c1", prompt={"text": True})
    (found,) = (await page.answer("c1"))["classes"]
    assert (found["field"], found["label"]) == ("mood", "angry") and found["score"] > 0.9
    await page.session.close()
