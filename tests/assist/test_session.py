"""One tasker at one task, without a socket and without a table."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.errors import CopilotError
from assist.registry.registry import TERMS
from assist.session.session import BURST, STRIKES
from assist.suggestions.decided_terms import Find
from assist.suggestions.offers import Binding
from tests.support.assist.running import settled
from tests.support.assist.sitting import IMAGE, TEXT, TOKEN, Page


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    made = Page(IMAGE)
    yield made
    await made.session.close()


@pytest.fixture
async def reader() -> AsyncIterator[Page]:
    made = Page(TEXT)
    yield made
    await made.session.close()


async def test_open_says_which_model_answers_and_warms_the_image(page: Page) -> None:
    await page.open()
    ready = {
        "type": "ready",
        "id": "o1",
        "capability": "segment",
        "model": "masks@1",
        "waits": False,
        "imported": False,
        "boxes": False,
        "words": False,
    }
    assert page.heard == [ready]
    await settled(lambda: page.model.embedded == ["a" * 64])


async def test_click_gets_masks_and_is_written_down(page: Page) -> None:
    await page.open()
    await page.click("p1")
    masks = await page.answer("p1")
    assert (masks["type"], masks["best"], masks["model"], masks["image_size"]) == ("masks", 1, "masks@1", [30, 40])
    await settled(lambda: len(page.gateway.kept) == 1)
    offer = page.gateway.kept[0]
    assert str(offer.public_id) == masks["suggestion"]
    assert offer.prompt == {"points": [[5.0, 5.0, 1]], "box": None, "previous": None}
    assert offer.score == 0.9 and "handle" not in offer.output["masks"][0]


async def test_prompt_before_open_is_refused(page: Page) -> None:
    await page.click("p1")
    await page.answer("p1")
    assert page.codes() == [("p1", "not-open")]


async def test_question_right_behind_the_opening_is_answered_after_it(page: Page) -> None:
    await page.say(type="open", id="o1", token=str(TOKEN))
    await page.click("p1")
    await page.answer("p1")
    assert page.codes() == [("o1", "ready"), ("p1", "masks")]


async def test_question_behind_an_opening_that_is_refused_is_refused_too(page: Page) -> None:
    page.gateway.problem = CopilotError("copilot-off")
    await page.say(type="open", id="o1", token=str(TOKEN))
    await page.click("p1")
    await page.answer("p1")
    assert page.codes() == [("o1", "copilot-off"), ("p1", "not-open")]
    assert page.model.asked == []


async def test_newest_click_wins_and_the_older_is_told(page: Page) -> None:
    await page.open()
    page.model.gate.clear()
    await page.click("p1", 1)
    await settled(lambda: len(page.model.asked) == 1)
    await page.click("p2", 2)
    await page.click("p3", 3)
    page.model.gate.set()
    assert "3.0" in (await page.answer("p3"))["masks"][0]["counts"]
    assert page.codes()[1:] == [("p1", "superseded"), ("p2", "superseded"), ("p3", "masks")]
    assert page.model.cancelled >= 1


async def test_cancel_is_answered_at_once_and_nothing_follows(page: Page) -> None:
    await page.open()
    page.model.gate.clear()
    await page.click("p1")
    await settled(lambda: len(page.model.asked) == 1)
    await page.say(type="cancel", id="p1")
    assert page.codes()[-1] == ("p1", "cancelled")
    page.model.gate.set()
    await page.click("p2", 2)
    await page.answer("p2")
    assert page.codes()[1:] == [("p1", "cancelled"), ("p2", "masks")]
    await settled(lambda: len(page.gateway.kept) > 0)
    assert [offer.prompt["points"][0][0] for offer in page.gateway.kept] == [2.0]


async def test_cancel_of_an_unknown_or_answered_id_is_nothing(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    before = page.codes()
    await page.say(type="cancel", id="p1")
    await page.say(type="cancel", id="nobody")
    assert page.codes() == before


async def test_runtime_that_is_down_is_said_and_the_line_stays(page: Page) -> None:
    page.model.problem = CopilotError("copilot-down")
    await page.open()
    assert page.codes() == [("o1", "copilot-down")] and page.code is None
    page.model.problem = None
    await page.say(type="open", id="o2", token=str(TOKEN))
    assert (await page.answer("o2"))["type"] == "ready"
    page.model.problem = CopilotError("copilot-down")
    await page.click("p1")
    assert (await page.answer("p1"))["code"] == "copilot-down"
    assert page.code is None


async def test_copilot_that_is_off_is_said_and_the_line_stays(page: Page) -> None:
    page.gateway.problem = CopilotError("copilot-off")
    await page.open()
    assert page.codes() == [("o1", "copilot-off")] and page.code is None


async def test_stranger_is_cut_off(page: Page) -> None:
    page.gateway.problem = CopilotError("not-yours")
    await page.open()
    assert page.codes() == [("o1", "not-yours")] and page.code == 4403
    await page.click("p1")
    assert len(page.heard) == 1, "a line that was cut says nothing more"


async def test_wrong_token_is_cut_off(page: Page) -> None:
    await page.say(type="open", id="o1", token=str(uuid4()))
    assert (await page.answer("o1"))["code"] == "not-held"
    await settled(lambda: page.code == 4409)


async def test_lease_that_ends_between_two_clicks_ends_the_line_without_a_mask(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    page.gateway.problem = CopilotError("not-held")
    await page.click("p2")
    await page.answer("p2")
    await settled(lambda: page.code == 4409)
    assert page.codes()[-1] == ("p2", "not-held")


@pytest.mark.parametrize("point", [(-1, 5), (5, -0.5), (40.5, 5), (5, 31)])
async def test_point_outside_the_image_is_refused(page: Page, point: tuple[float, float]) -> None:
    await page.open()
    await page.click("p1", *point)
    assert (await page.answer("p1"))["code"] == "outside-image"
    assert page.model.asked == []


async def test_box_is_cut_at_the_edge_and_refused_beyond_it(page: Page) -> None:
    await page.open()
    await page.say(type="prompt", id="p1", prompt={"box": [-10, -10, 20, 100]})
    await page.answer("p1")
    assert page.model.asked[0]["box"] == [0, 0, 10, 30]
    await page.say(type="prompt", id="p2", prompt={"box": [40, 5, 10, 10]})
    assert (await page.answer("p2"))["code"] == "outside-image"


async def test_text_prompt_at_an_image_is_refused_and_the_reverse(page: Page, reader: Page) -> None:
    await page.open()
    await page.say(type="prompt", id="p1", prompt={"text": True})
    assert (await page.answer("p1"))["code"] == "bad-prompt"
    await reader.open()
    await reader.click("p1")
    assert (await reader.answer("p1"))["code"] == "bad-prompt"


async def test_spans_come_with_the_projects_labels_and_survive_a_reload(reader: Page) -> None:
    await reader.open()
    await reader.say(type="prompt", id="p1", prompt={"text": True})
    first = await reader.answer("p1")
    assert [(s["start"], s["end"], s["label"]) for s in first["spans"]] == [(0, 5, "person"), (10, 14, "date")]
    await reader.say(type="prompt", id="p2", prompt={"text": True})
    again = await reader.answer("p2")
    assert again["spans"] == first["spans"], "the same suggestions by the same ids"
    assert len(reader.model.asked) == 1 and len(reader.gateway.kept) == 2


async def test_names_decided_before_are_offered_where_the_model_found_nothing(reader: Page) -> None:
    reader.gateway.binding = replace(TEXT, assignment_id=uuid4())
    reader.gateway.terms = [Find(0, 5, "date", 0.9), Find(18, 22, "person", 0.8), Find(15, 17, "gone", 0.9)]
    await reader.open()
    await reader.say(type="prompt", id="p1", prompt={"text": True})
    first = (await reader.answer("p1"))["spans"]
    assert [(one["start"], one["label"], one["model"]) for one in first] == [
        (0, "person", "spans@1"),
        (10, "date", "spans@1"),
        (18, "person", TERMS),
    ]
    await settled(lambda: len(reader.gateway.kept) == 3)
    await reader.say(type="prompt", id="p2", prompt={"text": True})
    assert (await reader.answer("p2"))["spans"] == first, "the same suggestions by the same ids"


async def test_names_are_there_beside_a_wrong_span_as_beside_right_ones(reader: Page) -> None:
    reader.gateway.binding = replace(TEXT, assignment_id=uuid4(), planted=True)
    reader.gateway.terms = [Find(0, 5, "person", 0.9), Find(18, 22, "person", 0.8)]
    await reader.open()
    await reader.say(type="prompt", id="p1", prompt={"text": True})
    found = (await reader.answer("p1"))["spans"]
    assert [one["start"] for one in found] == [0, 10, 18], "and none gives the wrong one away"
    await settled(lambda: any(offer.planted for offer in reader.gateway.kept))


async def test_what_was_prepared_is_told_without_asking_the_model(reader: Page) -> None:
    reader.gateway.ahead = [[0, 5, "PERSON", 0.9]]
    await reader.open()
    await reader.say(type="prompt", id="p1", prompt={"text": True})
    assert [one["label"] for one in (await reader.answer("p1"))["spans"]] == ["person"]
    await settled(lambda: len(reader.gateway.kept) == 1)
    assert reader.model.asked == []


async def test_label_may_ask_for_more_than_the_project() -> None:
    own = Page(Binding(3, 4, uuid4(), "spans", labels=frozenset({"person", "date"}), minimums={"person": 0.95}))
    await own.open()
    await own.say(type="prompt", id="p1", prompt={"text": True})
    assert [one["label"] for one in (await own.answer("p1"))["spans"]] == ["date"]
    await own.session.close()


async def test_spans_below_the_projects_score_are_left_out() -> None:
    sure = Page(Binding(3, 4, uuid4(), "spans", text="x", labels=frozenset({"person", "date"}), minimum_score=0.5))
    await sure.open()
    await sure.say(type="prompt", id="p1", prompt={"text": True})
    assert [s["label"] for s in (await sure.answer("p1"))["spans"]] == ["person"]
    await sure.session.close()


async def test_ping_is_answered_before_and_after_opening(page: Page) -> None:
    await page.say(type="ping", id="k1")
    assert page.heard == [{"type": "pong", "id": "k1"}]


async def test_surprise_in_the_middle_becomes_an_error_of_that_id(page: Page, caplog) -> None:
    await page.open()
    page.model.problem = ZeroDivisionError()  # type: ignore[assignment]
    await page.click("p1")
    assert (await page.answer("p1"))["code"] == "failed"
    assert "ZeroDivisionError" in caplog.text
    page.model.problem = None
    await page.click("p2")
    assert (await page.answer("p2"))["type"] == "masks"


async def test_database_that_fails_to_write_costs_no_mask(page: Page, caplog, monkeypatch) -> None:
    async def fail(*rest: Any) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(page.gateway, "keep", fail)
    await page.open()
    await page.click("p1")
    assert (await page.answer("p1"))["type"] == "masks"
    await settled(lambda: "could not be written down" in caplog.text)


async def test_nonsense_is_answered_with_its_id_when_it_has_one(page: Page) -> None:
    await page.session.hear("{")
    await page.say(type="prompt", id="p1", prompt={"points": []})
    await page.session.hear(None)
    assert page.codes() == [(None, "bad-message"), ("p1", "bad-prompt"), (None, "bad-message")]
    assert page.code is None


async def test_message_of_10_mb_ends_the_line(page: Page) -> None:
    await page.session.hear("x" * 10_000_000)
    assert page.codes() == [(None, "too-big")] and page.code == 4413


async def test_flood_is_told_once_and_then_cut(page: Page) -> None:
    await page.open()
    for number in range(int(BURST) + STRIKES + 5):
        await page.say(type="cancel", id=f"c{number}")
    assert page.codes().count((None, "slow-down")) == 1
    assert page.code == 4429


async def test_hasty_person_is_not_taken_for_a_flood(page: Page) -> None:
    await page.open()
    for number in range(20):
        await page.click(f"p{number}")
    assert (await page.answer("p19"))["type"] == "masks"
    assert page.code is None


async def test_page_that_leaves_stops_the_model_but_not_the_record(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    page.model.gate.clear()
    await page.click("p2")
    await settled(lambda: len(page.model.asked) == 2)
    await page.session.close()
    await settled(lambda: page.model.cancelled == 1)
    assert len(page.gateway.kept) == 1
    await page.click("p3")
    assert len(page.model.asked) == 2


@pytest.mark.parametrize(("scores", "best"), [((0.5, 0.6, 0.9), 2), ((0.9, 0.6, 0.5), 0), ((0.9, 0.9, 0.5), 1)])
async def test_the_mask_that_is_rated_best_leads_and_of_equal_ones_the_models_own(
    scores: tuple[float, ...], best: int
) -> None:
    page = Page(IMAGE)

    async def segment(*asked: Any, **prompt: Any) -> dict[str, Any]:
        masks = [{"size": [30, 40], "counts": "", "score": score, "handle": "h1"} for score in scores]
        return {"masks": masks, "best": 1, "image_size": [30, 40], "small": False, "seconds": 0.05}

    page.model.segment = segment  # type: ignore[method-assign, assignment]
    await page.open()
    await page.click("p1")
    assert (await page.answer("p1"))["best"] == best
    await settled(lambda: page.gateway.kept)
    assert page.gateway.kept[0].output["best"] == best and page.gateway.kept[0].score == scores[best]
    await page.session.close()


async def test_offer_is_stored_before_the_page_can_accept_it(page: Page, monkeypatch) -> None:
    keep, sent_before_stored = page.gateway.keep, []

    async def slow_keep(*terms: Any) -> None:
        for _turn in range(50):  # of the loop: an answer that didn't wait would be out long before
            await asyncio.sleep(0)
        sent_before_stored.append(("p1", "masks") in page.codes())
        await keep(*terms)

    monkeypatch.setattr(page.gateway, "keep", slow_keep)
    await page.open()
    await page.click("p1")
    masks = await page.answer("p1")
    assert sent_before_stored == [False]
    assert [str(offer.public_id) for offer in page.gateway.kept] == [masks["suggestion"]]


async def test_database_that_hangs_costs_no_mask(page: Page, monkeypatch) -> None:
    monkeypatch.setattr("assist.session.session.STORE_SECONDS", 0.0)
    stored = asyncio.Event()
    monkeypatch.setattr(page.gateway, "keep", lambda *_terms: stored.wait())
    await page.open()
    await page.click("p1")
    assert (await page.answer("p1"))["type"] == "masks"
    stored.set()


async def test_second_click_is_no_planted_error_though_the_first_is_still_being_stored(monkeypatch) -> None:
    page = Page(replace(IMAGE, planted=True))
    square = np.zeros((30, 40), np.uint8)
    square[10:20, 10:20] = 1
    page.model.counts = coco.encode(np.asfortranarray(square))["counts"].decode()
    stored, keep = asyncio.Event(), page.gateway.keep

    async def slow_keep(*terms: Any) -> None:
        await keep(*terms)
        await stored.wait()

    monkeypatch.setattr(page.gateway, "keep", slow_keep)
    await page.open()
    await page.click("p1")
    await settled(lambda: len(page.gateway.kept) == 1)
    await page.click("p2")
    await settled(lambda: len(page.gateway.kept) == 2)
    stored.set()
    assert [offer.planted for offer in page.gateway.kept] == [True, False]
    await page.session.close()
