"""A small thing's mask is told at once, and once more when it was seen from near."""

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.errors import CopilotError
from assist.runtime import near
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


@pytest.mark.parametrize("before", [False, True], ids=["this release", "a runtime of the release before"])
async def test_the_first_answer_waits_for_nothing_and_the_sharper_one_sets_out_from_it(
    page: Page, before: bool
) -> None:
    page.model.before = before
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


@pytest.mark.parametrize("nothing", ["none found", "none found before", "the runtime fails"])
async def test_where_nothing_sharper_is_found_the_first_stands(page: Page, nothing: str) -> None:
    told = await first(page)
    page.model.sharper, page.model.before = "", nothing == "none found before"
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


async def test_nothing_follows_where_the_project_says_no() -> None:
    page = Page(IMAGE)
    page.model.small = True
    told = await first(page)
    assert not told["more"] and await page.answer("p1") == told
    assert len(page.model.asked) == len(page.gateway.kept) == 1
    await page.session.close()


def disc(radius: float) -> np.ndarray:
    rows, columns = np.ogrid[:30, :40]
    return (rows - 10) ** 2 + (columns - 12) ** 2 <= radius**2


async def test_what_is_wrong_on_purpose_is_told_again_as_sharp_and_as_late_and_as_far_off(page: Page) -> None:
    """Else whoever watched would know it by what never gets sharper."""
    right, sharp = (near.rows(disc(radius)[None], [0.9])[0]["counts"] for radius in (7, 6))
    page.model.counts, page.model.sharper = right, sharp
    page.gateway.binding = replace(page.gateway.binding, planted=True)
    told = await first(page)
    page.model.glass.set()
    again = await page.answer("p1")
    assert page.model.asked[1]["mask"]["counts"] == right, "it is looked at where it was found"
    assert again["masks"][0] == told["masks"][0] and told["more"] and not again["more"]
    pixels = [coco.decode({"size": [30, 40], "counts": one["masks"][1]["counts"]}) for one in (told, again)]
    middles = [np.argwhere(one).mean(0) for one in pixels]
    assert pixels[1].sum() == disc(6).sum() and np.abs(middles[0] - middles[1]).max() < 0.5
    assert np.abs(middles[0] - (10, 12)).max() >= 4
    await settled(lambda: len(page.gateway.kept) == 2)
    assert all(one.planted for one in page.gateway.kept)
