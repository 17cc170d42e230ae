"""Masks on offer and accepted ones: the best first, Tab through all of them, no islands, moved by mouse and keys."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pycocotools import mask as coco

from tests.support.browser import shapes
from tests.support.browser.scripted_copilot import ScriptedCopilot, masks
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage, iou, pixels, rectangle
from tests.support.browser.studio import JUN, MARKS

pytestmark = pytest.mark.xdist_group("studio")

LABELS = [{"name": "Thing", "hotkey": "1"}]


def islands() -> dict[str, Any]:
    """A mask of a thing and, far from it, an island and a speck."""
    bits = rectangle(40, 40, 120, 120) | rectangle(200, 40, 212, 52) | rectangle(300, 200, 302, 202)
    code = coco.encode(np.asfortranarray(bits.astype(np.uint8)))
    mask = {"size": list(code["size"]), "counts": code["counts"].decode(), "score": 0.9, "handle": "h0"}
    return masks(0.9) | {"masks": [mask]}


def test_masks_are_stepped_through_cleaned_moved_and_cut_to_their_largest_part(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    copilot = ScriptedCopilot(page, masks=[masks(0.5, 0.7, 0.9, best=2)])
    stage = Stage(page, site, shapes.make_project(site, "Masks", labels=LABELS, copilot=True))
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
    stage.press("c")
    stage.click((50, 50))
    group = page.get_by_role("group", name="Which mask (Tab)")
    pressed = group.locator("button[aria-pressed=true]")
    for number in ("3", "1", "2"):
        expect(pressed).to_contain_text(number)
        stage.press("Tab")
    expect(pressed).to_contain_text("3")
    expect(page.locator(".canvas")).to_be_focused()
    stage.press("Shift+Tab")  # there is a way out
    expect(page.locator(".canvas")).not_to_be_focused()
    page.locator(".canvas").focus()
    stage.press("x", "Tab")  # nothing to choose from: Tab is the page's again
    expect(page.locator(".canvas")).not_to_be_focused()
    page.locator(".canvas").focus()

    copilot.answers = {"masks": [islands()]}
    stage.click((50, 50))
    expect(page.get_by_role("button", name="Accept as Thing")).to_be_visible()
    stage.press("a")
    stage.marked(1)
    stage.press("v")
    stage.drag((80, 80), (100, 90))
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.locator(".canvas").focus()
        stage.press(key)
    stage.press("d")
    stage.drag((62, 60), (62, 190))  # on, until it is one with another part
    stage.press("e")
    stage.drag((30, 165), (170, 165))
    stage.press("Shift+P")
    expect(page.locator(MARKS)).to_have_count(1)
    (region,) = stage.hand_in()
    assert iou(pixels(region), rectangle(62, 60, 142, 140)) > 0.9
    assert not pixels(region)[172:].any() and not pixels(region)[:, 190:].any()


def test_a_drag_beside_the_selected_mask_moves_the_view_and_not_the_mask(stage: Stage) -> None:
    stage.press("d")
    stage.drag((60, 60), (100, 60))
    stage.press("v")
    before = stage.page.locator(MARKS).count()
    stage.drag((200, 150), (220, 160))
    undo = stage.page.locator(".studio__submit [data-action=undo]")
    expect(undo).to_have_attribute("title", "Undo: Brush")
    assert before == 1
