"""A small thing's mask is told at once, and once more when it was seen from near."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assist.errors import CopilotError
from assist.suggestions import planted_errors
from tests.support.assist.running import settled
from tests.support.assist.sitting import IMAGE, Page


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    made = Page(replace(IMAGE, sharpens=True))
    made.model.small = True
    made.model.glass.clear()
    yield made
    await made.session.close()


async def first(page: Page) -> dict:
    await page.open()
    await page.click("p1")
    await settled(lambda: bool(page.heard[1:]))
    return page.heard[1]


async def test_the_first_answer_waits_for_nothing_and_the_sharper_one_sets_out_from_it(page: Page) -> None:
    told = await first(page)
    assert told["more"] and told["masks"][1]["counts"].startswith("x=")
    page.model.glass.set()
    masks = await page.answer("p1")
    assert (masks["masks"][1]["counts"], masks["best"], masks["more"]) == ("sharp", 1, False)
    assert masks["suggestion"] != told["suggestion"] and masks["masks"][1]["handle"] == "h1"
    assert [masks["masks"][at] for at in (0, 2)] == [told["masks"][at] for at in (0, 2)], "the others stay"
    assert page.model.asked[1]["mask"] == {"size": [30, 40], "counts": told["masks"][1]["counts"]}
    await settled(lambda: len(page.gateway.kept) == 2)
    one, other = page.gateway.kept
    assert other.prompt == one.prompt | {"previous": "h1"} and other.latency_ms >= one.latency_ms


@pytest.mark.parametrize("nothing", ["none found", "the runtime fails"])
async def test_where_nothing_sharper_is_found_the_first_stands(page: Page, nothing: str) -> None:
    told = await first(page)
    page.model.sharper = []
    page.model.problem = CopilotError("busy") if nothing == "the runtime fails" else None
    page.model.glass.set()
    assert await page.answer("p1") == told | {"more": False}
    await settled(lambda: len(page.gateway.kept) == 1)
    assert page.codes() == [("o1", "ready"), ("p1", "masks"), ("p1", "masks")]


async def test_who_clicks_again_or_moves_on_hears_no_more_of_it(page: Page) -> None:
    await first(page)
    page.model.small = False
    await page.click("p2", x=9)
    assert (await page.answer("p2"))["more"] is False
    page.model.glass.set()
    assert page.codes()[2:] == [("p1", "superseded"), ("p2", "masks")]


@pytest.mark.parametrize(("why", "asked"), [({"sharpens": False}, 1), ({"planted": True}, 2)])
async def test_nothing_follows_where_the_project_says_no_and_what_is_wrong_on_purpose_stays_so_as_late(
    why: dict, asked: int, monkeypatch
) -> None:
    monkeypatch.setattr(planted_errors, "spoil_masks", lambda reply: reply)
    page = Page(replace(IMAGE, **({"sharpens": True} | why)))
    page.model.small = True
    told = await first(page)
    assert told["more"] is (asked == 2), "nothing tells a wrong one apart"
    assert await page.answer("p1") == told | {"more": False}
    assert len(page.model.asked) == asked and len(page.gateway.kept) == 1
    await page.session.close()
